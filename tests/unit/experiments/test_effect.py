import numpy as np
import pytest

from facerec.experiments.effect import effect, sentence
from facerec.experiments.factors import factor_named

SHARE = factor_named("share", "custom_cnn")
OPTIMIZER = factor_named("optimizer", "custom_cnn")


def results(**means: float):
    """Two seeds, a point above and a point below each mean; names stand for values."""
    return [(name, mean + step) for name, mean in means.items() for step in (-0.01, 0.01)]


def of_numbers(*pairs: tuple[float, float]):
    return [(value, mean + step) for value, mean in pairs for step in (-0.01, 0.01)]


def test_means_and_spread_are_those_of_the_seeds() -> None:
    found = effect(of_numbers((0.1, 0.5), (1.0, 0.8)))
    assert [level.value for level in found.levels] == [0.1, 1.0]
    assert [level.mean for level in found.levels] == pytest.approx([0.5, 0.8])
    assert found.spread == pytest.approx(np.std([-0.01, 0.01], ddof=1))
    assert found.size == pytest.approx(0.3) and found.clear


def test_a_rise_and_a_plateau_are_told_apart() -> None:
    found = effect(of_numbers((0.1, 0.5), (0.25, 0.7), (0.5, 0.8), (1.0, 0.805)))
    text = sentence(found, SHARE)
    assert text == (
        "From 0.1 to 0.5 accuracy grows by 30 points; from 0.5 to 1 the seeds differ more than the "
        "values. The same value differs by 1 point from seed to seed."
    )


def test_the_order_of_the_values_does_not_matter() -> None:
    rows = of_numbers((1.0, 0.8), (0.1, 0.5))
    assert "From 0.1 to 1 accuracy grows by 30 points" in sentence(effect(rows), SHARE)


def test_a_rise_and_a_fall() -> None:
    text = sentence(effect(of_numbers((0.1, 0.5), (0.5, 0.8), (1.0, 0.6))), SHARE)
    assert "from 0.5 to 1 accuracy falls by 20 points" in text


def test_words_are_ranked() -> None:
    text = sentence(effect(results(adam=0.8, sgd=0.5, rmsprop=0.795)), OPTIMIZER)
    assert text.startswith("Accuracy is 50 % with SGD with momentum 0.9, 80 % with Adam: 30 points")
    assert "RMSprop cannot be told from Adam." in text and "SGD" not in text.partition(".")[2][3:]


def test_seeds_that_differ_more_than_the_values_are_no_effect() -> None:
    rows = [(0.1, 0.5), (0.1, 0.8), (1.0, 0.55), (1.0, 0.85)]
    found = effect(rows)
    assert not found.clear
    assert sentence(found, SHARE).startswith("No clear effect of share of the data: accuracy is")


def test_chance_alone_seldom_looks_like_an_effect() -> None:
    generator = np.random.default_rng(0)
    clear = [
        effect([(v, r) for v in (0.1, 0.5, 1.0) for r in generator.normal(0.7, 0.05, 3)]).clear
        for _ in range(400)
    ]
    assert np.mean(clear) == pytest.approx(0.05, abs=0.03)


def test_one_seed_says_nothing() -> None:
    found = effect([(0.1, 0.5), (1.0, 0.9)])
    assert found.spread is None and not found.clear
    assert "take two or more" in sentence(found, SHARE)
    assert "Two values" in sentence(effect([(0.1, 0.5)]), SHARE)


def test_equal_results_are_no_effect_and_exact_ones_are() -> None:
    equal = effect([(v, 0.5) for v in (0.1, 1.0) for _ in range(2)])
    assert not equal.clear and sentence(equal, SHARE) == "Accuracy is 50 % with every value."
    exact = effect([(v, v) for v in (0.1, 1.0) for _ in range(2)])
    assert exact.clear and "grows by 90 points" in sentence(exact, SHARE)
