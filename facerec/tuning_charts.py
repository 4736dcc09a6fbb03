"""Optuna's figures of a study, in the app's style."""

import optuna
import plotly.graph_objects as go
from optuna.visualization import (
    plot_optimization_history,
    plot_parallel_coordinate,
    plot_param_importances,
)

from facerec import charts
from facerec.tuning import Study, searchable

_ENOUGH = 4


def progress(study: Study) -> go.Figure | None:
    """Each trial's validation macro F1, and the best so far; None before the first."""
    if study.best() is None:
        return None
    figure = plot_optimization_history(study.optuna_study, target_name="Validation macro F1")
    return charts.styled(figure.update_layout(title=None), height=320)


def importances(study: Study) -> go.Figure | None:
    """How much of the differences between trials each setting explains; None for too few trials."""
    complete = study.optuna_study.get_trials(states=(optuna.trial.TrialState.COMPLETE,))
    if len(complete) < _ENOUGH or len({trial.value for trial in complete}) < 2:
        return None
    figure = plot_param_importances(study.optuna_study)
    _label_axis(figure, study)
    figure.update_layout(title=None, showlegend=False, yaxis_title=None)
    return charts.styled(figure, height=80 + 40 * len(study.search.names))


def parallel_coordinates(study: Study) -> go.Figure | None:
    """A line for each trial through its settings to its score; None before the first."""
    if study.best() is None:
        return None
    labels = searchable(study.search.config.network)
    figure = plot_parallel_coordinate(study.optuna_study, target_name="Macro F1")
    for dimension in figure.data[0].dimensions:
        dimension.label = labels.get(dimension.label, dimension.label)
    figure.update_layout(title=None)
    charts.styled(figure, height=340)
    # Its labels stand above the axes and its numbers beside them.
    return figure.update_layout(margin={"l": 60, "r": 60, "t": 50, "b": 30})


def _label_axis(figure: go.Figure, study: Study) -> None:
    labels = searchable(study.search.config.network)
    for bars in figure.data:
        bars.y = [labels.get(name, name) for name in bars.y]
