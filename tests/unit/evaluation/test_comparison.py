import shutil
from dataclasses import replace

import numpy as np
import pytest

from facerec.decisions.operating_point import OperatingPoint
from facerec.decisions.scores import Outputs
from facerec.evaluation import comparison
from facerec.evaluation.comparison import Contender, Pair
from facerec.evaluation.evaluation import Evaluation, Judged
from facerec.evaluation.judging import evaluate
from facerec.metrics import Difference, difference
from facerec.recognition.recogniser import Recogniser
from facerec.runs.history import best_record
from facerec.runs.run import Run
from tests.examples import CLASSES


def evaluation(names: list[str], said: list[str], keys: list[str] | None = None) -> Evaluation:
    """Held-out images of which the network is sure to be somebody's."""
    logits = np.full((len(said), 3), -5, np.float32)
    logits[np.arange(len(said)), [CLASSES.index(name) for name in said]] = 5
    keys = keys or [f"{name}/s_{number:04d}.jpg" for number, name in enumerate(names)]
    return Evaluation(CLASSES, Judged("colours", tuple(keys), tuple(names), Outputs(logits)), None)


def cells(contenders: list[Contender], title: str) -> tuple[list[str], set[int]]:
    line = next(line for line in comparison.table(contenders) if line.title == title)
    return line.cells, line.best


def test_the_table_says_what_history_files_and_evaluation_say(trained_run: Run) -> None:
    trained_run.save_operating_point(OperatingPoint(0.45))
    judged = evaluate(trained_run)
    summary, history = judged.summary(trained_run.operating_point), trained_run.history()
    one = [Contender(trained_run, judged, 12.34)]
    best = best_record(history)
    for title, expected in (
        ("Strangers named (FAR)", "–"),
        ("Your people refused (FRR)", str(summary.people_refused)),
        ("Threshold", "0.45"),
        ("Accuracy, best epoch", f"{best['validation_accuracy']:.1%}"),
        ("Accuracy, last epoch", f"{history[-1]['validation_accuracy']:.1%}"),
        ("Macro F1, best epoch", f"{best['validation_macro_f1']:.1%}"),
        ("Loss, best epoch", f"{best['validation_loss']:.3f}"),
        ("Best epoch", f"{best['epoch']} of 2"),
        ("Time for a face", "12.3 ms"),
        ("Parameters", f"{trained_run.info.parameters:,}"),
        ("Size on disk", f"{trained_run.weights_file.stat().st_size / 1e6:.1f} MB"),
        ("Network", "Custom CNN"),
        ("Data set", "colours"),
        ("Split", "random"),
    ):
        assert cells(one, title) == ([expected], set()), title


def test_the_best_of_a_line_is_the_highest_or_the_lowest(trained_run: Run) -> None:
    slow, quick = Contender(trained_run, None, 30.0), Contender(trained_run, None, 10.0)
    # The time of a face depends on what else the computer does.
    assert cells([slow, quick], "Time for a face") == (["30.0 ms", "10.0 ms"], set())
    names = ["Ada"] * 4 + ["Zoë"] * 4
    good = Contender(trained_run, evaluation(names, names))
    bad = Contender(trained_run, evaluation(names, names[::-1]))
    assert cells([bad, good, bad], "Accuracy") == (["0.0%", "100.0%", "0.0%"], {1})
    # Whoever refuses everybody names no stranger: neither alone is a merit.
    assert cells([bad, good], "Your people refused (FRR)")[1] == set()
    # Where all are the same, none is best; a data set is neither good nor bad.
    assert cells([slow, quick], "Parameters")[1] == set()
    assert cells([slow, quick], "Data set")[1] == set()
    assert cells([slow, quick], "Your people refused (FRR)") == (["–", "–"], set())


def test_none_is_the_best_of_runs_that_were_judged_on_other_images(trained_run: Run) -> None:
    names = ["Ada"] * 4 + ["Zoë"] * 4
    good = Contender(trained_run, evaluation(names, names))
    other = [f"{name}/other_{number:04d}.jpg" for number, name in enumerate(names)]
    bad = Contender(trained_run, evaluation(names, names[::-1], other))
    assert cells([good, bad], "Accuracy") == (["100.0%", "0.0%"], set())
    strangers = replace(good.evaluation, strangers=good.evaluation.held_out)
    assert not comparison.judged_alike([good, Contender(trained_run, strangers)])
    assert comparison.judged_alike([good, good, Contender(trained_run, None)])


def test_none_is_the_best_of_runs_that_were_validated_on_other_images(
    trained_run: Run,
) -> None:
    shutil.copytree(trained_run.folder, trained_run.folder.with_name("other"))
    other = Run.open("other")
    both = [Contender(trained_run, None), Contender(other, None)]
    assert comparison.validated_alike(both)
    other.save_config(replace(other.config, seed=9), other.info)
    other.write_history(other.history()[:1])
    both[1] = Contender(Run.open("other"), None)
    assert not comparison.validated_alike(both)
    assert cells(both, "Accuracy, best epoch")[1] == set()


def test_a_face_takes_as_long_as_the_network(
    trained_run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    moments = iter(np.arange(0, 10, 0.25))
    monkeypatch.setattr("facerec.evaluation.comparison.time.perf_counter", lambda: next(moments))
    assert comparison.milliseconds_per_face(Recogniser(trained_run)) == 250


def test_two_runs_are_compared_on_the_images_that_both_were_judged_on() -> None:
    names = ["Ada"] * 30 + ["Zoë"] * 30
    first = evaluation(names, names)
    wrong = ["Zoë"] * 10 + names[10:]
    # The other was judged on ten images less, and on others that the first knows nothing of.
    keys = [*first.held_out.keys[:50], *(f"Zoë/other_{number:04d}.jpg" for number in range(10))]
    second = evaluation(names, wrong, keys)
    (pair,) = comparison.pairs({"a": first, "b": second})
    right = np.array([False] * 10 + [True] * 40)
    assert pair == Pair("a", "b", 50, difference(np.ones(50, bool), right))
    assert pair.difference.accuracy == pytest.approx(0.2)
    assert pair.words().startswith("**a is really better than b** on 50 images, by 20.0 points")


def test_the_better_one_is_named_first_whatever_the_order() -> None:
    names = ["Ada"] * 60
    good, bad = evaluation(names, names), evaluation(names, ["Zoë"] * 30 + ["Ada"] * 30)
    (pair,) = comparison.pairs({"bad": bad, "good": good})
    words = pair.words()
    assert words.startswith("**good is really better than bad**")
    low, high = -pair.difference.high * 100, -pair.difference.low * 100
    assert 0 < low < high and f"{low:+.1f} to {high:+.1f}" in words


def test_what_chance_may_bring_about_is_no_real_difference() -> None:
    pair = Pair("a", "b", 168, Difference(0.012, -0.02, 0.04, 0.6, 168))
    assert pair.words() == (
        "**No real difference** on 168 images between **a** and **b**: 1.2 points of accuracy "
        "(95 % interval -2.0 to +4.0; McNemar p = 0.6)."
    )


@pytest.mark.parametrize("shared", [0, 19])
def test_too_few_shared_images_say_nothing(shared: int) -> None:
    names = ["Ada"] * 30
    first = evaluation(names, names)
    keys = [f"Ada/other_{number:04d}.jpg" for number in range(30 - shared)]
    second = evaluation(names, names, [*first.held_out.keys[:shared], *keys])
    (pair,) = comparison.pairs({"a": first, "b": second})
    assert (pair.shared, pair.difference) == (shared, None)
    assert f"share {shared} held-out images: too few" in pair.words()


def test_images_of_other_data_sets_are_others_even_under_the_same_name() -> None:
    names = ["Ada"] * 30
    first, second = evaluation(names, names), evaluation(names, names)
    elsewhere = Judged(
        "other", *(vars(second.held_out)[key] for key in ("keys", "names", "outputs"))
    )
    (pair,) = comparison.pairs({"a": first, "b": Evaluation(CLASSES, elsewhere, None)})
    assert pair == Pair("a", "b", 0, None)


def test_every_two_of_three() -> None:
    names = ["Ada"] * 30
    found = comparison.pairs({name: evaluation(names, names) for name in "abc"})
    assert [(pair.first, pair.second) for pair in found] == [("a", "b"), ("a", "c"), ("b", "c")]
    assert all(pair.difference.p_value == 1 for pair in found)
