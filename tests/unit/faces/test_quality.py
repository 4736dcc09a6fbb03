import cv2
import numpy as np
import pytest

from facerec.faces import quality
from tests.examples import COLORS, noisy_color


def test_brightness_is_the_mean_luminance() -> None:
    assert quality.brightness(np.zeros((9, 9, 3), np.uint8)) == 0
    assert quality.brightness(np.full((9, 9, 3), 255, np.uint8)) == 255
    green = np.full((9, 9, 3), (0, 255, 0), np.uint8)
    assert quality.brightness(green) == pytest.approx(0.587 * 255, abs=1)


def test_blur_takes_sharpness_away() -> None:
    sharp = noisy_color(COLORS["Ada"], 1)
    assert quality.sharpness(cv2.GaussianBlur(sharp, (0, 0), 5)) < quality.sharpness(sharp) / 10


def bits_that_differ(first: np.ndarray, second: np.ndarray) -> int:
    hashes = (int(quality.measures(pixels)["hash"], 16) for pixels in (first, second))
    return (next(hashes) ^ next(hashes)).bit_count()


def test_hashes_of_images_that_look_alike_differ_in_few_bits() -> None:
    image = noisy_color(COLORS["Ada"], 1)
    brighter = np.clip(image.astype(int) + 15, 0, 255).astype(np.uint8)
    assert len(quality.measures(image)["hash"]) == 16
    assert bits_that_differ(image, brighter) <= 4
    assert bits_that_differ(image, noisy_color(COLORS["Ada"], 2)) > 16
