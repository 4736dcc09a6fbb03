"""Your face in thirty seconds: recognised without a data set, a training or a setting."""

from functools import partial

import streamlit as st

from facerec.charts import faces as face_charts
from facerec.datasets.folder import UNKNOWN
from facerec.decisions.population import USUAL_RATE, one_in
from facerec.errors import FacerecError
from facerec.live.enrolment import FaceTaking
from facerec.live.first_face import NAME, FirstFaces
from facerec.live.frames import FacesFound, LiveFace
from facerec.live.pipeline import LivePipeline
from facerec.system import paths
from facerec.system.markdown import plain
from pages.components.camera import camera
from pages.home_parts.trial_card import ON
from pages.shared import addresses, detectors
from pages.shared.progress import errors_shown

PICTURES = 10
_STATE = "your-face-trial"


class Trial:
    """What is known in this visit: nothing of it is saved."""

    def __init__(self) -> None:
        self.known = FirstFaces.nobody()
        self.taking = FaceTaking(PICTURES)
        self.error = ""
        self.pictures: dict[str, list] = {}
        self.pipeline = self._new_pipeline()

    def ready(self) -> LivePipeline:
        """The pipeline; another one if the stream has ended."""
        if self.pipeline.closed:
            self.pipeline = self._new_pipeline()
        return self.pipeline

    def remember(self) -> None:
        """Know the person whose pictures were taken."""
        name, faces = self.taking.person, self.taking.faces()
        assert name is not None
        self.taking.stop()
        self.pictures[name] = [picture[::2, ::2] for picture in faces[::2]]
        self.known = self.known.with_person(name, faces)
        self.pipeline.points = {NAME: self.known.point}
        self.pipeline.recognisers = {NAME: self.known}

    def _new_pipeline(self) -> LivePipeline:
        made = LivePipeline(
            detectors.ready_detector("auto"), {NAME: self.known}, {NAME: self.known.point}
        )
        made.subscribe(FacesFound, self.taking.watch)
        return made


def show() -> None:
    """Draw the camera, and beside it the next step."""
    with errors_shown():
        if _STATE not in st.session_state:
            with st.spinner("Loading SFace …"):
                st.session_state[_STATE] = Trial()
        trial: Trial = st.session_state[_STATE]
        pipeline = trial.ready()
        picture, words = st.columns([3, 2], gap="medium")
        with picture:
            playing = camera("your-face", pipeline.video_frame, partial(pipeline.close, wait=False))
            st.caption(
                "Nothing is saved: what it knows of you is in this computer's memory, until you "
                "press *Forget and close* or close the tab."
            )
        with words:
            _next(trial, playing)


@st.fragment(run_every=0.4)
def _next(trial: Trial, playing: bool) -> None:
    taking = trial.taking
    if not playing:
        st.markdown("### 1. Press START below the picture")
        st.write("The browser asks whether it may use the camera: allow it.")
    elif taking.person is not None:
        _take(trial)
    elif not trial.known.gallery.people:
        _ask(trial)
    else:
        _known(trial)
    if trial.error:
        st.error(plain(trial.error), icon=":material/error:")
    _leave(trial)


def _ask(trial: Trial) -> None:
    st.markdown("### 2. Look into the camera, and press once")
    name = st.text_input("Your name", "Me", key="your-face-name")
    if st.button("This is me", type="primary", icon=":material/photo_camera:"):
        _begin(trial, name)


def _begin(trial: Trial, name: str) -> None:
    trial.error = ""
    try:
        if paths.safe_name(name).casefold() == UNKNOWN.casefold():
            raise FacerecError(f"{UNKNOWN} is what strangers are called: type another name.")
        trial.taking.begin(name)
    except FacerecError as error:
        # Kept, since the next redrawing would remove it.
        trial.error = str(error)
    st.rerun()


def _take(trial: Trial) -> None:
    taking = trial.taking
    st.markdown("### Turn your head a little")
    st.progress(taking.taken / taking.wanted, f"{taking.taken} of {taking.wanted} pictures")
    if taking.hint.stops:
        st.markdown(f"#### :red[{taking.hint.text}]")
    if taking.complete:
        trial.remember()
        st.rerun()


def _known(trial: Trial) -> None:
    faces = sorted(trial.pipeline.faces(), key=lambda face: face.track)
    seen = [face for face in faces if face.recognized]
    for face in seen[:3]:
        assert face.recognized is not None
        color = "green" if face.recognized.known else "red"
        st.markdown(f"## :{color}[{plain(face.recognized.label)}]")
    if not seen:
        st.markdown("## …")
    st.markdown(
        "**And now a stranger:** let somebody else sit down, or hold a photograph before the "
        f"camera. It is called {UNKNOWN}."
    )
    if st.toggle("Why does it know me?", key="your-face-why"):
        _why(trial, seen)
    with st.popover("Somebody else, too", icon=":material/person_add:"):
        name = st.text_input("Their name", key="your-face-other")
        if st.button("This is them", disabled=not name.strip(), icon=":material/photo_camera:"):
            _begin(trial, name)


def _why(trial: Trial, seen: list[LiveFace]) -> None:
    """Show the similarity of the first face to each person, and what strangers reach."""
    point, known = trial.known.point, trial.known
    st.write(
        "SFace turns each face into 128 numbers, which are much the same in all pictures of one "
        f"person. A face is named if its numbers are more similar to a person's than "
        f"**{point.threshold:.2f}**: {one_in(USUAL_RATE)} strangers is."
    )
    if seen:
        outputs = known.outputs(seen[0].pixels[None])
        assert outputs.similarities is not None
        similar = dict(zip(known.classes, outputs.similarities[0].tolist(), strict=True))
        st.plotly_chart(
            face_charts.similarity_bars(similar, point.threshold),
            key="your-face-similar",
            config={"displayModeBar": False},
        )
    for name, pictures in trial.pictures.items():
        st.caption(f"It compares with these pictures of {plain(name)}:")
        st.image(pictures, width=56)


def _leave(trial: Trial) -> None:
    with st.container(horizontal=True):
        if st.button("Forget and close", icon=":material/close:"):
            trial.pipeline.close(wait=False)
            del st.session_state[_STATE], st.session_state[ON]
            st.rerun()
        if trial.known.gallery.people:
            st.page_link(
                addresses.DATASET, label="Collect your own data set", icon=":material/photo_camera:"
            )
