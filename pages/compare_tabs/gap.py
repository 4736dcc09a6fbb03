"""The gap between validation accuracy near 100 % and recognition before the camera."""

from collections.abc import Iterable
from functools import partial
from typing import Any

import streamlit as st

from facerec.charts import gap as gap_charts
from facerec.charts.gap import Share, TriedRun
from facerec.charts.style import run_looks
from facerec.datasets.folder import UNKNOWN
from facerec.decisions.scores import SCORES
from facerec.errors import FacerecError
from facerec.evaluation import robustness, split_comparison
from facerec.evaluation.comparison import Contender
from facerec.evaluation.robustness import DISTURBANCES, MOST_IMAGES, disturbed, last_robustness
from facerec.evaluation.split_comparison import (
    SPLIT_WORDS,
    HeldOut,
    SplitResult,
    counterpart,
    create_counterpart,
    in_words,
    split_result,
    with_other_split,
)
from facerec.faces.preprocessing import face_file
from facerec.live import kept_assessments
from facerec.live.kept_assessments import LiveAssessment
from facerec.runs.held_out import split_of
from facerec.runs.run import Run
from facerec.system.jobs import ACTIVE
from facerec.system.markdown import plain
from facerec.system.pace import predicted_seconds
from facerec.training import forecast
from facerec.training import job as training_jobs
from pages.shared import cards, session
from pages.shared.how_long import how_long
from pages.shared.progress import STATES, errors_shown, job_words, progress_bar


def show(contenders: list[Contender]) -> None:
    """Show the two splits beside the live accuracy, and the robustness to disturbances."""
    runs = [item.run for item in contenders]
    st.subheader("By image, by session, live")
    splits(runs)
    st.subheader("What disturbs it")
    disturbances(runs)


def splits(runs: list[Run]) -> None:
    """Show a run's accuracy with both splits and live: figures, bars and their meaning."""
    names = [run.name for run in runs]
    if st.session_state.get("gap-run") not in names:
        st.session_state["gap-run"] = names[0]
    name = st.segmented_control("Run", names, required=True, format_func=plain, key="gap-run")
    assert name is not None
    run = runs[names.index(name)]
    if run.is_enrolled:
        _without_training(run)
    else:
        _both_splits(run)


def _without_training(run: Run) -> None:
    """Say why a run with a gallery has no other split, and what it has instead."""
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.markdown(
            f"##### {plain(run.name)} was not trained\n\n"
            "People are enrolled in it, so there is no training with the other split to compare it "
            f"with. Its network comes from **{plain(run.info.embedder)}**: if that is a run of "
            "yours, choose it above to see its gap.\n\n"
            "For this run, look at its accuracy **before the camera** and, below, at **what "
            "disturbs it**."
        )
    with right, st.container(border=True):
        _live_figure(_newest_live([run]))


def _both_splits(run: Run) -> None:
    """Show the accuracies by image, by session and live, and what they mean together."""
    other = counterpart(run)
    by_split = {one.config.split: one for one in (run, other) if one is not None}
    results = {
        split: _result(by_split[split])
        for split in SPLIT_WORDS
        if split in by_split and by_split[split].trained
    }
    live = _newest_live(by_split.values())
    boxes = st.columns(3)
    for split, box in zip(SPLIT_WORDS, boxes, strict=False):
        with box, st.container(border=True, height="stretch"):
            _split_figure(split, results.get(split))
            _training(run, split, by_split.get(split))
    with boxes[2], st.container(border=True, height="stretch"):
        _live_figure(live)
    left, right = st.columns([3, 2], gap="large", vertical_alignment="center")
    with left:
        st.plotly_chart(_bars(results, live, run), config=cards.chart_config("gap"))
    with right:
        if len(results) == 2:
            st.markdown(in_words(results["random"], results["session"]))
        else:
            st.markdown(
                "Frames of one capture session are nearly the same. The split by image puts some "
                "of them into training and others into validation. The network may then recognise "
                "the session and not the person. Train both splits to see how much that matters."
            )
        _reservations(run, other)


@st.cache_data(show_spinner="Counting the images …", max_entries=64)
def _held_out(name: str, created: str, _run: Run) -> HeldOut:
    return split_comparison.held_out(_run)


def _result(run: Run) -> SplitResult:
    """Validation result of a run, without an interval if its images are gone."""
    try:
        validated_on = _held_out(run.name, run.info.created, run)
    except FacerecError:
        validated_on = None
    return split_result(run, validated_on)


def _newest_live(runs: Iterable[Run]) -> tuple[Run, LiveAssessment] | None:
    """The newest live assessment of the two runs, with the run."""
    found: list[tuple[Run, LiveAssessment]] = []
    with errors_shown():
        for run in runs:
            found += [(run, item) for item in kept_assessments.assessments(run)]
    return max(found, key=lambda pair: pair[1].time, default=None)


def _bars(
    results: dict[str, SplitResult], live: tuple[Run, LiveAssessment] | None, run: Run
) -> object:
    shares = [
        Share(SPLIT_WORDS[split].capitalize(), result.accuracy, result.interval)
        if (result := results.get(split))
        else None
        for split in SPLIT_WORDS
    ]
    shares.append(live and Share("Live", live[1].accuracy, live[1].interval))
    return gap_charts.share_bars(shares, run_looks()[run.name].color)


def _split_figure(split: str, result: SplitResult | None) -> None:
    """Show the accuracy with a split in large, and the number of its images."""
    st.metric(
        f"Split {SPLIT_WORDS[split]}",
        f"{result.accuracy:.1%}" if result else "–",
        help="Share of the validation images with the right name, at the epoch whose weights are "
        "kept. The interval treats images as independent. Frames of one capture session are alike, "
        "so the true interval is wider.",
    )
    if result is None:
        return
    st.caption(f"{plain(result.run_name)} · macro F1 {result.macro_f1:.1%}")
    if result.held_out is None or result.interval is None:
        st.caption("The data set has changed since, so how many images judged it is not known.")
        return
    low, high = result.interval
    captures = "capture" if result.held_out.sessions == 1 else "captures"
    st.caption(
        f"95 % interval {low:.0%} to {high:.0%} · {result.held_out.images} images of "
        f"{result.held_out.sessions} {captures}"
    )


def _live_figure(live: tuple[Run, LiveAssessment] | None) -> None:
    """Show the accuracy before the camera in large, or how to measure it."""
    st.metric(
        "Live",
        f"{live[1].accuracy:.1%}" if live else "–",
        help="Share of the frames before the camera with the right name. For a stranger, Unknown "
        "is right.",
    )
    if live is None:
        st.caption(
            "There is no live assessment of this run yet: the Live page counts how often it is "
            "right before the camera."
        )
        return
    run, found = live
    low, high = found.interval
    far, frr = found.strangers_named, found.people_refused
    rates = [
        *([f"strangers' frames named {far}"] if far else []),
        *([f"known people's frames refused {frr}"] if frr else []),
    ]
    st.caption(f"{plain(run.name)} · {found.time[:16].replace('T', ' ')} UTC")
    st.caption(
        f"95 % interval {low:.0%} to {high:.0%} · {found.frames} frames, "
        f"{SCORES[found.point.score].title.lower()} over {found.point.threshold:.3g}: "
        f"{', '.join(rates)}"
    )


def _training(run: Run, split: str, one: Run | None) -> None:
    """Show the progress of the training with a split, or the button that starts or resumes it."""
    state = training_jobs.status(one).state if one else "new"
    if one is not None and state in ACTIVE:
        _watch(one)
    elif state != "finished":
        _start(run, split, one, session.at_work())


@st.fragment(run_every=2)
def _watch(one: Run) -> None:
    """Show the progress of a training; the page is drawn again when it is done."""
    job = training_jobs.status(one)
    if not job.active:
        st.rerun()
    st.progress(job.done / job.total if job.total else 0.0, job_words(job).capitalize())
    stopping = one.job.stop_file.exists()
    st.button(
        "Stopping after this batch …" if stopping else "Stop",
        icon=":material/stop:",
        disabled=stopping,
        key="gap-stop",
        on_click=one.job.stop,
    )


@st.fragment(run_every=2)
def _start(run: Run, split: str, one: Run | None, work: str) -> None:
    """Draw the button that trains with the settings of ``run`` and this split, or resumes that."""
    if session.at_work() != work:
        st.rerun()
    if one is None:
        st.caption(f"The same settings as {plain(run.name)}, {run.config.epochs} epochs.")
    else:
        job = training_jobs.status(one)
        state = f"{plain(one.name)}, {STATES[job.state]}: {_epochs(one)}."
        st.caption(f"{state} {plain(job.message)}" if job.message else state)
        config = with_other_split(run.config)
        how_long(
            f"split-{split}",
            config,
            lambda: forecast.job_seconds(config),
        )
    pressed = st.button(
        "Train it" if one is None else "Resume",
        icon=":material/play_arrow:",
        type="primary",
        disabled=bool(work),
        key=f"gap-start-{split}",
    )
    if work:
        st.caption(f"{work}: stop it, or wait.")
    if pressed:
        st.session_state.pop("gap-error", None)
        try:
            with st.spinner("Getting ready …"):
                training_jobs.start(one or create_counterpart(run))
        except FacerecError as error:
            st.session_state["gap-error"] = run.name, split, str(error)
        else:
            st.rerun()
    # The message is kept in the session, since the next rerun would remove it.
    *place, message = st.session_state.get("gap-error", ("", "", ""))
    if place == [run.name, split]:
        st.error(plain(message), icon=":material/error:")


def _epochs(run: Run) -> str:
    return f"{len(run.history())} of {run.config.epochs} epochs"


def _reservations(run: Run, other: Run | None) -> None:
    """Say what makes the comparison less fair."""
    for one in (run, other):
        if one is not None and one.trained and training_jobs.status(one).state != "finished":
            st.caption(f":material/warning: {plain(one.name)} was trained for {_epochs(one)} only.")
    if run.config.continue_from:
        st.caption(
            f":material/warning: Both begin with the weights of {plain(run.config.continue_from)}, "
            "which may have learned from their validation images. To be sure, begin anew."
        )


def disturbances(runs: list[Run]) -> None:
    """Show the robustness of runs to darker, blurred, rotated, occluded or smaller faces."""
    st.caption(
        f"At most {MOST_IMAGES} held-out images of each run are changed step by step as a webcam "
        "might show them. They are drawn evenly over its classes and are always the same."
    )
    place = st.container()
    found = {run.name: _last(run) for run in runs}
    missing = [run for run in runs if (item := found[run.name]) is None or not item.complete]
    if missing:
        with place:
            how_long(
                "robustness",
                tuple(run.cache_key for run in missing),
                lambda: sum(
                    predicted_seconds(partial(robustness.measure_robustness, run, keep=False))
                    for run in missing
                ),
            )
            if st.button("Test robustness", icon=":material/blur_on:", type="primary"):
                for run in missing:
                    with errors_shown(), progress_bar(f"Testing {run.name}") as progress:
                        found[run.name] = robustness.measure_robustness(run, progress)
                if all(item is not None and item.complete for item in found.values()):
                    # The rerun removes the button.
                    st.rerun()
    tested = [(run, item) for run in runs if (item := found[run.name]) is not None]
    if not tested:
        st.info(
            "Press **Test robustness** to see how much each disturbance lowers the accuracy.",
            icon=":material/lightbulb:",
        )
        return
    for run, item in tested:
        if item.complete:
            st.markdown(robustness.in_words(plain(run.name), item))
        else:
            st.caption(
                f":material/warning: {plain(run.name)} was not tested to the end: "
                "**Test robustness** goes on where it stopped."
            )
    _examples([run for run, _ in tested])
    looks = run_looks()
    curves = [TriedRun(run.name, looks[run.name], item) for run, item in tested]
    st.plotly_chart(gap_charts.robustness_curves(curves), config=cards.chart_config("robustness"))


def _last(run: Run) -> robustness.Robustness | None:
    with errors_shown():
        return last_robustness(run)
    return None


def _examples(tested: list[Run]) -> None:
    """Show one face unchanged and under each disturbance at its strongest."""
    pixels = next((face for run in tested if (face := _example_face(run)) is not None), None)
    if pixels is None:
        return
    st.caption("A face unchanged, and with each disturbance at its strongest:")
    pictures = {"Unchanged": pixels}
    for name, disturbance in DISTURBANCES.items():
        level = name, disturbance.strengths[-1]
        pictures[f"{disturbance.title}: {disturbance.meaning}"] = disturbed(pixels, level)
    for (title, picture), column in zip(
        pictures.items(), st.columns(len(pictures), gap="small"), strict=True
    ):
        with column:
            st.image(picture, width="stretch", caption=title)


def _example_face(run: Run) -> Any:
    """A held-out face of a person, RGB uint8 (224, 224, 3); None if the images are gone."""
    try:
        return _face(run.name, run.info.created, run)
    except FacerecError:
        return None


@st.cache_data(show_spinner=False, max_entries=16)
def _face(name: str, created: str, _run: Run) -> Any:
    held_out = split_of(_run)[1]
    people = [face for face in held_out if face.class_name != UNKNOWN]
    return face_file((people or held_out)[0].path)
