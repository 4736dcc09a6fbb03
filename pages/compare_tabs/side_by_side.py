"""Runs side by side: training curves, results and costs, and the significance of differences."""

import pandas as pd
import streamlit as st
from pandas.io.formats.style import Styler

from facerec.charts import thresholds as threshold_charts
from facerec.charts import training as training_charts
from facerec.charts.style import Look, run_looks
from facerec.charts.training import Curve
from facerec.evaluation import comparison
from facerec.evaluation.comparison import Contender
from facerec.runs import differences as in_words
from facerec.runs.run import Run
from facerec.runs.settings import TrainingConfig
from facerec.system.markdown import plain
from pages.compare_tabs.evaluations import BEST, timed
from pages.shared import cards

DIFFERENT = "background-color: #fef3c7"
PAIR_HELP = (
    "Each dot is a run at its own threshold. To the right: more strangers get a name. Up: more of "
    "your own people are refused. The lines show what the shares may be with other people."
)
DIFFERENCE_HELP = (
    "The interval shows how much the difference would vary with other images of the same people "
    "(bootstrap). p is the probability that two equal networks differ as much by chance (McNemar's "
    "test). Below 0.05, the difference is called real."
)


def show(contenders: list[Contender]) -> None:
    """Show curves, the errors with strangers and own people, and the figures folded below."""
    runs, looks = [item.run for item in contenders], run_looks()
    st.markdown("**Learning curves**, on the validation images, which no network learned from")
    learning_curves(runs, looks)
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown("**The nearer to the lower left corner, the better**", help=PAIR_HELP)
        errors(contenders, looks)
    with right:
        differences(contenders)
        settings({run.name: run.config for run in runs if not run.is_enrolled})
    with st.expander("All figures and costs", icon=":material/table_rows:"):
        st.dataframe(figures(contenders), width="stretch", height="content")
        st.caption(
            "The best of a line is bold and green."
            if comparison.judged_alike(contenders) and comparison.validated_alike(contenders)
            else "The best of a line is bold and green, where the runs were measured on the same "
            "images. These were not all: choose runs of one data set with the same split and "
            "seed, and judge them with the same strangers."
        )


def errors(contenders: list[Contender], looks: dict[str, Look]) -> None:
    """Show strangers named and own people refused of each run, in one chart."""
    judged = [
        (item.run.name, looks[item.run.name], item.summary)
        for item in contenders
        if item.summary and item.summary.strangers_named
    ]
    if not judged:
        st.info(
            "Choose a data set of **strangers** above and press **Judge**: a model that names "
            "everybody is of no use, nor is one that refuses everybody.",
            icon=":material/group_off:",
        )
        return
    st.plotly_chart(threshold_charts.stranger_pairs(judged), config=cards.chart_config("errors"))
    if not comparison.judged_alike(contenders):
        st.caption(
            ":material/warning: These runs were not judged on the same images and strangers, so "
            "their places cannot be compared. Press **Judge**."
        )


def settings(configs: dict[str, TrainingConfig]) -> None:
    """Show in what the runs differ, and all their settings folded below."""
    if not configs:
        return
    rows, differing = in_words.table(configs)
    table = pd.DataFrame.from_dict(rows, "index", dtype=str, columns=list(configs))
    if differing and len(configs) > 1:
        st.markdown("**What was done differently**")
        st.dataframe(table.loc[differing], width="stretch", height="content")
    elif len(configs) > 1:
        st.caption("These runs have the same settings: what differs is chance.")
    with st.expander("All settings", icon=":material/settings:"):
        marked = table.style.apply(
            lambda row: [DIFFERENT if row.name in differing else ""] * len(row), axis=1
        )
        st.dataframe(marked, width="stretch", height="content")


def figures(contenders: list[Contender]) -> Styler:
    """Table with a row for each measure and a column for each run; the best of a row is marked."""
    lines = comparison.table(timed(contenders))
    names = [item.run.name for item in contenders]
    table = pd.DataFrame(
        [line.cells for line in lines], [line.title for line in lines], names, dtype=str
    )
    best = pd.DataFrame("", table.index, table.columns)
    for row, line in enumerate(lines):
        for column in line.best:
            best.iat[row, column] = BEST
    return table.style.apply(lambda _: best, axis=None)


def learning_curves(runs: list[Run], looks: dict[str, Look]) -> None:
    """Show the curves of the trained runs in one chart."""
    curves = [Curve(run.name, looks[run.name], run.history()) for run in runs]
    curves = [curve for curve in curves if curve.history]
    if not curves:
        st.info(
            "Embedding recognisers are not trained: people are enrolled, so there are no curves. "
            "Choose the run that their network comes from to see how it learned.",
            icon=":material/lightbulb:",
        )
        return
    st.plotly_chart(training_charts.compared_curves(curves), config=cards.chart_config("curves"))
    if untrained := [run.name for run in runs if run.is_enrolled]:
        st.caption(
            f"{plain(', '.join(untrained))}: no curve, since people are enrolled there and "
            "nothing is trained."
        )


def differences(contenders: list[Contender]) -> None:
    """Say in words whether two runs differ significantly."""
    if len(contenders) < 2:
        st.info(
            "Choose a second run, or train another network, to compare it with this one.",
            icon=":material/lightbulb:",
        )
        return
    evaluations = {plain(item.run.name): item.evaluation for item in contenders if item.evaluation}
    if len(evaluations) < 2:
        st.info(
            "Press **Judge** above: two runs are compared on the images that neither learned from.",
            icon=":material/lightbulb:",
        )
        return
    first, *others = comparison.pairs(evaluations)
    st.markdown(first.words())
    with st.expander("Is one really better?", icon=":material/balance:"):
        for pair in others:
            st.markdown(pair.words())
        st.caption(DIFFERENCE_HELP)
