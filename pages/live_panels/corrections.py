"""Corrections of wrong names: "this is wrong, it is X"."""

from collections.abc import Callable, Collection

import streamlit as st

from facerec.datasets.folder import UNKNOWN, FaceFolder
from facerec.live.corrections import Corrections
from facerec.live.frames import LiveFace
from facerec.live.pipeline import LivePipeline
from facerec.runs.run import Run
from facerec.system.markdown import plain
from pages.live_panels import people
from pages.live_panels.view import LiveView
from pages.shared import addresses, session, why_card
from pages.shared.progress import errors_shown

MOST_FACES = 4
MOST_NAMES = 8
STRANGER = "A stranger"


@st.fragment
def panel(live: LiveView) -> None:
    """Draw the panel that holds the present faces and gives them their right names."""
    with errors_shown():
        if live.run.is_enrolled:
            _to_gallery(live.run, live.pipeline)
        else:
            _to_dataset(live.run, live.pipeline)
        _why(live.run)


def _to_dataset(run: Run, pipeline: LivePipeline) -> None:
    """Draw the corrections of a trained run: a face is saved to its class, for later training."""
    corrections = _corrections(FaceFolder.open(run.config.dataset))

    def undo() -> None:
        with errors_shown():
            undone = corrections.undo()
            st.toast(f"Taken back from {plain(undone.file.class_name)}.", icon=":material/undo:")

    st.write(
        "Did a face get a wrong name? Hold the moment and say who it is. The face is added to "
        f"**{plain(corrections.folder.name)}**, and a new run can learn from it."
    )
    with st.container(horizontal=True):
        _hold(pipeline)
        if corrections.saved:
            st.button("Undo the last", icon=":material/undo:", on_click=undo)
    _held(
        corrections.folder.class_names(),
        lambda name, face: corrections.add(name, face, pipeline.detector.name),
    )
    # Emptied explicitly: what is merely not drawn again stays on the page if another fragment's
    # timer fires before the browser has heard that this run is done.
    place = st.empty()
    if corrections.saved:
        with place.container():
            _saved(run, corrections)


def _to_gallery(run: Run, pipeline: LivePipeline) -> None:
    """Draw the corrections of a gallery: a face is enrolled under its name at once."""
    changes = people.changes_of(run)
    known = run.knowledge_hash

    def undo() -> None:
        with errors_shown():
            changes.undo()

    st.write(
        "Did a face get a wrong name? Hold the moment and say who it is. "
        f"**{plain(run.name)}** then knows this face, too. Say {UNKNOWN} for a person whom it "
        "should not name. Add new people under People."
    )
    with st.container(horizontal=True):
        _hold(pipeline)
        if changes.last:
            st.button(f"Undo {plain(changes.last)}", icon=":material/undo:", on_click=undo)
    _held({*run.gallery.people, UNKNOWN}, lambda name, face: changes.enrol(name, face.pixels[None]))
    if st.session_state.setdefault("live-known", known) != known:
        # The whole page reruns, since the stream needs the new gallery.
        st.session_state["live-known"] = known
        st.rerun()


def _corrections(folder: FaceFolder) -> Corrections:
    """The session's corrections for this data set."""
    known: Corrections | None = st.session_state.get("live-corrections")
    if known is None or known.folder.path != folder.path:
        known = st.session_state["live-corrections"] = Corrections(folder)
    return known


def _hold(pipeline: LivePipeline) -> None:
    """Draw the button that holds the present faces."""

    def hold() -> None:
        st.session_state["live-taken"] = pipeline.faces()[:MOST_FACES]

    st.button("Hold this moment", icon=":material/back_hand:", type="primary", on_click=hold)


def _held(names: Collection[str], correct: Callable[[str, LiveFace], object]) -> None:
    """Draw the held faces, each with a button for every name that it could have."""
    taken: list[LiveFace] = st.session_state.get("live-taken", [])

    # A callback, which comes before the panel is drawn: a rerun after it could be lost between
    # those of the timers beside it.
    def say(name: str, face: LiveFace) -> None:
        with errors_shown():
            correct(name, face)
            st.session_state["live-taken"] = [item for item in taken if item is not face]
            st.toast(f"Added to {plain(name)}.", icon=":material/check:")

    if "live-taken" in st.session_state and not taken:
        st.caption("Nobody was in the picture.")
    names = sorted(names, key=lambda name: (name == UNKNOWN, name))
    for column, face in zip(st.columns(MOST_FACES), taken, strict=False):
        with column:
            said = face.recognized.label if face.recognized else "not recognised yet"
            st.image(face.pixels, caption=f"It said: {plain(said)}", width="stretch")
            st.caption("It is")
            # Buttons, since an open select box would close at each rerun of the names above.
            likely, others = _likely(names, face)
            with st.container(horizontal=True, gap="small"):
                for name in likely:
                    st.button(
                        plain(name), key=f"is-{name}-{face.track}", on_click=say, args=(name, face)
                    )
                if others:
                    with st.popover("Others", key=f"is-others-{face.track}"):
                        for name in others:
                            st.button(
                                plain(name), key=f"is-{name}-{face.track}",
                                on_click=say, args=(name, face),
                            )  # fmt: skip


def _likely(names: list[str], face: LiveFace) -> tuple[list[str], list[str]]:
    """The names to offer at once, of many the likeliest, and the others."""
    if len(names) <= MOST_NAMES:
        return names, []
    chances = face.recognized.probabilities if face.recognized else {}
    best = sorted(names, key=lambda name: -chances.get(name, 0.0))[: MOST_NAMES - 1]
    likely = [name for name in names if name in best or name == UNKNOWN]
    return likely, [name for name in names if name not in likely]


def _why(run: Run) -> None:
    """Draw the card that says why a held face got its name."""
    held: list[LiveFace] = st.session_state.get("live-taken", [])
    named = {
        f"{face.recognized.label} ({number})": face
        for number, face in enumerate(held, start=1)
        if face.recognized and face.recognized.known
    }
    if not named or not st.toggle("Why did it get that name?", key="live-why"):
        return
    left, right = st.columns(2)
    face = named[left.selectbox("Face", list(named), format_func=plain)]
    people = [name for name in run.info.classes if name != UNKNOWN]
    true = right.selectbox("Who is it really?", [STRANGER, *people], format_func=plain)
    assert face.recognized is not None
    if true != face.recognized.label:
        size = max(face.box.width, face.box.height)
        why_card.show(
            run, face.pixels, face.recognized.label,
            None if true == STRANGER else true, size, "live-why",
        )  # fmt: skip


def _saved(run: Run, corrections: Corrections) -> None:
    """Show the saved faces, with a button to the Train page for a new run with them."""
    names = ", ".join(correction.file.class_name for correction in corrections.saved)
    st.success(f"Added: {plain(names)}.", icon=":material/check:")
    if st.button("Learn from them in a new run", icon=":material/model_training:"):
        st.session_state["network_to_use"] = run.config.network
        st.session_state["continue_from_to_use"] = run.name
        session.use(dataset=corrections.folder.name)
        st.switch_page(addresses.TRAIN)
