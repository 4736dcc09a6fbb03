"""Runs side by side: training curves, results and costs, and the significance of differences."""

import pandas as pd
import streamlit as st
from pandas.io.formats.style import Styler

from facerec.charts import training as training_charts
from facerec.charts.training import Curve
from facerec.evaluation import comparison
from facerec.evaluation.comparison import Contender
from facerec.runs.run import Run
from pages.compare_tabs.evaluations import BEST, timed
from pages.shared import cards
from pages.shared.words import plain


def show(contenders: list[Contender]) -> None:
    """Show the table of figures, the differences in words, and the curves in one chart."""
    st.subheader("Results and costs")
    st.dataframe(figures(contenders), width="stretch", height="content")
    st.caption("The best of each line is bold and green.")
    differences(contenders)
    st.subheader("Learning curves")
    learning_curves([item.run for item in contenders])


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


def learning_curves(runs: list[Run]) -> None:
    """Show the curves of the trained runs in one chart."""
    curves = [Curve(run.name, run.kind, run.history()) for run in runs]
    curves = [curve for curve in curves if curve.history]
    if not curves:
        st.info(
            "Embedding recognisers are not trained: people are enrolled, so there are no curves. "
            "Choose the run that their network comes from to see how it learned.",
            icon=":material/lightbulb:",
        )
        return
    st.caption("On the validation images, which the networks did not learn from.")
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
    st.subheader("Is one really better?")
    evaluations = {plain(item.run.name): item.evaluation for item in contenders if item.evaluation}
    if len(evaluations) < 2:
        st.info(
            "Press **Judge** above: two runs are compared on the images that neither learned from.",
            icon=":material/lightbulb:",
        )
        return
    for pair in comparison.pairs(evaluations):
        st.markdown(pair.words())
    st.caption(
        "The interval shows how much the difference would vary with other images of the same "
        "people (bootstrap). p is the probability that two equal networks differ as much by chance "
        "(McNemar's test). Below 0.05, the difference is called real."
    )
