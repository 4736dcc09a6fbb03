"""Choices that several pages offer."""

import itertools
from collections.abc import Collection
from dataclasses import replace
from typing import Any, Literal

import streamlit as st

from facerec.datasets.folder import UNKNOWN, FaceFolder
from facerec.decisions.matchers import MATCHERS
from facerec.decisions.operating_point import OperatingPoint
from facerec.decisions.population import LEAST_RATE, USUAL_RATE, one_in
from facerec.decisions.scores import SCORES
from facerec.faces.detection import DETECTORS
from facerec.runs.run import Run
from facerec.system.markdown import plain

STRANGER_RATES = 1 / 100, USUAL_RATE, LEAST_RATE
SLIDER_STEPS = 200


def present(key: str, value: Any) -> Any:
    """The present value of the widget with this key; ``value`` before there is one.

    A field that opens late, as in a popover, starts in the browser from the value that it is given,
    which must therefore be the present one.
    """
    return st.session_state.get(key, value)


def free_name(arrived: str, taken: Collection[str]) -> str:
    """The name under which something that arrives is kept; if it is taken, ask for another."""
    known = {name.casefold() for name in taken}
    names = itertools.chain([arrived], (f"{arrived}-{number}" for number in itertools.count(2)))
    suggestion = next(name for name in names if name.casefold() not in known)
    if suggestion == arrived:
        return arrived
    return st.text_input(
        "Name here",
        suggestion,
        help=f"There is a {plain(arrived)} already. The one that arrives gets this name.",
    )


def choose_person(folder: FaceFolder, key: str, label: str = "Whose face is it?") -> str | None:
    """Draw a box to pick a class or type a new one; gives its name, or None."""
    return st.selectbox(
        label,
        sorted({*folder.class_names(), UNKNOWN}),
        index=None,
        accept_new_options=True,
        filter_mode="prefix",
        key=key,
        placeholder="Pick or type a name",
        help=f"A name becomes a class. {UNKNOWN} is for people the network should not name.",
    )


def choose_detector(label: str = "Face detector", key: str = "detector") -> str:
    """Draw a select box of the detectors, and give the chosen one's name."""
    return st.selectbox(
        label,
        list(DETECTORS),
        list(DETECTORS).index(present(key, next(iter(DETECTORS)))),
        format_func=DETECTORS.__getitem__,
        key=key,
        persist_state="session",
        help="The detector finds the faces in your pictures. All other steps use these faces.",
    )


def choose_matcher(
    key: str,
    chosen: str = next(iter(MATCHERS)),
    label_visibility: Literal["visible", "collapsed"] = "visible",
) -> str:
    """Draw a choice of the matchers, and give the chosen one's name."""
    names = list(MATCHERS)
    return st.radio(
        "How faces are compared",
        names,
        names.index(chosen),
        format_func=lambda name: MATCHERS[name].title,
        captions=[matcher.description for matcher in MATCHERS.values()],
        key=key,
        label_visibility=label_visibility,
    )


def suggested_thresholds(run: Run, score: str, slider: str) -> None:
    """Draw buttons that set a threshold slider to the share of strangers who may be named.

    ``slider`` is the key of the slider of a score. Nothing is drawn if nothing was measured on
    strangers with that score.
    """
    if run.strangers_at(score) is None:
        return

    def move(threshold: float) -> None:
        st.session_state[slider] = threshold

    st.markdown("Name at most")
    with st.container(horizontal=True):
        for rate in STRANGER_RATES:
            st.button(
                f"{one_in(rate)} strangers",
                on_click=move,
                args=(run.suggested_point(rate).threshold,),
                key=f"{rate}-{slider}",
                help="The threshold for this share of all-comers, measured on other people, or the "
                "one that enrolled people themselves ask, whichever is stricter.",
            )


def promise(run: Run, point: OperatingPoint) -> None:
    """Say how many strangers a threshold names, where that was measured for the run's network."""
    if measured := run.strangers_at(point.score):
        population, pictures = measured
        words, why = population.in_words(point.threshold, pictures)
        st.caption(words, help=why)


def threshold_slider(saved: OperatingPoint, key: str, help: str) -> OperatingPoint:
    """Draw a threshold slider that starts from an operating point, and give the chosen point."""
    title = SCORES[saved.score].title.lower()
    threshold = st.slider(
        "Threshold" if saved.score == "confidence" else f"Threshold of the {title}",
        saved.low,
        saved.high,
        # Streamlit warns of a value beside one that was set in the session state.
        None if key in st.session_state else saved.threshold,
        (saved.high - saved.low) / SLIDER_STEPS,
        format="%.3f",
        key=key,
        persist_state="session",
        help=help,
    )
    return replace(saved, threshold=threshold)
