"""The STUN and TURN servers that carry a browser's video to the app on another network."""

import json
import os

from facerec.errors import FacerecError

VARIABLE = "FACEREC_ICE_SERVERS"


def ice_servers() -> list[dict[str, str]]:
    """The servers in ``FACEREC_ICE_SERVERS``, as WebRTC's ``iceServers``; none by default.

    The variable holds addresses separated by spaces, such as ``stun:stun.example.org:3478``. A
    server that wants a password is given in WebRTC's own JSON:
    ``[{"urls": "turn:turn.example.org", "username": "class", "credential": "secret"}]``.

    Raises
    ------
    FacerecError
        If an address is not that of a STUN or TURN server, or the JSON cannot be parsed.
    """
    text = os.environ.get(VARIABLE, "").strip()
    if not text.startswith("["):
        servers = [{"urls": address} for address in text.split()]
    else:
        try:
            servers = json.loads(text)
        except ValueError as error:
            raise FacerecError(f"{VARIABLE} is no JSON: {error}.") from error
    for server in servers:
        address = server.get("urls") if isinstance(server, dict) else server
        if not (isinstance(address, str) and address.startswith(("stun:", "turn:", "turns:"))):
            raise FacerecError(
                f"{VARIABLE}: {address!r} is no address of a STUN or TURN server, such as "
                "stun:stun.example.org:3478."
            )
    return servers
