"""Optuna's figures of a study, in the app's style and words."""

import plotly.graph_objects as go
from optuna.visualization import (
    plot_optimization_history,
    plot_parallel_coordinate,
    plot_param_importances,
)

from facerec import charts
from facerec.tuning import Study, searchable

SCORE = "Macro F1"
_ENOUGH = 4


def progress(study: Study) -> go.Figure | None:
    """Each trial's validation macro F1, and the best so far; None before the first."""
    if study.best() is None:
        return None
    figure = plot_optimization_history(study.optuna_study, target_name=SCORE)
    for trace, name in zip(figure.data, ("Each trial", "Best so far"), strict=False):
        trace.update(x=[number + 1 for number in trace.x], name=name)
    figure.update_layout(title=None, legend={"orientation": "h", "y": 1.02, "yanchor": "bottom"})
    figure.update_yaxes(tickformat=".0%")
    figure.update_xaxes(dtick=max(1, len(study.trials()) // 12))
    return charts.styled(figure, height=300)


def importances(study: Study) -> go.Figure | None:
    """How much of the differences between trials each setting explains; None for too few trials."""
    values = [trial.value for trial in study.complete()]
    if len(values) < _ENOUGH or len(set(values)) < 2:
        return None
    figure = plot_param_importances(study.optuna_study)
    labels = searchable(study.search.config.network)
    for bars in figure.data:
        bars.update(
            y=[labels.get(name, name) for name in bars.y],
            text=[f"{share:.0%}" for share in bars.x],
        )
    figure.update_layout(title=None, showlegend=False, xaxis_title=None, yaxis_title=None)
    figure.update_xaxes(tickformat=".0%", range=[0, 1.1])
    return charts.styled(figure, height=60 + 40 * len(study.search.names))


def parallel_coordinates(study: Study) -> go.Figure | None:
    """A line for each trial through its score and settings; None before the first."""
    if study.best() is None:
        return None
    figure = plot_parallel_coordinate(study.optuna_study, target_name=SCORE)
    labels = searchable(study.search.config.network)
    names = [labels.get(name, name) for name in figure.layout.xaxis.ticktext]
    figure.update_layout(title=None)
    figure.update_xaxes(ticktext=names)
    return charts.styled(figure, height=340).update_layout(margin={"l": 50, "t": 20})
