import json
from pathlib import Path

import pytest

from facerec.augmentation import saved as recipes
from facerec.augmentation.recipe import PRESETS, Augmentation
from facerec.errors import FacerecError
from facerec.system import paths

DARK = Augmentation(brightness=0.6, noise=0.1)

pytestmark = pytest.mark.usefixtures("home")


def damage(name: str, content: bytes) -> Path:
    """Put a file that is no recipe among the saved ones."""
    file = paths.recipes_folder() / f"{name}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    return file


def test_presets_come_first_then_the_saved_by_name() -> None:
    for name in ("Zoo", "dark room", "Übung"):
        recipes.save(name, DARK)
    found = recipes.all_recipes()
    assert list(found.by_name) == [*PRESETS, "Zoo", "dark room", "Übung"]
    assert found.by_name["dark room"] == DARK
    assert found.remarks == []


def test_without_saved_recipes_there_are_the_presets() -> None:
    assert recipes.all_recipes() == recipes.Recipes(PRESETS, [])


def test_saving_again_replaces() -> None:
    assert recipes.save(" dark ", Augmentation()) == recipes.save("dark", DARK) == "dark"
    assert recipes.named("dark") == DARK
    assert [file.name for file in paths.recipes_folder().iterdir()] == ["dark.json"]


@pytest.mark.parametrize("name", ["Webcam", "webcam", "NONE", "", "../dark", "a/b", "_x"])
def test_presets_names_and_unsafe_names_are_refused(name: str) -> None:
    with pytest.raises(FacerecError, match="name"):
        recipes.save(name, DARK)
    assert not paths.recipes_folder().exists()


def test_a_deleted_recipe_is_gone_and_no_other() -> None:
    recipes.save("dark", DARK)
    recipes.save("light", DARK)
    for _ in range(2):
        recipes.delete("dark")
    assert set(recipes.all_recipes().by_name) == {*PRESETS, "light"}
    with pytest.raises(FacerecError):
        recipes.delete("../dark")


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"\xff\xfe\x00", b"[]", b'{"hue": 9}', b'{"colour": 1}', b"[" * 100_000,
     b'{"hue": NaN}', b'{"hue": null}'],
)  # fmt: skip
def test_a_damaged_recipe_is_left_out_with_a_remark(content: bytes) -> None:
    recipes.save("dark", DARK)
    damage("broken", content)
    found = recipes.all_recipes()
    assert set(found.by_name) == {*PRESETS, "dark"}
    assert len(found.remarks) == 1 and found.remarks[0].startswith("broken.json is no recipe")
    with pytest.raises(FacerecError, match="broken.json is no recipe"):
        recipes.named("broken")


def test_a_file_cannot_stand_in_for_a_preset() -> None:
    damage("Webcam", b'{"hue": 0.5}')
    assert recipes.all_recipes().by_name == PRESETS
    assert recipes.named("Webcam") == PRESETS["Webcam"]


def test_a_name_a_saved_name_or_a_file(tmp_path: Path) -> None:
    recipes.save("dark", DARK)
    shared = tmp_path / "shared.json"
    shared.write_text('{"hue": 0.1}')
    assert recipes.named("As in the report") == PRESETS["As in the report"]
    assert recipes.named("dark") == DARK
    assert recipes.named(str(shared)) == Augmentation(hue=0.1)
    with pytest.raises(FacerecError, match="neither a recipe file nor one of: None, .*, dark"):
        recipes.named("bright")


def test_what_one_shares_another_receives() -> None:
    text = recipes.to_json(DARK)
    assert json.loads(text)["noise"] == 0.1
    assert recipes.receive("dark room.json", text.encode()) == "dark room"
    assert recipes.receive("dark room.json", text.encode()) == "dark room"
    assert recipes.named("dark room") == DARK


def test_receiving_overwrites_nothing() -> None:
    recipes.save("dark", DARK)
    for name in ("dark.json", "Webcam.json", "webcam.json"):
        with pytest.raises(FacerecError, match="already|preset"):
            recipes.receive(name, b'{"hue": 0.1}')
    assert recipes.named("dark") == DARK


def test_a_preset_that_was_downloaded_is_the_preset() -> None:
    text = recipes.to_json(PRESETS["Webcam"])
    assert recipes.receive("Webcam.json", text.encode()) == "Webcam"
    assert not paths.recipes_folder().exists()
