"""The recognised faces: names in large letters, probabilities as bars, and each run's names."""

import pandas as pd
import streamlit as st

from facerec.charts import faces as face_charts
from facerec.decisions.operating_point import OperatingPoint
from facerec.decisions.scores import SCORES
from facerec.live.frames import LiveFace
from facerec.live.pipeline import LivePipeline
from facerec.recognition.named_faces import RecognizedFace
from facerec.system.markdown import plain

MOST_NAMES = 3


def names_and_bars(faces: list[RecognizedFace], point: OperatingPoint, key: str) -> None:
    """Show the names in large letters, and all probabilities of the first face as bars."""
    names(faces)
    if not faces:
        return
    if point.score != "confidence":
        st.caption(
            f"{SCORES[point.score].title} of the first face: {faces[0].score:.3f}, "
            f"the threshold is {point.threshold:.3f}"
        )
    if len(faces[0].probabilities) < 2:
        return
    st.caption("Probability of each name, for the first face")
    st.plotly_chart(
        face_charts.probability_bars(
            faces[0].probabilities,
            faces[0].known,
            point.threshold if point.score == "confidence" else None,
        ),
        key=key,
        config={"displayModeBar": False},
    )


def names(faces: list[RecognizedFace]) -> None:
    """Show the names in large letters."""
    if not faces:
        st.subheader("Nobody in the picture")
    for face in faces[:MOST_NAMES]:
        color = "green" if face.known else "red"
        st.markdown(f"## :{color}[{plain(face.label)}]{face.sureness}")
    if len(faces) > MOST_NAMES:
        st.caption(f"and {len(faces) - MOST_NAMES} more")


def recognized(faces: list[LiveFace]) -> list[RecognizedFace]:
    """The recognised faces among the live ones, in the order in which they came.

    The order by size would change whenever somebody leans forward.
    """
    by_arrival = sorted(faces, key=lambda face: face.track)
    return [face.recognized for face in by_arrival if face.recognized is not None]


def every_run(pipeline: LivePipeline) -> None:
    """Show a table of each run's name for each face."""
    names = list(pipeline.recognisers)
    said = {name: {face.track: face.recognized for face in pipeline.faces(name)} for name in names}
    tracks = sorted(face.track for face in pipeline.faces())
    if not tracks:
        st.caption("The name that each run gives each face appears here once somebody is there.")
        return
    st.table(
        pd.DataFrame(
            [[_words(said[name].get(track)) for track in tracks] for name in names],
            names,
            [f"Face {number}" for number in range(1, len(tracks) + 1)],
            dtype=str,
        )
    )
    for number, track in enumerate(tracks, start=1):
        labels = {face.label for name in names if (face := said[name].get(track)) is not None}
        if len(labels) > 1:
            st.caption(f":material/call_split: They disagree about face {number}.")


def _words(face: RecognizedFace | None) -> str:
    if face is None:
        return "…"
    color = "green" if face.known else "red"
    return f":{color}[**{plain(face.label)}**]{face.sureness}"
