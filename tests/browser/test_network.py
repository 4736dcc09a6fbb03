"""What the running app opens to the network, and what it asks of it."""

import http.client
import sys

import psutil

from tests.browser.driver import (
    App,
    browser_page,
    new_recording,
    settled,
    start_camera,
    stop_camera,
)
from tests.waiting import until

HANDSHAKE = {
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


def answer(app: App, host: str) -> int:
    """Status of a browser's request for the app's websocket under a host name."""
    connection = http.client.HTTPConnection("localhost", app.port, timeout=30)
    connection.putrequest("GET", "/_stcore/stream", skip_host=True)
    for name, value in {"Host": host, "Origin": f"http://{host}", **HANDSHAKE}.items():
        connection.putheader(name, value)
    connection.endheaders()
    try:
        return connection.getresponse().status
    finally:
        connection.close()


def test_a_page_under_another_name_does_not_reach_the_app(app: App) -> None:
    assert answer(app, f"localhost:{app.port}") == 101
    assert answer(app, f"127.0.0.1:{app.port}") == 101
    assert answer(app, f"evil.example:{app.port}") == 403


def test_app_and_page_open_no_connection_but_to_this_computer(app: App, camera) -> None:
    server = psutil.Process(app.process_id)
    asked: list[str] = []
    opened: set[str] = set()

    def addresses() -> set[str]:
        found = server.net_connections("inet")
        opened.update(end.ip for item in found for end in (item.laddr, item.raddr) if end)
        return opened

    with browser_page(camera("female")) as page:
        page.on("request", lambda request: asked.append(request.url))
        panel = new_recording(page, app, "class 7b")
        who = panel.get_by_role("combobox", name="Who is to be recorded?")
        who.fill("Ada")
        who.press("Enter")
        settled(page)
        who.press("Escape")
        panel.get_by_role("button", name="Get ready").click()
        settled(page)
        start_camera(page)
        if sys.platform == "linux":
            until(lambda: server.net_connections("udp"))
            assert {item.laddr.ip for item in server.net_connections("udp")} == {"127.0.0.1"}
        addresses()
        stop_camera(page)
    local = (f"http://localhost:{app.port}/", f"ws://localhost:{app.port}/", "data:", "blob:")
    assert [url for url in asked if not url.startswith(local)] == []
    assert addresses() <= {"127.0.0.1", "::1"}
