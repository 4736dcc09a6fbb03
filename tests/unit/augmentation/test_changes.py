from collections.abc import Callable

import cv2
import numpy as np
import pytest
import torch
from torchvision.transforms.v2 import functional

from facerec.augmentation.recipe import Augmentation
from tests.examples import COLORS, noisy_color

PIXELS = noisy_color(COLORS["Ada"], 3)


def test_a_flip_mirrors() -> None:
    flipped = Augmentation(horizontal_flip=1).apply(PIXELS, draw=0)
    np.testing.assert_array_equal(flipped, PIXELS[:, ::-1])


def test_grayscale_takes_the_colours() -> None:
    grey = Augmentation(grayscale=1).apply(PIXELS, draw=0)
    assert np.all(grey[..., 0] == grey[..., 1]) and np.all(grey[..., 1] == grey[..., 2])


def test_blur_softens_edges() -> None:
    blurred = Augmentation(blur=2).extremes("blur", PIXELS)["most blurred"]
    edges, soft = (np.abs(np.diff(x.astype(int), axis=1)).max() for x in (PIXELS, blurred))
    assert soft < 0.5 * edges


def test_noise_is_drawn_up_to_its_strength() -> None:
    recipe, grey = Augmentation(noise=0.1), np.full((224, 224, 3), 128, np.uint8)
    strengths = [recipe.apply(grey, draw).std() / 255 for draw in range(40)]
    assert min(strengths) < 0.02 and 0.08 < max(strengths) < 0.101


@pytest.mark.parametrize("draw", range(5))
def test_erasing_hides_one_grey_rectangle_of_at_most_its_share(draw: int) -> None:
    changed = Augmentation(erasing=0.3).apply(PIXELS, draw)
    hidden = np.any(changed != PIXELS, axis=-1)
    assert np.all(changed[hidden] == 127)
    assert hidden.mean() <= 0.31
    rows, columns = np.any(hidden, axis=1), np.any(hidden, axis=0)
    np.testing.assert_array_equal(hidden, rows[:, None] & columns[None, :])


def changed(**values: float) -> dict[str, np.ndarray]:
    """The extremes of one setting on a picture of soft stripes."""
    (name,) = values
    return Augmentation(**values).extremes(name, STRIPES)


_RAMPS = [np.linspace(low, high, 224) for low, high in ((60, 180), (90, 120), (70, 80))]
STRIPES = np.stack([np.tile(ramp, (224, 1)) for ramp in _RAMPS], axis=-1).round().astype(np.uint8)


@pytest.mark.parametrize(
    ("values", "adjust"),
    [
        ({"brightness": 0.3}, functional.adjust_brightness),
        ({"contrast": 0.3}, functional.adjust_contrast),
        ({"saturation": 0.3}, functional.adjust_saturation),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_colours_change_as_torchvision_s_do(values: dict[str, float], adjust: Callable) -> None:
    image = torch.from_numpy(STRIPES).permute(2, 0, 1)
    for pixels, factor in zip(changed(**values).values(), (0.7, 1.3), strict=True):
        expected = adjust(image, factor).permute(1, 2, 0).numpy()
        np.testing.assert_allclose(pixels.astype(int), expected.astype(int), atol=2)


def test_hue_turns_colours_the_way_its_ends_say() -> None:
    skin = np.full((224, 224, 3), (200, 140, 110), np.uint8)
    red, yellow = Augmentation(hue=0.05).extremes("hue", skin).values()
    hues = [
        cv2.cvtColor(pixels, cv2.COLOR_RGB2HSV)[0, 0, 0].astype(int)
        for pixels in (skin, red, yellow)
    ]
    turned = [(hue - hues[0] + 90) % 180 - 90 for hue in hues[1:]]
    assert turned[0] < -5 and turned[1] > 5
    grey = np.full((224, 224, 3), 100, np.uint8)
    for pixels in Augmentation(hue=0.3).extremes("hue", grey).values():
        np.testing.assert_allclose(pixels.astype(int), 100, atol=2)


def test_a_rotation_turns_about_the_middle_and_mirrors_at_the_border() -> None:
    marked = np.full((224, 224, 3), 200, np.uint8)
    marked[20:40, 102:122] = (255, 0, 0)
    right, left = Augmentation(rotation=30).extremes("rotation", marked).values()
    columns = [np.argwhere(pixels[..., 1] < 60)[:, 1].mean() for pixels in (right, left)]
    assert columns[0] > 150 and columns[1] < 74
    assert min(right.min(axis=(0, 1))[0], left.min(axis=(0, 1))[0]) > 190, "no black corners"


def test_the_nearest_crop_enlarges_a_part() -> None:
    (nearest,) = Augmentation(crop=0.75).extremes("crop", STRIPES).values()
    # A quarter of the area is half of the width.
    span = int(nearest[..., 0].max()) - int(nearest[..., 0].min())
    assert 50 <= span <= 70 and nearest.shape == STRIPES.shape
