import json
import math

import numpy as np
import pytest
import torch

from facerec.augmentation import PRESETS, Augmentation
from facerec.errors import FacerecError
from tests.examples import COLORS, noisy_color

PIXELS = noisy_color(COLORS["Ada"], 3)
EACH_ALONE = [
    {"rotation": 30},
    {"horizontal_flip": 1},
    {"brightness": 0.5},
    {"contrast": 0.5},
    {"saturation": 0.5},
    {"hue": 0.3},
    {"crop": 0.5},
]


@pytest.mark.parametrize("values", EACH_ALONE, ids=lambda values: next(iter(values)))
def test_each_setting_changes_the_image_and_keeps_its_form(values: dict[str, float]) -> None:
    changed = Augmentation(**values).apply(PIXELS, draw=5)
    assert changed.shape == PIXELS.shape and changed.dtype == np.uint8
    assert np.any(changed != PIXELS)


def test_a_flip_mirrors() -> None:
    flipped = Augmentation(horizontal_flip=1).apply(PIXELS, draw=0)
    np.testing.assert_array_equal(flipped, PIXELS[:, ::-1])


def test_no_augmentation_changes_nothing() -> None:
    np.testing.assert_array_equal(Augmentation().apply(PIXELS, draw=1), PIXELS)


def test_a_draw_gives_one_result_and_leaves_the_random_state() -> None:
    recipe = PRESETS["Webcam"]
    before = torch.get_rng_state()
    first = recipe.apply(PIXELS, draw=7)
    torch.testing.assert_close(torch.get_rng_state(), before)
    torch.rand(3)
    np.testing.assert_array_equal(recipe.apply(PIXELS, draw=7), first)
    assert np.any(recipe.apply(PIXELS, draw=8) != first)


@pytest.mark.parametrize("name", PRESETS)
def test_transform_keeps_shape_and_type_of_a_batch(name: str) -> None:
    batch = torch.randint(0, 256, (2, 3, 224, 224), dtype=torch.uint8)
    changed = PRESETS[name].transform()(batch)
    assert changed.shape == batch.shape and changed.dtype == torch.uint8


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
        ("hue", None),
    ],
)
def test_values_out_of_range_are_refused_by_name(name: str, value: object) -> None:
    with pytest.raises(FacerecError, match=f"Augmentation: {name}"):
        Augmentation(**{name: value})


@pytest.mark.parametrize("recipe", PRESETS.values(), ids=PRESETS)
def test_json_round_trip(recipe: Augmentation) -> None:
    assert Augmentation.from_dict(json.loads(json.dumps(recipe.as_dict()))) == recipe


def test_values_left_out_are_zero() -> None:
    assert Augmentation.from_dict({"hue": 0.1}) == Augmentation(hue=0.1)


@pytest.mark.parametrize(
    ("values", "message"),
    [({"rotaton": 3}, "unknown setting rotaton"), ([1], "a JSON object"), ("x", "a JSON object")],
)
def test_what_is_no_recipe_is_refused(values: object, message: str) -> None:
    with pytest.raises(FacerecError, match=message):
        Augmentation.from_dict(values)
