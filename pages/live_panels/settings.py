"""Settings that can be changed while people are before the camera."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from facerec.decisions.operating_point import OperatingPoint
from facerec.decisions.scores import SCORES
from facerec.decisions.second_opinion import SCORE
from facerec.evaluation.thresholds import starting_point
from facerec.live.memory import MOST_LOOKS
from facerec.live.settings import LiveSettings
from facerec.recognition.engines import Engine
from facerec.recognition.fastest_engine import last_measurements
from facerec.recognition.second_opinions import make_second_opinion
from facerec.runs import catalogue
from facerec.runs.run import Run
from facerec.system.markdown import plain
from pages.live_panels import presenter
from pages.shared import choosers, detectors, loaded
from pages.shared.loaded import live_recogniser
from pages.shared.progress import errors_shown, progress_bar

MOST_RUNS = 4
THRESHOLD_HELP = (
    "A face gets a name only if its score exceeds this. Higher: fewer strangers are named, and "
    "more known people are called Unknown."
)


def choose(run: Run, head: DeltaGenerator) -> LiveSettings:
    """Draw the threshold slider, and in ``head`` a button for the others; gives all settings."""
    saved = run.operating_point
    left, right = st.columns([2, 1], vertical_alignment="bottom", gap="medium")
    with right, st.container(horizontal=True, vertical_alignment="bottom"):
        keeper = st.empty()
        asker = st.container(width="content")
    with head:
        with st.popover("Settings", icon=":material/tune:"):
            base = _score(run, saved)
            # The key makes the slider start again if the saved point changes, as with the gallery.
            start = f"{base.score}-{base.temperature:.4f}-{base.threshold:.4f}-{base.low:.4f}"
            slider = f"threshold-{run.name}-{start}"
            choosers.suggested_thresholds(run, base.score, slider)
            others = _others(run)
            detector, looks, recognise_every = _looking()
            place = st.container()
    with left:
        presenter.slider(slider, base.low, base.high)
        point = choosers.threshold_slider(base, slider, THRESHOLD_HELP)
        choosers.promise(run, point)
    with asker:
        _ask_sface(run, point)
    if keeper.button(
        "Keep",
        icon=":material/save:",
        disabled=point == saved,
        help="This page, Compare and the command line then start from it.",
    ):
        run.save_operating_point(point)
        st.rerun()
    chosen = {item.name: item for item in (run, *others)}
    points = {name: item.operating_point for name, item in chosen.items()} | {run.name: point}
    recognisers = {name: live_recogniser(item, points[name].score) for name, item in chosen.items()}
    with place:
        for name, recogniser in recognisers.items():
            st.caption(_calculating(chosen[name], recogniser.engine))
    return LiveSettings(
        chosen, recognisers, points, detectors.ready_detector(detector), looks, recognise_every
    )


def _score(run: Run, saved: OperatingPoint) -> OperatingPoint:
    """Draw the choice of the score, and give an operating point for it."""
    evaluation = None
    with errors_shown():
        evaluation = loaded.evaluation_of(run)
    names = evaluation.scores() if evaluation else [name for name in SCORES if SCORES[name].bounded]
    if run.second_opinion() is not None and SCORE not in names:
        names = [*names, SCORE]
    if saved.score not in names:
        names = [saved.score, *names]
    # The saved score changes when an empty gallery gets faces: it then suggests similarity.
    key = f"live-score-{run.name}-{saved.score}"
    if wanted := st.session_state.pop("live_score_to_use", None):
        st.session_state[key] = wanted
    chosen = choosers.present(key, saved.score)
    name = st.selectbox(
        "Score for the threshold",
        names,
        index=names.index(chosen) if chosen in names else 0,
        format_func=lambda name: SCORES[name].title,
        key=key,
        persist_state="session",
        help="The Compare page shows which score tells strangers apart best."
        + ("" if evaluation else " Judge the run there to choose from more scores."),
    )
    return starting_point(run, evaluation, name)


def _ask_sface(run: Run, point: OperatingPoint) -> None:
    """Draw a button that has SFace decide who is a stranger, for a trained run."""
    if run.is_enrolled or point.score == SCORE:
        return
    if st.button(
        "Ask SFace, too",
        icon=":material/group_add:",
        help=SCORES[SCORE].description,
    ):
        with errors_shown():
            with progress_bar("Showing SFace the people") as progress:
                make_second_opinion(run, progress)
            st.session_state["live_score_to_use"] = SCORE
            st.rerun()


def _others(run: Run) -> list[Run]:
    """Draw the choice of other runs that recognise the same faces, and give them."""
    others = {
        item.name: item for item in catalogue.own_runs() if item.trained and item.name != run.name
    }
    chosen = st.multiselect(
        "Other runs beside it",
        list(others),
        [name for name in choosers.present("live-others", []) if name in others],
        max_selections=MOST_RUNS - 1,
        key="live-others",
        persist_state="session",
        placeholder="None" if others else "There is no other run",
        disabled=not others,
        help="They look at the same faces, each at its own threshold; the table below the picture "
        "shows where they disagree.",
    )
    return [others[name] for name in chosen if name in others]


def _looking() -> tuple[str, int, float]:
    """Draw and give detector, looks before a name and recognition interval (seconds)."""
    detector = choosers.choose_detector(key="live-detector")
    looks = st.slider(
        "Looks before a name",
        1,
        MOST_LOOKS,
        choosers.present("live-looks", 3),
        key="live-looks",
        persist_state="session",
        help="A face is named by the mean of its last looks; sharp ones count more than blurred "
        "ones. With 1 look, a single bad frame can name a stranger. Each further look costs the "
        "time below.",
    )
    recognise_every = st.slider(
        "Recognise each face every",
        0.0,
        2.0,
        choosers.present("live-every", 0.25),
        0.05,
        format="%.2f s",
        key="live-every",
        persist_state="session",
        help="In between, a face is followed and keeps its name. At 0 each frame is recognised.",
    )
    return detector, looks, recognise_every


def _calculating(run: Run, engine: Engine) -> str:
    """The run's engine, and the time per face of all measured engines, in words."""
    times = {
        found.title: f"{found.milliseconds[1]:.1f} ms"
        for found in last_measurements(run)
        if found.milliseconds
    }
    if (own := times.pop(engine.title, None)) is None:
        return f"{plain(run.name)} calculates with {engine.title}."
    others = "".join(f"; {title}: {time}" for title, time in times.items())
    return f"{plain(run.name)} calculates with {engine.title}: {own} a face{others}."
