"""Charts of experiments: effect, strangers against own people, curves; and the HTML report."""

from pathlib import Path

import jinja2
import plotly.graph_objects as go
from plotly.offline import get_plotlyjs

from facerec.charts.style import TEXT_SIZE, as_html, legend_above, look, styled
from facerec.charts.training import Curve, compared_curves
from facerec.experiments import findings
from facerec.experiments.experiment import Experiment
from facerec.experiments.factors import factor_named
from facerec.experiments.findings import MEASURES, effect_on, main_measure

_TEMPLATE = Path(__file__).with_name("experiment.html.jinja")


def effect_chart(experiment: Experiment, measure: str | None = None) -> go.Figure:
    """A measure over the factor's values: a dot for each seed, a line through the means.

    The second factor's values are lines of their own. By default the measure is the plan's.
    """
    plan, results = experiment.plan, experiment.outcomes()
    measure = measure or main_measure(plan)
    factor = factor_named(plan.factor, plan.config.network)
    figure = go.Figure()
    for number, second in enumerate(plan.second_values or (None,)):
        found = effect_on(measure, results, second)
        # Values as words stand at equal distances, whatever their size.
        words = {level.value: factor.shown(level.value) for level in found.levels}
        style = look(number)
        name = "Mean" if second is None else plan.value_in_words(plan.second, second)
        figure.add_scatter(
            x=[words[level.value] for level in found.levels],
            y=[level.mean for level in found.levels],
            error_y={"array": [level.spread or 0 for level in found.levels], "thickness": 2},
            name=name,
            mode="lines+markers+text",
            text=[f"{level.mean:.0%}" for level in found.levels],
            textposition="top center",
            textfont={"size": TEXT_SIZE + 2},
            cliponaxis=False,
            line=style.line(),
            marker={"size": 12, "symbol": style.symbol},
            hovertemplate="%{y:.1%}",
        )
        figure.add_scatter(
            x=[words[level.value] for level in found.levels for _ in level.results],
            y=[result for level in found.levels for result in level.results],
            name="One seed",
            showlegend=second is None,
            mode="markers",
            marker={"size": 9, "color": style.color, "opacity": 0.45, "symbol": "circle"},
            hovertemplate="%{y:.1%}",
        )
    styled(legend_above(figure), height=360)
    figure.update_layout(margin={"t": 40})
    order = [factor.shown(value) for value in plan.values]
    figure.update_xaxes(
        title_text=factor.title, type="category", categoryorder="array", categoryarray=order
    )
    figure.update_yaxes(title_text=MEASURES[measure], tickformat=".0%")
    return figure


def strangers_chart(experiment: Experiment) -> go.Figure | None:
    """Strangers named against own people refused, a point for each value; None without strangers.

    Lower left is better in both.
    """
    plan, results = experiment.plan, experiment.outcomes()
    factor = factor_named(plan.factor, plan.config.network)
    figure = go.Figure()
    for number, second in enumerate(plan.second_values or (None,)):
        named, refused = (
            effect_on(name, results, second).levels
            for name in ("strangers_named", "people_refused")
        )
        if not named or not refused:
            continue
        style = look(number)
        figure.add_scatter(
            x=[level.mean for level in refused],
            y=[level.mean for level in named],
            name="" if second is None else plan.value_in_words(plan.second, second),
            showlegend=second is not None,
            mode="lines+markers+text",
            text=[factor.shown(level.value) for level in named],
            textposition="top center",
            textfont={"size": TEXT_SIZE},
            cliponaxis=False,
            line=style.line(1),
            marker={"size": 14, "symbol": style.symbol},
            hovertemplate="%{text}: refused %{x:.0%}, named %{y:.0%}<extra></extra>",
        )
    if not figure.data:
        return None
    styled(legend_above(figure), height=360)
    figure.update_layout(margin={"t": 40})
    figure.update_xaxes(title_text="Own people refused", tickformat=".0%", rangemode="tozero")
    figure.update_yaxes(title_text="Strangers named", tickformat=".0%", range=[0, 1.08])
    return figure


def curves(experiment: Experiment) -> go.Figure | None:
    """The curves of the first seed's trainings in one chart; None before the first epoch."""
    plan = experiment.plan
    runs = {run.name: run for run in experiment.runs()}
    found: list[Curve] = []
    drawn: set[str] = set()
    for result in experiment.results():
        run = runs.get(result.run)
        if result.trial.seed or run is None or run.name in drawn or not run.history():
            continue
        drawn.add(run.name)
        found.append(Curve(plan.in_words(result.trial), look(len(found)), run.history()))
    return compared_curves(found) if found else None


def html_report(experiment: Experiment) -> str:
    """The experiment as one HTML file that works offline: plotly is in it."""
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    plan = experiment.plan
    figures = {
        "The effect": effect_chart(experiment),
        "Strangers and own people": strangers_chart(experiment),
        "The trainings of the first seed": curves(experiment),
    }
    rows = findings.table(experiment)
    return environment.from_string(_TEMPLATE.read_text(encoding="utf-8")).render(
        name=experiment.name,
        question=plan.question,
        guess=plan.guess,
        sentences=findings.sentences(experiment),
        plotly=get_plotlyjs(),
        charts=[
            (title, as_html(figure)) for title, figure in figures.items() if figure is not None
        ],
        columns=list(rows.columns),
        rows=[["" if value != value else value for value in row] for row in rows.values.tolist()],
    )
