"""Component that explains in plain words why no picture comes from the camera."""

from pathlib import Path

from streamlit.components import v2

_HERE = Path(__file__).parent
_component = v2.component(
    "facerec-camera-help",
    html='<div class="message" role="status"></div>',
    css=(_HERE / "camera_help.css").read_text(encoding="utf-8"),
    js=(_HERE / "camera_help.js").read_text(encoding="utf-8"),
)

MESSAGES = {
    "insecure": "This page was opened from another computer without HTTPS, and a browser gives the "
    "camera only to pages on localhost or over HTTPS. Start the app with a certificate, as README "
    "says under “Showing it to a class on other computers”, or open it on the computer it runs on.",
    "none": "The browser sees no camera on this computer. Plug one in and press START again, or "
    "choose another source.",
    "refused": "The browser refuses the camera to this page. Click the symbol to the left of the "
    "address, allow the camera, and press START again.",
    "busy": "The camera is there but gives no picture: another program or tab may be using it. "
    "Close that one, and press START again.",
    "connection": "The camera works, but its picture does not reach the app: a firewall or a "
    "network between them may be in the way. On another network the app needs a STUN or TURN "
    "server: set FACEREC_ICE_SERVERS, as README says, and start it again.",
}


def camera_help(key: str) -> None:
    """Show a message if no picture can come from the camera, else nothing.

    It checks what the browser offers, and the error messages of the streamer on the same page.
    """
    _component(key=key, data={"messages": MESSAGES})
