"""The card that says why a face got the wrong name, and what to try next."""

from typing import Any

import streamlit as st

from facerec.augmentation.recipe import PRESETS
from facerec.charts import faces as face_charts
from facerec.explanation.heat_maps import overlaid
from facerec.explanation.why_wrong import (
    TRAITS,
    LearnedFaces,
    Step,
    Why,
    learned_faces,
    traits_of,
    why_wrong,
)
from facerec.faces import thumbnails
from facerec.runs.run import CacheKey, Run
from facerec.system.markdown import plain
from pages.shared import addresses, detectors, loaded
from pages.shared.titles import RECORD

PICTURE = 96
BUTTONS = {
    Step.AUGMENT: ("Train with changes of light and focus", ":material/model_training:"),
    Step.RECORD: ("Record more of {right}", ":material/videocam:"),
    Step.REFUSE: ("Train with strangers to refuse", ":material/model_training:"),
}


def show(run: Run, pixels: Any, got: str, right: str | None, size: float | None, key: str) -> None:
    """Draw the card for a face, RGB uint8 (224, 224, 3).

    ``right`` is None for a stranger; ``size`` is the face's size in its picture, in pixels, or
    None. Errors as ``learned_faces``.
    """
    recogniser = loaded.ready_recogniser(run)
    with st.spinner("Looking at what it has learned …"):
        learned = _learned(run.cache_key)
    found = why_wrong(
        learned,
        recogniser.embeddings(pixels[None])[0],
        traits_of(pixels, size, detectors.loaded_detector("auto")),
        got,
        right,
    )
    with st.container(border=True):
        st.markdown(f"#### {_title(got, right)}")
        face, like = st.columns([1, 2], gap="medium")
        with face:
            _face(run, pixels, got, recogniser.classes)
        with like:
            _likeness(found, got, right)
        _differences(found, right or got)
        st.markdown(f":material/lightbulb: **{plain(found.advice)}**")
        _next(found.step, right, key)


def _title(got: str, right: str | None) -> str:
    who = "A stranger" if right is None else plain(right)
    return f"{who}, taken for {plain(got)}"


def _face(run: Run, pixels: Any, got: str, classes: tuple[str, ...]) -> None:
    pictures, captions = [pixels], ["The face"]
    if got in classes:
        heat = loaded.explainer(run.cache_key).heat(pixels[None], [classes.index(got)])[0]
        pictures.append(overlaid(pixels, heat))
        captions.append(f"What spoke for {got}")
    for picture, caption in zip(pictures, captions, strict=True):
        st.image(picture, plain(caption), width=2 * PICTURE)


def _likeness(found: Why, got: str, right: str | None) -> None:
    for name, faces in ((got, found.like_got), (right, found.like_right)):
        if name is None or not faces:
            continue
        st.markdown(f"The most similar faces of **{plain(name)}** that it learned from")
        st.image(
            [thumbnails.file_url(path) for path, _ in faces],
            [f"{similarity:.2f}" for _, similarity in faces],
            width=PICTURE,
        )


def _differences(found: Why, of: str) -> None:
    """Show each trait of the face among the training faces of a person."""
    if not found.differences:
        return
    st.caption(f"This face (line) among the training faces of {plain(of)} (bars)")
    columns = st.columns(len(found.differences))
    for column, item in zip(columns, found.differences, strict=True):
        figure = face_charts.among(item.others.tolist(), item.value, TRAITS[item.name].title)
        column.plotly_chart(figure, key=f"why-{item.name}", config={"displayModeBar": False})


def _next(step: Step, right: str | None, key: str) -> None:
    label, icon = BUTTONS[step]
    if not st.button(label.format(right=plain(right or "")), icon=icon, key=f"{key}-next"):
        return
    if step is Step.RECORD and right is not None:
        st.session_state["people_to_record"] = [right]
        st.session_state["tab_to_open"] = RECORD
        st.switch_page(addresses.DATASET)
    if step is Step.AUGMENT:
        st.session_state["recipe_to_use"] = PRESETS["Webcam"]
    st.switch_page(addresses.TRAIN)


@st.cache_resource(show_spinner=False, max_entries=4)
def _learned(key: CacheKey) -> LearnedFaces:
    run = Run.open(key[0])
    return learned_faces(run, loaded.ready_recogniser(run), detectors.loaded_detector("auto"))
