import re
import shutil

import pytest

from facerec.charts import report
from facerec.datasets.folder import UNKNOWN, FaceFolder
from facerec.decisions.operating_point import OperatingPoint
from facerec.evaluation.comparison import Contender
from facerec.evaluation.judging import evaluate
from facerec.runs.run import Run


@pytest.fixture
def contenders(trained_run: Run, small_dataset: FaceFolder) -> list[Contender]:
    """Two judged runs, and one that was not judged."""
    found = []
    for name in ("first", "R&amp;D"):
        shutil.copytree(trained_run.folder, trained_run.folder.with_name(name))
        run = Run.open(name)
        found.append(Contender(run, evaluate(run, strangers=small_dataset), 5.0))
    return [*found, Contender(trained_run, None, 7.0)]


def test_the_report_has_everything_in_it(contenders: list[Contender]) -> None:
    contenders[0].run.save_operating_point(OperatingPoint(0.6, temperature=2.0))
    text = report.html_report(contenders)
    # Nothing is loaded from elsewhere.
    outside = text.replace(re.search(r"<script>.*?</script>", text, re.S).group(), "")
    assert not re.search(r"""(?:src|href)\s*=\s*["']""", outside)
    assert "Plotly.newPlot" in outside and len(text) > 3_000_000
    # The time of a face depends on what else runs: none is the best.
    assert "<td>5.0 ms</td>" in outside and "<td>7.0 ms</td>" in outside
    assert "<tr><th>Learning rate</th>" in outside and "<td>5e-05</td>" in outside
    assert "Confidence over 0.6, temperature 2.00" in outside
    # Curves, trade-off, and four charts of each judged run.
    assert outside.count("Plotly.newPlot") == 1 + 1 + 2 * 4
    assert "<strong>No real difference</strong>" in outside or "too few" in outside


def test_names_are_text_and_no_html(contenders: list[Contender]) -> None:
    text = report.html_report(contenders)
    assert "<th>R&amp;amp;D</th>" in text


def test_predictions_say_what_the_network_says(contenders: list[Contender]) -> None:
    judged = [(item.run, item.evaluation) for item in contenders if item.evaluation]
    run, evaluation = judged[0]
    run.save_operating_point(OperatingPoint(0.5))
    table = report.predictions_table(judged)
    held_out, strangers = len(evaluation.held_out), len(evaluation.strangers)
    assert len(table) == 2 * (held_out + strangers)
    own = table[(table["run"] == "first") & (table["part"] == "held-out")]
    assert list(own["image"]) == list(evaluation.held_out.keys)
    assert list(own["class"]) == list(evaluation.held_out.names)
    right = (own["prediction"] == own["class"]).mean()
    assert right == evaluation.summary(OperatingPoint()).accuracy
    named = own["confidence"] > 0.5
    assert list(own["label"]) == list(own["prediction"].where(named, UNKNOWN))
    probabilities = own[[f"probability {name}" for name in run.info.classes]]
    assert probabilities.sum(axis=1).to_numpy() == pytest.approx(1, abs=1e-5)
    assert probabilities.max(axis=1).to_numpy() == pytest.approx(own["confidence"].to_numpy())
