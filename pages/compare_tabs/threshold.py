"""The threshold of a run: its meaning for strangers and for known people."""

from dataclasses import replace

import pandas as pd
import streamlit as st

from facerec import metrics
from facerec.charts import thresholds as threshold_charts
from facerec.charts.style import run_looks
from facerec.decisions.operating_point import OperatingPoint
from facerec.decisions.scores import SCORES
from facerec.evaluation import thresholds as score_comparison
from facerec.evaluation.comparison import Contender
from facerec.evaluation.evaluation import Evaluation, Summary
from facerec.runs.run import Run
from pages.compare_tabs.evaluations import BEST, judged
from pages.shared import cards, choosers

FALSE_ACCEPTANCE_RATES = (0.01, 0.001)
HISTOGRAM_HELP = (
    "Share of each group's faces by score. The separate bars at the left end are the faces that "
    "the network itself calls Unknown."
)
RATE_HELP = (
    "Share of {images} images, and what it may be with other people: each end holds with 95 % "
    "confidence. Images of one person are alike, so people count: none of 6 is compatible with "
    "39 %."
)
SLIDER_HELP = (
    "A face gets a name only if its score exceeds the threshold. Higher: fewer strangers are "
    "named, and more of your own people are called Unknown."
)


def show(contenders: list[Contender]) -> None:
    """Show the slider and all that follows from it."""
    with_evaluation = judged(contenders)
    if with_evaluation:
        tune(with_evaluation)


@st.fragment
def tune(contenders: list[Contender]) -> None:
    """Show a run's operating point: its slider, its meaning in words, and the charts."""
    left, right = st.columns([2, 3], gap="large")
    with left:
        by_name = {item.run.name: item for item in contenders}
        name = next(iter(by_name))
        if len(by_name) > 1:
            name = st.selectbox("Run", list(by_name), key="threshold-run", persist_state="session")
        item = by_name[name]
        run, evaluation = item.run, item.last_evaluation
        base = choose_score(run, evaluation)
        key = f"point-{run.name}-{run.knowledge_hash[:8]}-{base.score}-{base.temperature:.4f}"
        point = choosers.threshold_slider(base, key, SLIDER_HELP)
        summary = evaluation.summary(point)
        st.markdown(f"##### {score_comparison.in_words(summary)}")
        choosers.promise(run, point)
        keep(run, point)
        choosers.suggested_thresholds(run, base.score, key)
        if summary.strangers:
            suggestions(evaluation, base, key)
    with right:
        if not summary.strangers:
            st.warning(
                "Choose a data set of **strangers** above and press **Judge**. A threshold can "
                "only be judged with people whom the run does not know.",
                icon=":material/group_off:",
            )
        st.markdown("**Distribution of the scores**", help=HISTOGRAM_HELP)
        st.plotly_chart(
            threshold_charts.score_histogram(evaluation, point),
            config=cards.chart_config("scores"),
        )
        if summary.strangers:
            st.markdown("**Error rates at each threshold**")
            st.plotly_chart(
                threshold_charts.error_curves(evaluation, point),
                config=cards.chart_config("error-rates"),
            )
    rates(summary)
    if summary.strangers:
        left, right = st.columns(2, gap="large")
        with left:
            trade_off(contenders, run.name, point)
        with right:
            scores_table(evaluation, base)
    calibration(run, evaluation, point)


def keep(run: Run, point: OperatingPoint) -> None:
    """Draw a button that saves the operating point with the run."""
    if st.button(
        "Keep it with the run",
        type="primary",
        icon=":material/save:",
        disabled=point == run.operating_point,
        help="Live and the command line then start from this score and threshold.",
    ):
        run.save_operating_point(point)
        st.session_state["point-kept"] = run.name
        st.rerun()
    if st.session_state.pop("point-kept", None) == run.name:
        st.toast("Kept: Live starts from it.", icon=":material/check:")


def choose_score(run: Run, evaluation: Evaluation) -> OperatingPoint:
    """Draw the choice of the score, and give an operating point for it.

    The box starts from the score saved with the run.
    """
    names, saved = evaluation.scores(), run.operating_point
    name = st.selectbox(
        "Score for the threshold",
        names,
        index=names.index(saved.score) if saved.score in names else 0,
        format_func=lambda name: SCORES[name].title,
        key=f"score-{run.name}",
        persist_state="session",
        help="\n\n".join(score_comparison.describe(name) for name in names),
    )
    return score_comparison.starting_point(run, evaluation, name)


def suggestions(evaluation: Evaluation, base: OperatingPoint, key: str) -> None:
    """Draw buttons that set the slider to suggested thresholds."""

    def move(point: OperatingPoint) -> None:
        st.session_state[key] = point.threshold

    assert evaluation.strangers is not None
    strangers = len(evaluation.strangers)
    few = [far for far in FALSE_ACCEPTANCE_RATES if not metrics.enough_for(far, strangers)]
    st.markdown("Suggest a threshold by the largest share of strangers named")
    with st.container(horizontal=True):
        for far in FALSE_ACCEPTANCE_RATES:
            st.button(
                f"{100 * far:g} %",
                on_click=move,
                args=(score_comparison.suggested(evaluation, base, far),),
                disabled=far in few,
                key=f"suggest-{far}-{key}",
                help=f"A share of {100 * far:g} % needs {1 / far:,.0f} images of strangers; there "
                f"are {strangers:,}."
                if far in few
                else "The lowest threshold that names no more strangers than that.",
            )
        st.button(
            "as many as refused",
            on_click=move,
            args=(score_comparison.balanced(evaluation, base),),
            key=f"balance-{key}",
            help="The threshold of the equal error rate: the share of strangers named equals the "
            "share of your people refused.",
        )
    if few:
        st.caption(
            f"{strangers:,} images of strangers are too few to see "
            + " or ".join(f"{100 * far:g} %" for far in few)
            + f": that takes {1 / max(few):,.0f}."
        )


def rates(summary: Summary) -> None:
    """Show FAR, FRR and other rates in large, each with its bounds over people."""
    figures = {
        "Strangers named (FAR)": summary.strangers_named,
        "Unknown class named": summary.unknown_named,
        "Your people refused (FRR)": summary.people_refused,
        "Wrong name": summary.people_misnamed,
    }
    with st.container(horizontal=True):
        for title, found in figures.items():
            if found is not None:
                with st.container(width="content"):
                    st.metric(title, found.short, help=RATE_HELP.format(images=found.images))
                    st.caption(str(found))


def trade_off(contenders: list[Contender], name: str, point: OperatingPoint) -> None:
    """Show the DET curve of each run."""
    st.markdown("**The nearer to the lower left corner, the better**")
    looks = run_looks()
    drawn = [
        (
            item.run.name,
            looks[item.run.name],
            item.last_evaluation,
            point if item.run.name == name else item.run.operating_point,
        )
        for item in contenders
        if item.last_evaluation.error_rates(item.run.operating_point) is not None
    ]
    st.plotly_chart(threshold_charts.trade_off(drawn, name), config=cards.chart_config("trade-off"))
    st.caption("The black dot is this run at the slider's threshold; rings are equal error rates.")


def scores_table(evaluation: Evaluation, point: OperatingPoint) -> None:
    """Show how well each score tells strangers from known people."""
    st.markdown("**Which score tells strangers apart best**")
    rows = pd.DataFrame(
        {
            "Score": SCORES[quality.score].title,
            "AUROC": quality.auroc,
            "Equal error": quality.equal_error_rate,
            "Refused at 1 % FAR": quality.frr_at_one_percent,
        }
        for quality in score_comparison.score_qualities(evaluation, point.temperature)
    )
    st.dataframe(
        rows.style.format(
            {"AUROC": "{:.3f}", "Equal error": "{:.1%}", "Refused at 1 % FAR": "{:.1%}"}
        )
        .highlight_max(["AUROC"], props=BEST)
        .highlight_min(["Equal error", "Refused at 1 % FAR"], props=BEST),
        hide_index=True,
    )
    st.caption(
        "AUROC: how often a known person's face scores higher than a stranger's; 0.5 is guessing. "
        "Choose the score above. Live uses it once it is kept."
    )


def calibration(run: Run, evaluation: Evaluation, point: OperatingPoint) -> None:
    """Show the network's calibration, with a button that corrects it by a temperature."""
    st.subheader("Accuracy by confidence")
    before = evaluation.reliability(1.0)
    after = evaluation.reliability(point.temperature) if point.temperature != 1 else None
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.plotly_chart(
            threshold_charts.reliability(before, after, run_looks()[run.name]),
            config=cards.chart_config("reliability"),
        )
    with right:
        error = metrics.expected_calibration_error(after or before)
        was = metrics.expected_calibration_error(before)
        st.metric(
            "Expected calibration error",
            f"{error:.1%}",
            delta=f"{100 * (error - was):+.1f} points" if after else None,
            delta_color="inverse",
            help="Mean difference between the network's confidence and its accuracy.",
        )
        best = evaluation.best_temperature()
        if after is None:
            st.write(
                "Networks are often too confident. Dividing their outputs by a **temperature** "
                f"mends that and keeps all predictions. The temperature {best:.2f} fits these "
                "images best."
            )
            if st.button("Calibrate", icon=":material/thermostat:"):
                keep_temperature(run, best)
        else:
            st.write(f"Calibrated with the temperature {point.temperature:.2f}.")
            if st.button("Back to as trained", icon=":material/undo:"):
                keep_temperature(run, 1.0)
        st.caption(
            "The temperature is kept with the run and used live. The threshold stays the same, but "
            "its error rates may change: check them again."
        )


def keep_temperature(run: Run, temperature: float) -> None:
    """Save another temperature with the run; its saved score and threshold stay."""
    run.save_operating_point(replace(run.operating_point, temperature=temperature))
    st.rerun()
