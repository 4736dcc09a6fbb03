import itertools

import cv2
import numpy as np
import plotly.graph_objects as go
import pytest

from facerec.charts import style
from facerec.runs import creating
from facerec.runs.run import Run
from tests.examples import tiny_config

# Machado et al., A Physiologically-based Model for Simulation of Color Vision Deficiency, 2009: at
# full strength, on linear RGB.
SIGHTS = {
    "normal": np.eye(3),
    "no long cones": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
                      [-0.003882, -0.048116, 1.051998]],
    "no middle cones": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
                        [-0.011820, 0.042940, 0.968881]],
    "no short cones": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
                       [0.004733, 0.691367, 0.303900]],
}  # fmt: skip
APART = 15  # CIE 1976; 2 is just noticeable beside each other


def linear(color: str) -> np.ndarray:
    encoded = np.array([int(color[place : place + 2], 16) for place in (1, 3, 5)]) / 255
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)


def contrast_to_white(color: str) -> float:
    """Contrast ratio as in WCAG 2."""
    return 1.05 / (linear(color) @ [0.2126, 0.7152, 0.0722] + 0.05)


def seen(color: str, sight: str) -> np.ndarray:
    """The colour as a person of this sight sees it, in CIE L*a*b*."""
    light = np.clip(np.array(SIGHTS[sight]) @ linear(color), 0, 1)
    encoded = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return cv2.cvtColor(encoded.astype(np.float32)[None, None], cv2.COLOR_RGB2Lab)[0, 0]


@pytest.mark.parametrize("sight", SIGHTS)
def test_everybody_can_tell_the_colours_of_runs_apart(sight: str) -> None:
    for first, second in itertools.combinations(style.RUN_COLORS, 2):
        assert np.linalg.norm(seen(first, sight) - seen(second, sight)) > APART, (first, second)


def test_lines_stand_out_from_white_and_text_does_more() -> None:
    assert all(contrast_to_white(color) > 2.95 for color in style.RUN_COLORS)
    assert contrast_to_white(style.TRAINING_COLOR) > 4.5
    assert contrast_to_white(style.INK) > 4.5 and style.TEXT_SIZE >= 14
    figure = style.styled(go.Figure(), 100)
    for words in (figure.layout.xaxis.tickfont, figure.layout.yaxis.title.font,
                  figure.layout.legend.font):  # fmt: skip
        assert (words.size, words.color) == (style.TEXT_SIZE, style.INK)


def test_runs_differ_in_colour_and_in_dashes_as_long_as_they_can() -> None:
    looks = [style.look(number) for number in range(30)]
    assert len(set(looks)) == 30
    for first, second in itertools.pairwise(looks):
        assert first.color != second.color and first.dash != second.dash


def test_a_run_looks_alike_whatever_was_made_after_it(trained_run: Run) -> None:
    before = style.run_looks()
    creating.create("another", tiny_config())
    after = style.run_looks()
    assert list(after) == [trained_run.name, "another"]
    assert after[trained_run.name] == before[trained_run.name] != after["another"]
