from pathlib import Path

import pytest

from facerec.augmentation.copies import write_augmented_copies
from facerec.augmentation.recipe import PRESETS
from facerec.cleaning import editing
from facerec.datasets.folder import UNKNOWN, FaceFolder
from facerec.datasets.writer import FaceWriter, Origin
from facerec.errors import FacerecError
from facerec.faces import images
from facerec.faces.detection import Box, Face
from facerec.faces.preprocessing import FaceImage
from facerec.runs.run import Run
from tests.examples import COLORS, noisy_color


@pytest.fixture
def folder(home: Path) -> FaceFolder:
    """Two classes with one session name, three images each, raw frames and details."""
    folder = FaceFolder.create("class 7b")
    with FaceWriter(folder) as writer:
        for name in ("Ada", "Zoë"):
            for number in range(3):
                pixels = noisy_color(COLORS[name], number)
                face = FaceImage(Face(Box(0, 0, 90, 90)), pixels)
                origin = Origin(f"{name} {number}", "haar")
                writer.add(name, "morning", face, origin, images.encode(pixels))
    return folder


def everything(folder: FaceFolder) -> dict[str, object]:
    """Content of all files that are the user's, and what is known of the images."""
    content = {
        path.relative_to(folder.path).as_posix(): path.read_bytes()
        for path in folder.path.rglob("*.jpg")
        if "_undo" not in path.parts
    }
    return {**content, "details": folder.details()}


def names(folder: FaceFolder, class_name: str) -> list[str]:
    return [face.path.name for face in folder.face_files(class_name)]


def test_deleted_images_are_gone_with_their_frames_and_details(folder: FaceFolder) -> None:
    editing.delete_images(folder, folder.face_files("Ada")[:2])
    assert names(folder, "Ada") == ["morning_0003.jpg"]
    assert names(folder, "Zoë") == [f"morning_000{n}.jpg" for n in (1, 2, 3)]
    assert [path.name for path in (folder.path / "_raw" / "Ada").iterdir()] == ["morning_0003.jpg"]
    assert [key for key in folder.details() if key.startswith("Ada")] == ["Ada/morning_0003.jpg"]
    assert editing.last_act(folder).words == "Deleted 2 images of Ada"


def test_undo_brings_deleted_images_back(folder: FaceFolder) -> None:
    before = everything(folder)
    editing.delete_images(folder, [*folder.face_files("Ada")[:2], folder.face_files("Zoë")[0]])
    assert everything(folder) != before
    editing.undo(folder)
    assert everything(folder) == before
    assert editing.last_act(folder) is None
    with pytest.raises(FacerecError, match="nothing to undo"):
        editing.undo(folder)


def test_moved_images_keep_their_frames_and_details(folder: FaceFolder) -> None:
    before = folder.details()["Ada/morning_0002.jpg"]
    pixels = images.read(folder.path / "Ada" / "morning_0002.jpg")
    editing.move_images(folder, dict.fromkeys([folder.face_files("Ada")[1]], "Zoë"))
    assert names(folder, "Ada") == ["morning_0001.jpg", "morning_0003.jpg"]
    # Zoë has a session of that name already, which must not be mixed with Ada's.
    assert names(folder, "Zoë") == [
        "morning-2_0002.jpg", *(f"morning_000{n}.jpg" for n in (1, 2, 3))
    ]  # fmt: skip
    assert folder.details()["Zoë/morning-2_0002.jpg"] == before
    assert (images.read(folder.path / "Zoë" / "morning-2_0002.jpg") == pixels).all()
    assert (folder.path / "_raw" / "Zoë" / "morning-2_0002.jpg").exists()
    assert not (folder.path / "_raw" / "Ada" / "morning_0002.jpg").exists()


def test_undo_moves_images_back(folder: FaceFolder) -> None:
    before = everything(folder)
    editing.move_images(folder, dict.fromkeys(folder.face_files("Ada"), "Eve"))
    assert names(folder, "Eve") == [f"morning_000{n}.jpg" for n in (1, 2, 3)]
    assert names(folder, "Ada") == []
    editing.undo(folder)
    assert everything(folder) == before


def test_only_the_last_act_can_be_undone_and_older_ones_leave_nothing(folder: FaceFolder) -> None:
    editing.delete_images(folder, folder.face_files("Ada")[:1])
    editing.delete_images(folder, folder.face_files("Zoë")[:1])
    kept = [path.name for path in (folder.path / "_undo").rglob("*.jpg")]
    assert kept == ["morning_0001.jpg"] * 2, "the face and the frame of one image"
    editing.undo(folder)
    assert len(names(folder, "Ada")) == 2
    assert len(names(folder, "Zoë")) == 3


def test_images_that_are_gone_are_passed_over(folder: FaceFolder) -> None:
    chosen = folder.face_files("Ada")[:1]
    editing.delete_images(folder, chosen)
    editing.delete_images(folder, chosen)
    editing.move_images(folder, dict.fromkeys(chosen, "Zoë"))
    assert editing.last_act(folder).words == "Deleted 1 image of Ada", "still to be undone"


def test_an_original_takes_its_copies_along(folder: FaceFolder) -> None:
    write_augmented_copies(folder, "augmented", PRESETS["Webcam"], 2)
    augmented = FaceFolder.open("augmented")
    originals = [face for face in augmented.face_files("Ada") if not face.is_copy]
    copy = next(face for face in augmented.face_files("Zoë") if face.is_copy)
    editing.move_images(augmented, dict.fromkeys(originals[:1], "Zoë"))
    moved = [face for face in augmented.face_files("Zoë") if face.session == "morning-2"]
    assert len(moved) == 3
    assert {face.original for face in moved} == {"morning-2_0001"}
    editing.delete_images(augmented, [copy])
    assert len(augmented.face_files("Zoë")) == 9 + 3 - 1
    another = next(face for face in augmented.face_files("Ada") if face.is_copy)
    editing.move_images(augmented, {another: "Eve"})
    assert [face.is_copy for face in augmented.face_files("Eve")] == [True, True, False]
    assert len({face.original for face in augmented.face_files("Eve")}) == 1


def test_images_without_session_can_be_moved(folder: FaceFolder) -> None:
    images.write(folder.path / "Ada" / "photo.jpg", noisy_color(COLORS["Ada"], 9))
    photo = next(face for face in folder.face_files("Ada") if not face.session)
    editing.move_images(folder, dict.fromkeys([photo], "Zoë"))
    assert "moved_photo.jpg" in names(folder, "Zoë")


@pytest.mark.parametrize("name", ["../x", "", "CON", "a" * 300])
def test_images_move_to_classes_only(folder: FaceFolder, name: str) -> None:
    before = everything(folder)
    with pytest.raises(FacerecError):
        editing.move_images(folder, dict.fromkeys(folder.face_files("Ada"), name))
    with pytest.raises(FacerecError):
        editing.rename_class(folder, "Ada", name)
    assert everything(folder) == before


def test_images_of_one_act_may_go_to_several_classes(folder: FaceFolder) -> None:
    before = everything(folder)
    ada, zoe = folder.face_files("Ada")[0], folder.face_files("Zoë")[0]
    editing.move_images(folder, {ada: "Zoë", zoe: "Ada"})
    assert "morning-2_0001.jpg" in names(folder, "Ada")
    assert "morning-2_0001.jpg" in names(folder, "Zoë")
    assert editing.last_act(folder).words == "Moved 2 images of Ada, Zoë to Ada, Zoë"
    editing.undo(folder)
    assert everything(folder) == before


def test_a_renamed_class_keeps_all_it_has(folder: FaceFolder) -> None:
    before = folder.details()["Ada/morning_0001.jpg"]
    editing.rename_class(folder, "Ada", "Αda 🙂")
    assert folder.class_names() == ["Zoë", "Αda 🙂"]
    assert len(names(folder, "Αda 🙂")) == 3
    assert folder.details()["Αda 🙂/morning_0001.jpg"] == before
    assert len(list((folder.path / "_raw" / "Αda 🙂").iterdir())) == 3
    assert not (folder.path / "_raw" / "Ada").exists()
    with FaceWriter(folder) as writer:
        face = FaceImage(Face(Box(0, 0, 90, 90)), noisy_color(COLORS["Ada"], 9))
        added = writer.add("Αda 🙂", "morning", face, Origin("x", "haar"))
    assert added.name == "morning-2_0001.jpg", "the session's name is still taken"


def test_a_class_is_not_renamed_over_another(folder: FaceFolder) -> None:
    before = everything(folder)
    with pytest.raises(FacerecError, match="already"):
        editing.rename_class(folder, "Ada", "Zoë")
    assert everything(folder) == before


def test_a_deleted_class_leaves_nothing_behind(folder: FaceFolder) -> None:
    editing.delete_images(folder, folder.face_files("Ada")[:1])
    editing.delete_class(folder, "Ada")
    assert folder.class_names() == ["Zoë"]
    assert not [path for path in folder.path.rglob("*") if "Ada" in path.as_posix()]
    assert "Ada" not in (folder.path / "dataset.json").read_text(encoding="utf-8")
    assert editing.last_act(folder) is None


def test_runs_trained_on_a_class_say_what_became_of_it(trained_run: Run) -> None:
    folder = FaceFolder.open(trained_run.config.dataset)
    editing.rename_class(folder, "Ada", "Eve")
    editing.delete_class(folder, "Zoë")
    editing.rename_class(folder, "Eve", "Bob")
    renamed, deleted = Run.open(trained_run.name).remarks()
    assert "Ada" in renamed and "renamed to Eve" in renamed
    assert "Zoë" in deleted and "deleted" in deleted
    assert UNKNOWN in folder.class_names()
