"""Recording people with the webcam, one after the other."""

from datetime import datetime

import streamlit as st

from facerec.collecting.capture import CaptureState, FaceCollector, Person
from facerec.collecting.guidance import POSES
from facerec.datasets.folder import UNKNOWN, FaceFolder
from facerec.system.markdown import plain
from pages.components.camera import camera
from pages.shared import addresses, choosers, detectors
from pages.shared.progress import duration, errors_shown
from pages.shared.titles import FACES

PICTURE = 64


def show(folder: FaceFolder) -> None:
    """Show the present step: naming people, recording them, or the results.

    Another page can fill in names with a list in ``st.session_state["people_to_record"]``.
    """
    collector: FaceCollector | None = st.session_state.get("collector")
    others_asked_for = collector and collector.closed and "people_to_record" in st.session_state
    if collector and (others_asked_for or collector.folder.path != folder.path):
        collector.close()
        collector = None
        del st.session_state["collector"]
    if collector is None:
        plan(folder)
    elif collector.closed:
        results(collector)
    else:
        record(collector)


def plan(folder: FaceFolder) -> None:
    """Draw the form for the people to record and the settings."""
    known = sorted({*folder.class_names(), UNKNOWN})
    if "people_to_record" in st.session_state:
        wanted = st.session_state.pop("people_to_record")
        st.session_state["recorded-again"] = [name for name in wanted if name in known]
        st.session_state["recorded-people"] = [name for name in wanted if name not in known]
    left, right = st.columns([3, 2], gap="large")
    with left:
        # No suggestions while typing: Enter would choose Woman for Man, or Anna for Ann.
        new = st.multiselect(
            "Who is to be recorded?",
            st.session_state.get("recorded-people", []),
            accept_new_options=True,
            key="recorded-people",
            persist_state="session",
            placeholder="Type a name, press Enter, type the next",
            help="One after the other, in this order.",
        )
        again = st.pills(
            "Who is in the data set already",
            known,
            selection_mode="multi",
            format_func=plain,
            key="recorded-again",
            persist_state="session",
            help=f"They get a further session. {UNKNOWN} is for people the network should not "
            "name.",
        )
        people = [*again, *new]
        images_column, session_column = st.columns(2)
        each = images_column.number_input(
            "Images of each person", 1, 1000, 60, 10, key="recorded-each", persist_state="session"
        )
        occasion = session_column.text_input(
            "Name of this session",
            value=datetime.now().strftime("webcam %d %b"),
            key="recorded-session",
            persist_state="session",
            help="Recordings on another day, in other light or clothes are another session.",
        )
        with st.expander("Settings"):
            interval = st.slider(
                "Time between two images", 100, 1000, 200, 50, format="%d ms",
                key="capture-interval", persist_state="session",
                help="Images taken too fast are all alike, and teach little.",
            )  # fmt: skip
            kind = choosers.choose_detector(key="capture-detector")
            keep_raw = st.toggle(
                "Also keep the whole pictures",
                value=True,
                key="capture-raw",
                persist_state="session",
            )
            columns = st.columns(3)
            wanted = [
                columns[number % 3].number_input(
                    f"Images of {plain(name)}", 1, 1000, each, 10, key=f"wanted-{name}-{each}"
                )
                for number, name in enumerate(people)
            ]
        ready = st.button(
            "Get ready", type="primary", icon=":material/videocam:", disabled=not people
        )
        if ready:
            with errors_shown():
                st.session_state["collector"] = FaceCollector(
                    folder,
                    list(zip(people, wanted, strict=True)),
                    occasion,
                    detectors.ready_detector(kind),
                    interval / 1000,
                    keep_raw,
                )
                st.rerun()
    with right:
        seconds = round(each * interval / 1000)
        st.info(
            "1. **Name** everybody who will sit in front of the camera.\n"
            "1. **Get ready** brings you to the camera.\n"
            "1. One after the other, everybody sits down; you press **Record**, they follow the "
            f"words on the picture. {each} images take {duration(seconds)}."
        )


def record(collector: FaceCollector) -> None:
    """Show the camera, with the state of the recording beside it."""
    picture, state = st.columns([3, 2], gap="medium")
    with picture:
        playing = camera("capture", collector.video_frame, collector.pause, controls=False)
        if collector.detector.notice:
            st.caption(f":material/info: {collector.detector.notice}")
    with state:
        recording_state(collector, playing, complete(collector.state))


def complete(state: CaptureState) -> int:
    """Number of people who have enough images."""
    return sum(person.complete for person in state.people)


@st.fragment(run_every=0.5)
def recording_state(collector: FaceCollector, playing: bool, complete_before: int) -> None:
    """Show the next step, the progress and the other people, twice a second."""
    state = collector.state
    if state.done:
        collector.close()
    if collector.closed or complete(state) != complete_before:
        # The counts above the tabs have changed.
        st.rerun()
    person = state.person
    st.subheader(f"{plain(person.name)} · {person.saved} of {person.wanted}", anchor=False)
    st.progress(min(1.0, person.saved / person.wanted))
    if collector.error:
        st.error(plain(collector.error), icon=":material/error:")
    next_step(state, playing)
    controls(collector, playing)
    if person.last:
        last_pictures(person)
    if person.poses:
        st.markdown(coverage(person))
    if len(state.people) > 1:
        everybody(collector)


def next_step(state: CaptureState, playing: bool) -> None:
    """Show the next step in large letters."""
    if not playing:
        st.info("Press START below the picture, and allow the camera.", icon=":material/videocam:")
    elif state.hint.text:
        color = "red" if state.hint.stops else "blue"
        st.markdown(f"### :{color}[{state.hint.text}]")
    else:
        st.markdown("### :green[Ready: press Record]")


def controls(collector: FaceCollector, playing: bool) -> None:
    """Draw the buttons: record or pause, skip, finish."""
    state = collector.state
    with st.container(horizontal=True):
        if state.recording:
            st.button("Pause", type="primary", icon=":material/pause:", on_click=collector.pause)
        else:
            st.button(
                "Record", type="primary", icon=":material/fiber_manual_record:",
                disabled=not playing, on_click=collector.record,
            )  # fmt: skip
        if state.following is not None:
            st.button(
                "Skip", icon=":material/skip_next:",
                on_click=collector.choose, args=(state.following,),
            )  # fmt: skip
        st.button(
            "Finish", icon=":material/check:", on_click=collector.close,
            help="End here, with the images there are.",
        )  # fmt: skip


def last_pictures(person: Person) -> None:
    """Draw the last pictures taken of a person."""
    st.image([picture[::2, ::2] for picture in person.last], width=PICTURE)


def coverage(person: Person) -> str:
    """Number of images of each pose, as Markdown badges."""
    counts = {name: person.poses.get(name, 0) for name in POSES}
    return "Head " + " ".join(
        f":{'green' if count else 'gray'}-badge[{name} {count}]" for name, count in counts.items()
    )


def everybody(collector: FaceCollector) -> None:
    """Draw the people with their counters; a click chooses who is recorded next."""
    state = collector.state
    st.caption("Press a name to record that person next:")
    with st.container(horizontal=True, gap="small"):
        for number, person in enumerate(state.people):
            icon = "check" if person.complete else "person"
            st.button(
                f"{plain(person.name)} {person.saved}/{person.wanted}",
                key=f"choose-{number}",
                icon=f":material/{'arrow_forward' if number == state.current else icon}:",
                on_click=collector.choose,
                args=(number,),
            )


def results(collector: FaceCollector) -> None:
    """Show what was recorded, with links to the next steps."""
    people = collector.state.people
    if collector.error:
        st.error(plain(collector.error), icon=":material/error:")
    saved = [f"{person.saved} of {person.name}" for person in people if person.saved]
    missing = [person.name for person in people if not person.complete]
    if saved:
        st.success(f"Images saved: {plain(', '.join(saved))}.", icon=":material/check:")
    else:
        st.info("No images were saved.", icon=":material/info:")
    if saved and missing:
        st.caption(f"Not complete: {plain(', '.join(missing))}")
    with st.container(horizontal=True, gap="medium"):
        for person in people:
            if person.last:
                with st.container(width="content"):
                    st.markdown(f"**{plain(person.name)}**")
                    last_pictures(person)
    with st.container(horizontal=True):
        if saved:
            st.page_link(addresses.TRAIN, label="Train a network", icon=":material/model_training:")
        if saved and st.button("Show them", icon=":material/photo_library:"):
            del st.session_state["collector"]
            st.session_state["tab_to_open"] = FACES
            st.rerun()
        if st.button("Record more people", icon=":material/person_add:"):
            st.session_state["people_to_record"] = missing
            st.rerun()
