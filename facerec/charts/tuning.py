"""Optuna's figures of a study, in the app's style and words."""

import plotly.graph_objects as go
from optuna.visualization import (
    plot_optimization_history,
    plot_parallel_coordinate,
    plot_param_importances,
)
from plotly.colors import sample_colorscale

from facerec.charts import style
from facerec.tuning.search_space import searchable
from facerec.tuning.study import Study

SCORE = "Macro F1"
_ENOUGH = 4
# Optuna's own colour scale begins with white, which would hide the worst trials.
_WORST_TO_BEST = [[0.0, "#b9c4d6"], [1.0, "#17386e"]]


def progress(study: Study) -> go.Figure | None:
    """Validation macro F1 of each trial and the best so far; None before the first trial."""
    if study.best() is None:
        return None
    figure = plot_optimization_history(study.optuna_study, target_name=SCORE)
    for trace, name in zip(figure.data, ("Each trial", "Best so far"), strict=False):
        trace.update(x=[number + 1 for number in trace.x], name=name)
    figure.update_layout(title=None, legend={"orientation": "h", "y": 1.02, "yanchor": "bottom"})
    figure.update_yaxes(tickformat=".0%")
    figure.update_xaxes(dtick=max(1, len(study.trials()) // 12))
    return style.styled(figure, height=300)


def importances(study: Study) -> go.Figure | None:
    """Importance of each setting for the result; None for too few trials."""
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
    return style.styled(figure, height=60 + 40 * len(study.search.names))


def parallel_coordinates(study: Study) -> go.Figure | None:
    """A line for each trial through its score and settings; None before the first trial."""
    if study.best() is None:
        return None
    figure = plot_parallel_coordinate(study.optuna_study, target_name=SCORE)
    labels = searchable(study.search.config.network)
    names = [labels.get(name, name) for name in figure.layout.xaxis.ticktext]
    for line in figure.select_traces({"mode": "lines"}):
        # The first point of a line is its score, from 0 for the worst trial to 1 for the best.
        (color,) = sample_colorscale(_WORST_TO_BEST, float(line.y[0]))
        line.update(line={"color": color, "width": 2}, opacity=0.9)
        line.customdata = [[labels.get(name, name), value] for name, value in line.customdata]
    figure.update_traces(marker={"colorscale": _WORST_TO_BEST}, selector={"mode": "markers"})
    figure.update_layout(title=None)
    figure.update_xaxes(ticktext=names)
    return style.styled(figure, height=340).update_layout(margin={"l": 50, "t": 20})
