"""The STUN and TURN servers that help a browser's picture to reach the app on another network."""

import json
import os

from facerec.errors import FacerecError

VARIABLE = "FACEREC_ICE_SERVERS"


def ice_servers() -> list[dict[str, str]]:
    """What ``FACEREC_ICE_SERVERS`` asks for, as WebRTC's ``iceServers``; none by default.

    The variable holds addresses with spaces between, such as ``stun:stun.example.org:3478``, or,
    where a server wants a password, WebRTC's own JSON:
    ``[{"urls": "turn:turn.example.org", "username": "class", "credential": "secret"}]``.

    Raises
    ------
    FacerecError
        If it holds neither.
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
