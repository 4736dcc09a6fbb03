"""Presenter mode: what a class sees, large, and moved by keys."""

import math
import time
from collections.abc import Callable

import streamlit as st

from facerec.charts.thresholds import Mark, score_histogram
from facerec.evaluation.thresholds import rates_in_words
from facerec.live.pipeline import LivePipeline
from facerec.live.settings import LiveSettings
from facerec.runs import catalogue
from facerec.runs.run import Run
from facerec.system.markdown import plain
from pages.components.keys import keys
from pages.live_panels.faces import recognized
from pages.live_panels.view import LiveView
from pages.shared import loaded, session
from pages.shared.progress import errors_shown

STEPS = 50
BROWSER_SECONDS = 1.0
# The elements stay where they are, so that the camera goes on: only their order and size change.
# The picture is as wide as leaves room for what stands below it.
STYLE = """<style>
[data-testid="stSidebar"], [data-testid="stHeader"], [data-testid="stLayoutWrapper"]:has(
  > .st-key-live-head, > .st-key-live-said, > .st-key-live-tabs),
.st-key-live-point [data-testid="stColumn"]:last-child {{display: none;}}
[data-testid="stMain"]:focus-visible, [data-testid="stMain"]:focus-visible::after
  {{outline: none; box-shadow: none;}}
.st-key-live-point [data-testid="stCaptionContainer"] {{display: none;}}
.stMainBlockContainer {{padding: 0.8rem 1rem;}}
.stMainBlockContainer > [data-testid="stVerticalBlock"] {{gap: 0.5rem;}}
[data-testid="stLayoutWrapper"]:has(> .st-key-live-point) {{order: 2;}}
[data-testid="stLayoutWrapper"]:has(> .st-key-live-words) {{order: 3;}}
.st-key-live-stage > [data-testid="stLayoutWrapper"] > [data-testid="stHorizontalBlock"]
  {{flex-wrap: nowrap;}}
.st-key-live-stage [data-testid="stColumn"]:first-child
  {{flex: 0 0 auto; width: min(68%, calc((100vh - 19rem) * {aspect:.3f}));}}
.st-key-live-stage [data-testid="stColumn"]:last-child {{flex: 1 1 0; min-width: 0;}}
.st-key-live-stage h2 {{font-size: 2rem; padding: 0;}}
.st-key-live-point label p, .st-key-live-point [data-testid="stSliderThumbValue"]
  {{font-size: 1.75rem !important; line-height: 1.2;}}
.st-key-live-point [role="slider"] {{width: 1.6rem; height: 1.6rem;}}
.st-key-live-words h3 {{font-size: 1.75rem; padding: 0.2rem 0;}}
</style>"""
USUAL_ASPECT = 16 / 9
_ON, _FROZEN, _MIRRORED = "live-presenting", "live-frozen", "live-mirrored"
_MOVED = "live-threshold-moved"


def is_on() -> bool:
    """Whether the page is drawn for a class."""
    return bool(st.session_state.get(_ON))


def button() -> None:
    """Draw the button that turns presenter mode on."""
    st.button(
        "Present",
        icon=":material/fullscreen:",
        on_click=_turn(_ON),
        help="Picture, threshold and what it means, large enough for the last row. Press F to come "
        "and go.",
    )


def apply(live: LiveView) -> None:
    """Freeze and mirror the camera as chosen; outside presenter mode, it is neither."""
    if not live.playing or not is_on():
        st.session_state[_FROZEN] = False
    live.pipeline.freeze(st.session_state.get(_FROZEN, False))
    live.pipeline.mirrored = is_on() and st.session_state.get(_MIRRORED, False)


def hear(settings: LiveSettings, webcam: bool) -> None:
    """Hear the presenter's keys, and draw the page for a class if presenter mode is on.

    Before it is on, F alone is heard: the others scroll the page.
    """
    acts = {"f": _turn(_ON)}
    if is_on():
        acts |= {
            "Escape": _turn(_ON),
            "ArrowUp": _move(1),
            "ArrowDown": _move(-1),
            "n": lambda: _next_run(settings.first),
        }
        if webcam:
            acts |= {" ": _turn(_FROZEN), "m": _turn(_MIRRORED)}
        pipeline: LivePipeline | None = st.session_state.get("pipeline")
        width, height = (pipeline and pipeline.frame_size) or (USUAL_ASPECT, 1)
        st.html(STYLE.format(aspect=width / height))
    keys(acts, "live-keys")


def words(settings: LiveSettings, webcam: bool) -> None:
    """Say in large letters what the threshold means, and draw the buttons for the keys."""
    run = settings.first
    with errors_shown():
        st.subheader(rates_in_words(run, loaded.evaluation_of(run), settings.points[run.name]))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"**{plain(run.title)}**", width="content")
        if webcam:
            frozen = st.session_state.get(_FROZEN)
            st.button("Go on · Space" if frozen else "Freeze · Space", on_click=_turn(_FROZEN))
            st.button("Mirror · M", on_click=_turn(_MIRRORED))
        st.button("Threshold · ↑ ↓", disabled=True)
        st.button("Next run · N", on_click=_next_run, args=(run,), disabled=_after(run) is None)
        st.button("Leave · F", on_click=_turn(_ON), icon=":material/fullscreen_exit:")


def scores(live: LiveView) -> None:
    """Draw the scores of known people and strangers, with the faces before the camera as marks."""
    run = live.run
    evaluation, point = loaded.evaluation_of(run), live.settings.points[run.name]
    if evaluation is None or point.score not in evaluation.scores():
        return
    faces = recognized(live.pipeline.faces()) if live.playing else []
    marks = [Mark(face.label, face.score, face.known) for face in faces]
    figure = score_histogram(evaluation, point, marks)
    figure.update_layout(height=190)
    st.plotly_chart(figure, key="live-scores", config={"displayModeBar": False})


def slider(key: str, low: float, high: float) -> None:
    """Note the slider that the keys move."""
    st.session_state["live-slider"] = key, low, high


def _turn(name: str) -> Callable[[], None]:
    def turn() -> None:
        st.session_state[name] = not st.session_state.get(name)

    return turn


def _move(steps: int) -> Callable[[], None]:
    def move() -> None:
        key, low, high = st.session_state["live-slider"]
        present, now = st.session_state[key], time.monotonic()
        # A second press may come before the browser knows what the first one did.
        last, before, after = st.session_state.get(_MOVED, (-math.inf, None, None))
        start = after if now - last < BROWSER_SECONDS and (key, present) == before else present
        moved = min(max(start + steps * (high - low) / STEPS, low), high)
        st.session_state[key] = moved
        st.session_state[_MOVED] = now, (key, present), moved

    return move


def _next_run(run: Run) -> None:
    if (name := _after(run)) is not None:
        session.use(run=name)


def _after(run: Run) -> str | None:
    """The trained run that comes after this one, round and round, or None."""
    names = [item.name for item in catalogue.own_runs() if item.trained]
    place = names.index(run.name) if run.name in names else -1
    following = names[(place + 1) % len(names)] if names else run.name
    return None if following == run.name else following
