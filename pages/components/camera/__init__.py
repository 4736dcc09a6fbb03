"""The browser's camera, with help where no picture comes."""

from collections.abc import Callable

import av
from streamlit_webrtc import WebRtcMode, webrtc_streamer

from facerec.live.ice_servers import ice_servers
from pages.components.camera.help import camera_help


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
