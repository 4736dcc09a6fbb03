"""Exports of a comparison: an offline HTML report, and a table of predictions."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd
from markupsafe import Markup, escape
from plotly.offline import get_plotlyjs

from facerec.charts import confusion as confusion_charts
from facerec.charts import thresholds as threshold_charts
from facerec.charts import training as training_charts
from facerec.charts.style import Look, as_html, run_looks
from facerec.charts.training import Curve
from facerec.datasets.folder import UNKNOWN
from facerec.decisions.scores import SCORES
from facerec.evaluation import comparison
from facerec.evaluation import thresholds as score_comparison
from facerec.evaluation.comparison import Contender
from facerec.evaluation.confusion import ConfusionMatrix
from facerec.evaluation.evaluation import Evaluation, Judged
from facerec.runs import differences as settings_in_words
from facerec.runs.run import Run

_TEMPLATE = Path(__file__).with_name("report.html.jinja")


def html_report(contenders: Sequence[Contender]) -> str:
    """The comparison as one HTML file that works offline: plotly is in it.

    There must be at least one contender. Contenders without an evaluation appear only in the table
    and the training curves.
    """
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    environment.filters["bold"] = _bold
    looks = run_looks()
    curves = [Curve(item.run.name, looks[item.run.name], item.history) for item in contenders]
    configs = {item.run.name: item.run.config for item in contenders if not item.run.is_enrolled}
    settings, differing = settings_in_words.table(configs)
    judged = [(item.run, item.evaluation) for item in contenders if item.evaluation]
    return environment.from_string(_TEMPLATE.read_text(encoding="utf-8")).render(
        names=[item.run.name for item in contenders],
        time=datetime.now().astimezone().strftime("%Y-%m-%d %H:%M"),
        plotly=get_plotlyjs(),
        lines=[vars(line) for line in comparison.table(contenders)],
        trained=list(configs),
        settings=settings,
        differing=differing,
        differences=[
            pair.words()
            for pair in comparison.pairs({run.name: evaluation for run, evaluation in judged})
        ],
        curves=_curves([curve for curve in curves if curve.history]),
        trade_off=_trade_off(judged, looks),
        runs=[_run(run, evaluation, looks[run.name]) for run, evaluation in judged],
    )


def predictions_table(judged: Sequence[tuple[Run, Evaluation]]) -> pd.DataFrame:
    """Table of predictions, a row for each image and run.

    Columns: run, part ("held-out" or "stranger"), image, class, prediction (the likeliest class),
    label (at the run's operating point), confidence, score, and ``probability <class>`` for each
    class of the run.
    """
    tables = [
        _predictions(run, part, judged_part)
        for run, evaluation in judged
        for part, judged_part in (
            ("held-out", evaluation.held_out),
            ("stranger", evaluation.strangers),
        )
        if judged_part is not None
    ]
    return pd.concat(tables, ignore_index=True)


def _predictions(run: Run, part: str, judged: Judged) -> pd.DataFrame:
    classes, point = run.classes, run.operating_point
    probabilities = judged.outputs.probabilities(point.temperature)
    predictions = [classes[index] for index in judged.outputs.predictions]
    named = point.is_named(classes, judged.outputs)
    return pd.DataFrame(
        {
            "run": run.name,
            "part": part,
            "image": judged.keys,
            "class": judged.names,
            "prediction": predictions,
            "label": [
                name if accepted else UNKNOWN
                for name, accepted in zip(predictions, named, strict=True)
            ],
            "confidence": probabilities.max(axis=1),
            "score": point.scores(judged.outputs),
            **{
                f"probability {name}": probabilities[:, column]
                for column, name in enumerate(classes)
            },
        }
    )


def _run(run: Run, evaluation: Evaluation, look: Look) -> dict[str, Any]:
    point = run.operating_point
    has_strangers = evaluation.error_rates(point) is not None
    figures = [
        (
            "Confusion matrix: who was taken for whom",
            confusion_charts.confusion_chart(ConfusionMatrix(evaluation, point)),
        )
    ]
    if has_strangers:
        figures += [
            ("Distribution of the scores", threshold_charts.score_histogram(evaluation, point)),
            ("Error rates at each threshold", threshold_charts.error_curves(evaluation, point)),
        ]
    before = evaluation.reliability(1.0)
    after = evaluation.reliability(point.temperature) if point.temperature != 1 else None
    figures.append(
        (
            "Accuracy by confidence",
            threshold_charts.reliability(before, after, look),
        )
    )
    return {
        "title": run.title,
        "words": score_comparison.in_words(evaluation.summary(point)),
        "point": f"{SCORES[point.score].title} over {point.threshold:.3g}"
        + (f", temperature {point.temperature:.2f}" if point.temperature != 1 else ""),
        "charts": [{"title": title, "figure": as_html(figure)} for title, figure in figures],
        "classes": evaluation.class_scores(),
        "scores": [
            {**vars(quality), "title": SCORES[quality.score].title}
            for quality in score_comparison.score_qualities(evaluation, point.temperature)
        ],
    }


def _trade_off(judged: Sequence[tuple[Run, Evaluation]], looks: Mapping[str, Look]) -> str:
    drawn = [
        (run.name, looks[run.name], evaluation, run.operating_point)
        for run, evaluation in judged
        if evaluation.error_rates(run.operating_point) is not None
    ]
    return as_html(threshold_charts.trade_off(drawn, drawn[0][0])) if drawn else ""


def _curves(curves: Sequence[Curve]) -> str:
    return as_html(training_charts.compared_curves(curves)) if curves else ""


def _bold(text: str) -> Markup:
    """Text as HTML, with ``**bold**`` marks turned into tags."""
    return Markup(re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", str(escape(text))))
