"""The browser's camera, with help where no picture comes."""

import sys
from collections.abc import Callable

import av
import streamlit as st
from aioice import ice
from streamlit_webrtc import WebRtcMode, webrtc_streamer

from facerec.live.ice_servers import ice_servers
from pages.components.camera.help import camera_help

LOOPBACK = ("localhost", "127.0.0.1", "::1")
_addresses = ice.get_host_addresses


def _reachable_addresses(use_ipv4: bool, use_ipv6: bool) -> list[str]:
    """The addresses of this computer on which the picture may come in.

    An app that only this computer can open takes the picture from this computer alone. aioice has
    no setting for that: it opens a port on each network, but none on the loopback. Elsewhere than
    on Linux it is left so, since browsers there may not reach the loopback from their own ports.
    """
    local = (
        sys.platform == "linux"
        and st.get_option("server.address") in LOOPBACK
        and not ice_servers()
    )
    return ["127.0.0.1"] if local else _addresses(use_ipv4, use_ipv6)


ice.get_host_addresses = _reachable_addresses


def camera(
    key: str,
    on_frame: Callable[[av.VideoFrame], av.VideoFrame],
    on_end: Callable[[], None] | None = None,
    *,
    controls: bool = True,
) -> bool:
    """Show the browser's camera with frames changed by ``on_frame``, and tell whether it plays.

    Both callbacks run on other threads and must not touch Streamlit. The player's ``controls``,
    full screen among them, cover the lower edge of the picture.
    """
    stream = webrtc_streamer(
        key=key,
        mode=WebRtcMode.SENDRECV,
        rtc_configuration={"iceServers": ice_servers()},
        media_stream_constraints={"video": True, "audio": False},
        video_frame_callback=on_frame,
        on_video_ended=on_end,
        video_html_attrs={"autoPlay": True, "controls": controls, "style": {"width": "100%"}},
    )
    camera_help(f"{key}-help")
    return stream.state.playing
