import json
import math
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields

import cv2
import numpy as np
import pytest
import torch
from torchvision.transforms.v2 import functional

from facerec.augmentation.recipe import GROUPS, PRESETS, Augmentation
from facerec.errors import FacerecError
from tests.examples import COLORS, noisy_color

PIXELS = noisy_color(COLORS["Ada"], 3)
EACH_ALONE = [
    {"rotation": 30},
    {"perspective": 0.4},
    {"crop": 0.5},
    {"horizontal_flip": 1},
    {"brightness": 0.5},
    {"contrast": 0.5},
    {"saturation": 0.5},
    {"hue": 0.3},
    {"grayscale": 1},
    {"blur": 2},
    {"noise": 0.1},
    {"erasing": 0.3},
]
EVERYTHING = Augmentation(**dict(item for values in EACH_ALONE for item in values.items()))


@pytest.mark.parametrize("values", EACH_ALONE, ids=lambda values: next(iter(values)))
def test_each_setting_changes_the_image_and_keeps_its_form(values: dict[str, float]) -> None:
    changed = Augmentation(**values).apply(PIXELS, draw=5)
    assert changed.shape == PIXELS.shape and changed.dtype == np.uint8
    assert np.any(changed != PIXELS)


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


def test_the_extremes_of_a_setting() -> None:
    grey = np.full((224, 224, 3), 100, np.uint8)
    recipe = Augmentation(brightness=0.3, horizontal_flip=0.5)
    levels = {
        end: int(pixels.mean()) for end, pixels in recipe.extremes("brightness", grey).items()
    }
    assert levels == {"darkest": 70, "brightest": 130}
    assert recipe.extremes("horizontal_flip", grey) == {}


def test_settings_that_are_active_can_be_seen_alone() -> None:
    recipe = Augmentation(rotation=5, noise=0.1)
    assert recipe.active() == ["rotation", "noise"]
    assert recipe.alone("noise") == Augmentation(noise=0.1)


def test_every_setting_says_what_it_simulates_and_is_in_a_group() -> None:
    for item in fields(Augmentation):
        assert item.metadata["group"] in GROUPS
        assert item.metadata["help"].endswith(".")


def test_no_augmentation_changes_nothing() -> None:
    np.testing.assert_array_equal(Augmentation().apply(PIXELS, draw=1), PIXELS)


@pytest.mark.parametrize(
    "values",
    [*EACH_ALONE, EVERYTHING.as_dict()],
    ids=lambda values: next(iter(values)) if len(values) == 1 else "everything",
)
def test_a_draw_gives_one_result_and_leaves_the_random_state(values: dict[str, float]) -> None:
    recipe = Augmentation(**values)
    before = torch.get_rng_state()
    first = recipe.apply(PIXELS, draw=7)
    torch.testing.assert_close(torch.get_rng_state(), before)
    torch.rand(3), np.random.random(3), random.random()
    np.testing.assert_array_equal(recipe.apply(PIXELS, draw=7), first)


def test_another_draw_gives_another_result() -> None:
    first, second = (EVERYTHING.apply(PIXELS, draw) for draw in (7, 8))
    assert np.any(first != second)


def test_draws_in_several_threads_do_not_disturb_each_other() -> None:
    alone = [EVERYTHING.apply(PIXELS, draw) for draw in range(8)]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda draw: EVERYTHING.apply(PIXELS, draw), range(8)))
    np.testing.assert_array_equal(together, alone)


def test_several_numbers_make_a_draw() -> None:
    first, second = (EVERYTHING.apply(PIXELS, (1, 2, number)) for number in (3, 4))
    assert np.any(first != second)
    np.testing.assert_array_equal(EVERYTHING.apply(PIXELS, (1, 2, 3)), first)


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


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("rotation", -1),
        ("rotation", 46),
        ("horizontal_flip", 1.5),
        ("hue", 0.6),
        ("crop", 0.95),
        ("brightness", math.nan),
        ("contrast", "much"),
        ("saturation", True),
        ("blur", 3.5),
        ("noise", -0.1),
        ("erasing", 1),
        ("hue", None),
    ],
)
def test_values_out_of_range_are_refused_by_name(name: str, value: object) -> None:
    with pytest.raises(FacerecError, match=f"Augmentation: {name}"):
        Augmentation(**{name: value})


@pytest.mark.parametrize("recipe", PRESETS.values(), ids=PRESETS)
def test_json_round_trip(recipe: Augmentation) -> None:
    assert Augmentation.from_dict(json.loads(json.dumps(recipe.as_dict()))) == recipe


def test_recipes_from_before_blur_and_noise_are_read() -> None:
    old = {"rotation": 15, "horizontal_flip": 0.5, "brightness": 0.4, "contrast": 0.4,
           "saturation": 0.3, "hue": 0.05, "crop": 0.4}  # fmt: skip
    assert Augmentation.from_dict(old) == Augmentation(**old)


@pytest.mark.parametrize(
    ("values", "message"),
    [({"rotaton": 3}, "unknown setting rotaton"), ([1], "a JSON object"), ("x", "a JSON object")],
)
def test_what_is_no_recipe_is_refused(values: object, message: str) -> None:
    with pytest.raises(FacerecError, match=message):
        Augmentation.from_dict(values)
