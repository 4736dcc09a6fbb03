"""Face verification: two faces of the user's own, or random pairs as a game with the class."""

from collections import defaultdict
from typing import Any, NamedTuple

import streamlit as st

from facerec.charts import pairs as pair_charts
from facerec.datasets.folder import UNKNOWN, FaceFile
from facerec.embeddings import pairs as verification
from facerec.embeddings.pairs import Pairs
from facerec.errors import FacerecError
from facerec.evaluation.comparison import Contender
from facerec.evaluation.evaluation import Evaluation
from facerec.faces import images, media
from facerec.faces.media import Kind
from facerec.faces.preprocessing import face_file
from facerec.networks.metric import Metric
from facerec.runs.run import Run
from facerec.system.markdown import plain
from pages.compare_tabs.evaluations import choose_judged, looked_at
from pages.shared import cards, choosers, detectors
from pages.shared.loaded import ready_recogniser
from pages.shared.progress import errors_shown

SIDES = ("left", "right")
SOURCES = DATA_SET, UPLOAD, CAMERA = "Data set", "Upload", "Camera"
SIMILARITY_HELP = {
    Metric.COSINE: "The cosine of the angle between the embeddings of the two faces, the numbers "
    "by which the network describes them. 1 means the same, 0 means nothing in common. The "
    "distance is 1 minus the similarity.",
    Metric.EUCLIDEAN: "1 minus half the square of the distance between the embeddings of the two "
    "faces, the numbers by which the network describes them. 1 means the same. The network was "
    "trained with this distance.",
}
SLIDER_HELP = (
    "Two faces are called the same person if their similarity exceeds the threshold. It starts at "
    "the equal error rate: as large a share of pairs of one person is taken for two people as of "
    "pairs of two people for one."
)
SAME, TWO = ":green[Same person]", ":orange[Two people]"


class ChosenFace(NamedTuple):
    """A face, RGB uint8 (224, 224, 3), and its person's name; empty if it is not known."""

    pixels: Any
    name: str


def show(contenders: list[Contender]) -> None:
    """Draw the choices of a run and two faces, the verdict and its error rates."""
    item = choose_judged(contenders, "two-faces-run")
    if item is None:
        return
    kept = looked_at(item)
    if kept is None:
        return
    with errors_shown():
        verify(item.run, item.last_evaluation, verification.all_pairs(kept.embedded))


@st.fragment
def verify(run: Run, evaluation: Evaluation, pairs: Pairs) -> None:
    """Draw faces and verdict as a fragment, so that a click here is quick."""
    with errors_shown():
        people = people_of(evaluation)
        game(people)
        left, middle, right = st.columns([3, 4, 3], gap="medium")
        with left:
            first = choose_face("left", people)
        with right:
            second = choose_face("right", people)
        with middle:
            place = st.container()
            threshold = choose_threshold(run, pairs)
        recogniser = ready_recogniser(run)
        found, names = None, ("", "")
        if first is not None and second is not None:
            names = first.name, second.name
            found = verification.similarity(recogniser, first.pixels, second.pixels)
        with place:
            verdict(found, threshold, recogniser.metric)
            if found is not None and all(names):
                truth(names, found > threshold)
        meaning(pairs, threshold, found)


def people_of(evaluation: Evaluation) -> dict[str, list[FaceFile]]:
    """Held-out images and strangers' images by person; a stranger's name says so."""
    found: dict[str, list[FaceFile]] = defaultdict(list)
    for judged, said in ((evaluation.held_out, ""), (evaluation.strangers, " (stranger)")):
        for face in judged.face_files() if judged else []:
            if face.class_name != UNKNOWN and face.path.exists():
                found[f"{face.class_name}{said}"].append(face)
    return dict(found)


def game(people: dict[str, list[FaceFile]]) -> None:
    """Draw buttons that choose a random pair; the first pair is chosen without a click."""

    def draw(same: bool) -> None:
        with errors_shown():
            pair = verification.random_pair(people, same)
            for side, face in zip(SIDES, pair, strict=True):
                pick(side, people, face)

    if f"two-faces-source-{SIDES[0]}" not in st.session_state:
        draw(same=True)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Another pair of one person", icon=":material/casino:", on_click=draw, args=(True,)
        )
        st.button(
            "Another pair of two people", icon=":material/casino:", on_click=draw, args=(False,)
        )


def pick(side: str, people: dict[str, list[FaceFile]], face: FaceFile) -> None:
    """Choose an image of the data set for one side."""
    name = next(name for name, own in people.items() if face in own)
    st.session_state[f"two-faces-source-{side}"] = DATA_SET
    st.session_state[f"two-faces-person-{side}"] = name
    st.session_state[f"two-faces-image-{side}"] = people[name].index(face)


def choose_face(side: str, people: dict[str, list[FaceFile]]) -> ChosenFace | None:
    """Draw the choice of one face, with the face as a tile; None as long as there is none."""
    place = st.container()
    # Horizontal options wrap to a second line if the column is narrow.
    source = st.radio(
        "Source",
        SOURCES,
        key=f"two-faces-source-{side}",
        label_visibility="collapsed",
        horizontal=True,
    )
    chosen = None
    with errors_shown():
        chosen = from_data_set(side, people) if source == DATA_SET else from_outside(side, source)
    if chosen is not None:
        place.image(chosen.pixels, width="stretch")
    return chosen


def from_data_set(side: str, people: dict[str, list[FaceFile]]) -> ChosenFace:
    """Draw select boxes for a person and a held-out image, and give the face.

    Raises
    ------
    FacerecError
        If there is no image any more.
    """
    if not people:
        raise FacerecError("The images are gone: judge the run again, or upload a picture.")
    key, image = f"two-faces-person-{side}", f"two-faces-image-{side}"
    if st.session_state.get(key) not in people:
        # The chosen person may belong to another run.
        st.session_state[key] = next(iter(people))

    def another() -> None:
        st.session_state[image] = st.session_state.get(image, 0) + 1

    name = st.selectbox("Person", list(people), key=key, label_visibility="collapsed")
    st.button(
        "Another picture",
        icon=":material/skip_next:",
        on_click=another,
        key=f"two-faces-another-{side}",
        width="stretch",
    )
    own = people[name]
    return ChosenFace(face_file(own[st.session_state.get(image, 0) % len(own)].path), name)


def from_outside(side: str, source: str) -> ChosenFace | None:
    """The largest face in a picture from a file or the camera; errors as ``largest_face``."""
    if source == UPLOAD:
        file = st.file_uploader(
            "A picture",
            media.suffixes(Kind.IMAGE),
            key=f"two-faces-upload-{side}",
            label_visibility="collapsed",
        )
    else:
        file = st.camera_input(
            "A picture", key=f"two-faces-camera-{side}", label_visibility="collapsed"
        )
    if file is None:
        return None
    detector = detectors.ready_detector("auto")
    return ChosenFace(verification.largest_face(images.read(file), detector), "")


def choose_threshold(run: Run, pairs: Pairs) -> float:
    """Draw the threshold slider, which starts at the equal error rate; gives the threshold."""
    low, high = pairs.range
    return st.slider(
        "Threshold of the similarity",
        low,
        high,
        min(max(pairs.equal_error[1], low), high),
        (high - low) / choosers.SLIDER_STEPS,
        format="%.3f",
        key=f"two-faces-threshold-{run.name}-{run.knowledge_hash[:8]}-{pairs.of_strangers}",
        help=SLIDER_HELP,
    )


def verdict(found: float | None, threshold: float, metric: Metric) -> None:
    """Show the similarity and the verdict in large letters."""
    if found is None:
        st.info(
            "Choose a face on each side: from the data set, by upload or with the camera.",
            icon=":material/lightbulb:",
        )
        return
    st.markdown(f"# {SAME if found > threshold else TWO}", text_alignment="center")
    with st.container(horizontal=True):
        st.metric(metric.title, f"{found:.3f}", help=SIMILARITY_HELP[metric])
        st.metric("Distance", f"{metric.distance(found):.3f}")


def truth(names: tuple[str, str], called_same: bool) -> None:
    """Show whether the verdict is right, if both names are known."""
    same = names[0] == names[1]
    who = f"both are {names[0]}" if same else f"they are {names[0]} and {names[1]}"
    if same == called_same:
        st.success(f"Right: {plain(who)}.", icon=":material/check:")
    else:
        st.error(f"Wrong: {plain(who)}.", icon=":material/close:")


def meaning(pairs: Pairs, threshold: float, found: float | None) -> None:
    """Show the error rates at the threshold on labelled pairs, and this pair among them."""
    st.subheader("Reliability of the verdict")
    st.markdown(f"##### {pairs.in_words(threshold)}")
    figures(pairs, threshold)
    st.caption(whose(pairs))
    st.plotly_chart(
        pair_charts.similarity_histogram(pairs, threshold, found),
        config=cards.chart_config("pairs"),
    )


def figures(pairs: Pairs, threshold: float) -> None:
    """Show FAR and FRR at the threshold, and the overall quality of verification."""
    far, frr = pairs.false_acceptance_rate(threshold), pairs.false_rejection_rate(threshold)
    figures = (
        ("Taken for one (FAR)", f"{far:.1%}", "Share of pairs of two people that are called the "
         "same person: the false acceptance rate, or false match rate."),
        ("Taken for two (FRR)", f"{frr:.1%}", "Share of pairs of the same person that are called "
         "two people: the false rejection rate, or false non-match rate."),
        ("Right verdicts", f"{pairs.accuracy(threshold):.1%}", "Verification accuracy: share of "
         "right verdicts at this threshold, if half of the pairs are of one person. 50 % is "
         "guessing."),
        ("AUROC", f"{pairs.auroc:.3f}", "How often a pair of the same person is more similar than "
         "a pair of two people. It does not depend on the threshold; 0.5 is guessing."),
    )  # fmt: skip
    with st.container(horizontal=True):
        for title, value, words in figures:
            st.metric(title, value, help=words)


def whose(pairs: Pairs) -> str:
    """Which people the figures come from, and what that means, in words."""
    counted = f"All pairs of {pairs.images} pictures of {pairs.people}"
    if pairs.of_strangers:
        return (
            f"{counted} **strangers**: people whom the network never saw. That is the honest test, "
            "since two faces at a door are of people it never saw either."
        )
    return (
        f"{counted} **people whom the network learned**, in pictures that it did not learn from. "
        "With strangers it would do worse. To see how much, judge the run above on a data set of "
        "strangers, at least two of them, each in a folder of their own."
    )
