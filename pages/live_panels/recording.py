"""Snapshots and recordings of the stream."""

import streamlit as st

from facerec.live import recorder as recorders
from facerec.live.recorder import Recorder
from facerec.system.markdown import plain
from pages.shared.progress import errors_shown


def toolbar(recorder: Recorder) -> None:
    """Draw buttons for a snapshot and a recording, with a red sign while it records."""
    with st.container(horizontal=True, vertical_alignment="center"):
        if recorder.recording:
            if st.button("Stop recording", icon=":material/stop_circle:", type="primary"):
                _finish(recorder)
                st.rerun()
            st.markdown(
                f"### :red[:material/fiber_manual_record: REC {recorder.seconds:.0f} s]",
                width="content",
            )
        elif st.button("Record", icon=":material/fiber_manual_record:"):
            with errors_shown():
                st.session_state.pop("live-recording", None)
                recorder.start()
                st.rerun()
        if st.button("Snapshot", icon=":material/photo_camera:"):
            with errors_shown():
                st.session_state["live-snapshot"] = recorder.snapshot()
    if recorder.error:
        st.error(plain(recorder.error), icon=":material/error:")
    if not recorder.recording and recorder.unsaved:
        # The recording ended by itself: it reached its maximum length, or the disk is full.
        _finish(recorder)
    downloads()


def _finish(recorder: Recorder) -> None:
    with errors_shown():
        st.session_state["live-recording"] = recorder.stop()


def left_over() -> None:
    """Offer the recordings that the app left when it was killed."""
    for item in recorders.left_over():
        with st.container(horizontal=True, vertical_alignment="center"):
            st.warning(
                f"The app ended while it held a recording of {item.began}. This is what it had.",
                icon=":material/movie:",
                width="stretch",
            )
            for title, path in (("Film", item.annotated), ("Film without boxes", item.raw)):
                st.download_button(
                    title,
                    path.read_bytes,
                    f"live-{item.raw.parent.name[:19]}-{path.name}",
                    "video/mp4",
                    key=f"live-left-{path}",
                    icon=":material/download:",
                    on_click="ignore",
                )
            if st.button("Delete", key=f"live-left-{item.raw.parent}", icon=":material/delete:"):
                with errors_shown():
                    item.delete()
                    st.rerun()


def downloads() -> None:
    """Draw the downloads of snapshot and recording, with and without boxes and names."""
    recording = st.session_state.get("live-recording")
    snapshot = st.session_state.get("live-snapshot")
    with st.container(horizontal=True):
        if recording is not None and recording.annotated.exists():
            for title, path in (
                ("Film", recording.annotated),
                ("Film without boxes", recording.raw),
            ):
                st.download_button(
                    f"{title}, {recording.seconds:.0f} s",
                    path.read_bytes(),
                    f"live-{path.name}",
                    "video/mp4",
                    icon=":material/download:",
                    on_click="ignore",
                )
        if snapshot is not None:
            for title, content in (
                ("Picture", snapshot.annotated),
                ("Picture without boxes", snapshot.raw),
            ):
                st.download_button(
                    title,
                    content,
                    f"{title.lower().replace(' ', '-')}.png",
                    "image/png",
                    icon=":material/download:",
                    on_click="ignore",
                )
    if recording is not None and recording.dropped:
        st.caption(f"{recording.dropped} frames were left out: the computer was too busy.")
