import cv2
import numpy as np
import pytest

from facerec import quality
from tests.examples import COLORS, noisy_color


def test_brightness_is_the_mean_luminance() -> None:
    assert quality.brightness(np.zeros((9, 9, 3), np.uint8)) == 0
    assert quality.brightness(np.full((9, 9, 3), 255, np.uint8)) == 255
    green = np.full((9, 9, 3), (0, 255, 0), np.uint8)
    assert quality.brightness(green) == pytest.approx(0.587 * 255, abs=1)


def test_blur_takes_sharpness_away() -> None:
    sharp = noisy_color(COLORS["Ada"], 1)
    assert quality.sharpness(cv2.GaussianBlur(sharp, (0, 0), 5)) < quality.sharpness(sharp) / 10
