"""Recording people with the webcam."""

from datetime import datetime

import streamlit as st

from facerec import paths
from facerec.capture import FaceCollector
from facerec.dataset import FaceFolder
from pages import parts
from pages.dataset_tabs import FACES


def show(folder: FaceFolder) -> None:
    """Recording one person with the webcam."""
    collector: FaceCollector | None = st.session_state.get("collector")
    settings, camera = st.columns([2, 3], gap="large")
    with settings:
        person = parts.choose_person(folder, "capture-person")
        session = st.text_input(
            "Capture session",
            value=datetime.now().strftime("webcam %d %b"),
            help="Recordings on other days, in other light or clothes are other sessions.",
        )
        wanted = st.slider("Images to take", 10, 300, 60, 10)
        interval = st.slider(
            "Time between two images", 100, 1000, 200, 50, format="%d ms",
            help="Images taken too fast are all alike, and teach little.",
        )  # fmt: skip
        keep_raw = st.toggle("Also keep the whole pictures", value=True, key="capture-raw")
        kind = parts.choose_detector(key="capture-detector")
    with camera:
        if st.button(
            "Get ready to record" if collector is None else "Record someone else",
            type="primary" if collector is None else "secondary",
            icon=":material/person_add:",
            disabled=not person,
        ):
            if collector is not None:
                collector.close()
            collector = st.session_state["collector"] = FaceCollector(
                folder,
                paths.safe_name(person, "class name"),
                paths.safe_name(session, "session name"),
                parts.ready_detector(kind),
                wanted,
                interval / 1000,
                keep_raw,
            )
            st.rerun()
        if collector is None:
            st.info(
                "Name the person on the left. Then press START below the picture, sit in front of "
                "the camera, and record: look around a little, so that the images differ.",
                icon=":material/lightbulb:",
            )
            return
        playing = parts.camera("capture", collector.video_frame, collector.pause)
        recording_state(collector, playing)


@st.fragment(run_every=0.5)
def recording_state(collector: FaceCollector, playing: bool) -> None:
    """The counter beside the stream, and the button that records and pauses."""
    saved, wanted = collector.state.saved, collector.wanted
    st.progress(saved / wanted, f"**{collector.class_name}**: {saved} of {wanted} images")
    if collector.error:
        st.error(collector.error, icon=":material/error:")
    if collector.done:
        if not collector.closed:
            # The counts above the tabs have changed.
            collector.close()
            st.rerun()
        st.success(f"{saved} images of {collector.class_name} are saved.", icon=":material/check:")
        if st.button("Show them", icon=":material/photo_library:"):
            st.session_state.pop("collector")
            st.session_state["tab_to_open"] = FACES
            st.rerun()
        return
    if not playing:
        st.caption("Press START to turn the camera on.")
    elif st.button(
        "Pause" if collector.recording else "Record",
        type="primary",
        icon=":material/pause:" if collector.recording else ":material/fiber_manual_record:",
    ):
        collector.recording = not collector.recording
        st.rerun(scope="fragment")
    if playing and not collector.state.faces:
        st.caption("No face in the picture: come closer, or look at the camera.")
