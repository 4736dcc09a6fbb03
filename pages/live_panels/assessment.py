"""Live assessment: the presenter says who is there, and the page counts each run's labels."""

import streamlit as st

from facerec.charts import live as live_charts
from facerec.charts.live import ThresholdCurve, TimeCurve
from facerec.charts.style import run_looks
from facerec.errors import FacerecError
from facerec.live import kept_assessments
from facerec.live.assessment import STRANGER, LiveCounts
from facerec.live.frames import LiveLook
from facerec.live.pipeline import LivePipeline
from facerec.live.settings import LiveSettings
from facerec.system.markdown import plain
from pages.live_panels.view import LiveView
from pages.shared import cards
from pages.shared.progress import errors_shown

STRANGER_NAME = "A stranger"
SECONDS = (5, 10, 20, 30)


def counts_of(settings: LiveSettings, pipeline: LivePipeline) -> LiveCounts:
    """The present assessment of the chosen runs; a new one if the runs have changed."""
    classes = {name: run.classes for name, run in settings.runs.items()}
    knowledge = {name: run.knowledge_hash for name, run in settings.runs.items()}
    counts: LiveCounts | None = st.session_state.get("live-counts")
    if counts is None or st.session_state.get("live-counts-of") != knowledge:
        # Counts of earlier runs end.
        st.session_state.get("live-counts-end", lambda: None)()
        counts = st.session_state["live-counts"] = LiveCounts(settings.points, classes)
        st.session_state["live-counts-of"] = knowledge
        st.session_state["live-counts-end"] = pipeline.subscribe(LiveLook, counts.count)
    counts.points = settings.points
    return counts


@st.fragment(run_every=1.0)
def panel(live: LiveView) -> None:
    """Draw the choice of the person, the figures so far, and the button that saves them.

    It is drawn anew once a second.
    """
    settings, counts = live.settings, live.counts
    st.write(
        "Validation is not life. Say who sits before the camera, let it count, and go on with the "
        "next person. Count strangers too. The result is the honest accuracy of each run. Each "
        "frame counts by itself, with the name of its largest face before steadying."
    )
    left, right = st.columns([2, 3], gap="large")
    with left:
        _who(counts, live.playing)
    with right, errors_shown():
        found = counts.so_far
        if not found:
            st.caption("The figures begin with the first counted frame.")
            return
        _figures(found)
    with errors_shown():
        _charts(settings, counts)
        _keep(settings, counts)


def _who(counts: LiveCounts, playing: bool) -> None:
    """Draw a button for each person, which counts the labels of the largest face for some time."""
    seconds = st.segmented_control(
        "Count for", SECONDS, default=10, required=True, format_func="{} s".format,
        key="live-count-seconds",
    )  # fmt: skip
    st.caption("Who is before the camera?")
    with st.container(horizontal=True):
        for person in (*counts.people, STRANGER):
            st.button(
                plain(person or STRANGER_NAME),
                key=f"live-count-{person}",
                type="primary" if counts.person == person else "secondary",
                icon=":material/timer:" if counts.person == person else None,
                disabled=not playing,
                on_click=counts.begin,
                args=(person, float(seconds)),
            )
    if not playing:
        st.caption("Press START first.")
    elif counts.person is not None:
        last = counts.stretches[-1] if counts.stretches else None
        frames = last.frames if last and last.person == counts.person else 0
        st.markdown(f"### :blue[Counting {plain(counts.person or 'a stranger')}: {frames} frames]")
        st.button("Stop counting", icon=":material/stop:", on_click=counts.stop)
    elif counts.stretches:
        last = counts.stretches[-1]
        st.caption(f"{plain(last.person or STRANGER_NAME)}: {last.frames} frames counted.")
        if last.changes > max(2, last.frames // 10):
            st.warning(
                "Another face was often the largest: two people may have been counted.",
                icon=":material/group:",
            )
        with st.container(horizontal=True):
            st.button("Forget the last", icon=":material/undo:", on_click=counts.drop_last)
            st.button("Begin anew", icon=":material/delete_sweep:", on_click=counts.clear)


def _figures(found: dict[str, kept_assessments.LiveAssessment]) -> None:
    """Show accuracy, FAR and FRR of each run."""
    for name, assessment in found.items():
        with st.container(horizontal=True):
            low, high = assessment.interval
            st.metric(
                f"{plain(name)}: right",
                f"{assessment.accuracy:.0%}",
                help=f"Share of {assessment.frames} frames. 95 % interval {low:.0%} to {high:.0%}, "
                "if frames were independent. They are not, so the true interval is wider.",
            )
            for title, share in (
                ("Strangers named (FAR)", assessment.strangers_named),
                ("Refused (FRR)", assessment.people_refused),
            ):
                with st.container(width="content"):
                    st.metric(title, share.short if share else "–")
                    st.caption(str(share) if share else "")


def _charts(settings: LiveSettings, counts: LiveCounts) -> None:
    """Show accuracy over time and over thresholds, and the confusion matrix of the run in use."""
    looks = run_looks()
    over_time = {name: counts.over_time(name) for name in settings.runs}
    over_thresholds = {name: counts.over_thresholds(name) for name in settings.runs}
    columns = st.columns(3, gap="medium")
    with columns[0]:
        st.markdown("**Right so far**")
        curves = [TimeCurve(name, looks[name], found) for name, found in over_time.items() if found]
        st.plotly_chart(
            live_charts.accuracy_over_time(curves, counts.stretches),
            key="live-over-time",
            config=cards.chart_config("live-over-time"),
        )
    with columns[1]:
        st.markdown("**At other thresholds**")
        st.plotly_chart(
            live_charts.accuracy_over_thresholds(
                [
                    ThresholdCurve(name, looks[name], settings.points[name], found)
                    for name, found in over_thresholds.items()
                    if found
                ]
            ),
            key="live-over-thresholds",
            config=cards.chart_config("live-over-thresholds"),
        )
    with columns[2]:
        st.markdown(f"**Names given by {plain(settings.first.name)}**")
        st.plotly_chart(
            live_charts.confusion(counts.assessment(settings.first.name)),
            key="live-confusion",
            config=cards.chart_config("live-confusion"),
        )


def _keep(settings: LiveSettings, counts: LiveCounts) -> None:
    """Draw the button that saves the figures with the runs, for the Compare page."""
    if st.button(
        "Keep with the runs",
        type="primary",
        icon=":material/save:",
        disabled=counts.person is not None,
        help="The Compare page then shows these figures beside those of validation.",
    ):
        kept: list[str] = []
        for name, run in settings.runs.items():
            try:
                kept_assessments.add(run, counts.assessment(name))
                kept.append(name)
            except FacerecError as error:
                st.error(f"{plain(name)}: {plain(error)}", icon=":material/error:")
        if kept:
            counts.clear()
            st.toast(f"Kept with {plain(', '.join(kept))}: see Compare.", icon=":material/check:")
            st.rerun(scope="fragment")
