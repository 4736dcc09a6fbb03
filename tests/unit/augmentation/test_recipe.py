import json
import math
import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields

import cv2
import numpy as np
import pytest
import torch

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


@pytest.mark.parametrize(
    "values",
    [item for item in EACH_ALONE if "noise" not in item],
    ids=lambda item: next(iter(item)),
)
def test_a_smaller_image_is_changed_as_the_image_itself(values: dict[str, float]) -> None:
    def half(pixels):
        return cv2.resize(pixels, (112, 112), interpolation=cv2.INTER_AREA)

    smooth = cv2.GaussianBlur(PIXELS, (0, 0), 4)
    recipe = Augmentation(**values)
    wanted, found = half(recipe.apply(smooth, draw=5)), recipe.apply(half(smooth), draw=5)
    difference = np.abs(wanted.astype(int) - found)
    # Edges of what is erased or mirrored may lie a pixel apart.
    assert np.mean(difference) < 1.5 and np.percentile(difference, 90) <= 4


def test_noise_of_a_smaller_image_is_weaker() -> None:
    grey = np.full((224, 224, 3), 128, np.uint8)
    deviations = [
        Augmentation(noise=0.2).apply(grey[:size, :size], draw=1).std() for size in (224, 112)
    ]
    assert deviations[0] == pytest.approx(2 * deviations[1], rel=0.1)


def test_strengths_are_multiplied_within_their_limits() -> None:
    scaled = PRESETS["Webcam"].scaled(2)
    assert scaled.rotation == 30 and scaled.horizontal_flip == 1.0
    assert PRESETS["Webcam"].scaled(0).active() == []
    assert PRESETS["Webcam"].scaled(1) == PRESETS["Webcam"]
