from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

from facerec.augmentation.copies import write_augmented_copies
from facerec.augmentation.recipe import PRESETS
from facerec.cleaning import findings as findings_module
from facerec.cleaning.findings import (
    ALIKE_BITS,
    Finding,
    doubted,
    findings,
    under_another_name,
)
from facerec.cleaning.table import face_table, look_for_faces, measure
from facerec.datasets.folder import FaceFolder
from facerec.decisions.scores import Outputs
from facerec.faces import images, quality
from facerec.faces.detection import Box
from facerec.recognition.recogniser import Recogniser
from facerec.runs.run import Run
from tests.examples import COLORS, FixedDetector, noisy_color


@pytest.fixture
def folder(small_dataset: FaceFolder) -> FaceFolder:
    """Images that differ, are sharp and neither dark nor bright."""
    measure(small_dataset, small_dataset.face_files())
    return small_dataset


def table(folder: FaceFolder) -> pd.DataFrame:
    return face_table(FaceFolder(folder.path))


def found(folder: FaceFolder) -> dict[str, Finding]:
    return {finding.kind: finding for finding in findings(table(folder))}


def plant(folder: FaceFolder, name: str, pixels: np.ndarray) -> str:
    """Put an image into the data set by hand and measure it; its key."""
    images.write(folder.path / name, pixels)
    (face,) = [face for face in folder.face_files() if face.key == name]
    measure(folder, [face])
    return name


def concerned(finding: Finding) -> list[str]:
    return [suspect.face.key for suspect in finding.suspects if suspect.concerned]


def test_a_good_data_set_has_no_findings(folder: FaceFolder) -> None:
    assert found(folder) == {}


def test_an_empty_data_set_has_no_findings(home: Path) -> None:
    assert findings(face_table(FaceFolder.create("empty"))) == []


def test_a_near_duplicate_is_found_and_the_sharper_one_stays(folder: FaceFolder) -> None:
    original = folder.face_files("Ada")[0]
    twin = cv2.GaussianBlur(images.read(original.path), (0, 0), 1.5)
    planted = plant(folder, "Ada/other_0001.jpg", twin)
    finding = found(folder)["near-duplicates"]
    assert concerned(finding) == [planted]
    assert [s.face.key for s in finding.suspects] == [original.key, planted]
    assert finding.title == "1 image is nearly the same as another"
    assert finding.act == "delete"


def test_the_same_hash_with_other_greys_is_no_duplicate(folder: FaceFolder) -> None:
    field = np.random.default_rng(5).normal(0, 1, (7, 7, 1)).astype(np.float32)
    field = cv2.resize(field, (224, 224), interpolation=cv2.INTER_CUBIC)[..., None]
    strong, weak = (
        np.clip(128 + strength * field + np.zeros(3), 0, 255).astype(np.uint8)
        for strength in (50, 12)
    )
    plant(folder, "Ada/other_0001.png", strong)
    plant(folder, "Ada/other_0002.png", weak)
    hashes = [quality.measures(pixels)["hash"] for pixels in (strong, weak)]
    distance = bin(int(hashes[0], 16) ^ int(hashes[1], 16)).count("1")
    assert distance <= ALIKE_BITS and "near-duplicates" not in found(folder)
    brighter = np.clip(strong.astype(int) + 10, 0, 255).astype(np.uint8)
    planted = plant(folder, "Ada/other_0003.png", brighter)
    assert len(concerned(found(folder)["near-duplicates"])) == 1 and planted


def test_an_image_in_two_classes_is_found(folder: FaceFolder) -> None:
    original = folder.face_files("Ada")[0]
    plant(folder, "Zoë/other_0001.jpg", images.read(original.path))
    suspects = found(folder)["near-duplicates"].suspects
    assert {suspect.face.class_name for suspect in suspects} == {"Ada", "Zoë"}
    assert suspects[1].note == f"also in {suspects[0].face.class_name}"


def test_augmented_copies_are_no_duplicates(folder: FaceFolder) -> None:
    write_augmented_copies(folder, "more", PRESETS["None"], 1)
    more = FaceFolder.open("more")
    measure(more, more.face_files())
    assert "near-duplicates" not in found(more)


def test_a_blurred_image_is_found(folder: FaceFolder) -> None:
    pixels = cv2.GaussianBlur(noisy_color(COLORS["Ada"], 77), (0, 0), 9)
    planted = plant(folder, "Ada/other_0001.jpg", pixels)
    assert concerned(found(folder)["blurred"]) == [planted]


@pytest.mark.parametrize(("kind", "factor"), [("dark", 0.25), ("bright", 3.5)])
def test_dark_and_bright_images_are_found(folder: FaceFolder, kind: str, factor: float) -> None:
    pixels = np.clip(noisy_color((130, 130, 130), 77) * factor, 0, 250).astype(np.uint8)
    planted = plant(folder, "Ada/other_0001.jpg", pixels)
    assert concerned(found(folder)[kind]) == [planted]


def test_images_without_a_face_are_found_once_looked_for(folder: FaceFolder) -> None:
    faces = folder.face_files()
    look_for_faces(folder, faces[1:], FixedDetector([Box(0, 0, 90, 90)]))
    assert "no face" not in found(folder), "of the first it is not known"
    look_for_faces(folder, faces[:1], FixedDetector([]))
    assert concerned(found(folder)["no face"]) == [faces[0].key]


def test_classes_with_few_images_are_found(folder: FaceFolder) -> None:
    for face in folder.face_files("Ada")[3:]:
        face.path.unlink()
    finding = found(folder)["unbalanced"]
    assert finding.people == ("Ada",)
    assert finding.act == "record"
    assert "Ada (3)" in finding.explanation and "8" in finding.explanation


def test_people_with_one_session_are_found(folder: FaceFolder) -> None:
    for face in folder.face_files():
        if face.session == "session1" and face.class_name != "Ada":
            face.path.unlink()
    finding = found(folder)["single session"]
    assert finding.people == ("Zoë",), "Unknown is no person"


def test_an_image_under_a_wrong_name_is_found(
    trained_run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Two epochs do not make a network as sure as a teacher would want it.
    monkeypatch.setattr(findings_module, "SURE", 0.5)
    folder = FaceFolder.open(trained_run.config.dataset)
    images.write(folder.path / "Ada" / "wrong_0001.jpg", noisy_color(COLORS["Zoë"], 77))
    images.write(folder.path / "Eve" / "new_0001.jpg", noisy_color(COLORS["Zoë"], 78))
    seen = []
    suspects = doubted(
        Recogniser(trained_run), folder.face_files(), lambda done, total: seen.append((done, total))
    )
    (suspect,) = suspects
    assert suspect.face.key == "Ada/wrong_0001.jpg"
    assert suspect.move_to == "Zoë"
    assert seen == [(25, 25)], "the run does not know Eve"
    finding = under_another_name(suspects)
    assert finding.act == "move"
    assert under_another_name([]) is None


def test_a_class_of_half_the_largest_is_large_enough(folder: FaceFolder) -> None:
    for face in folder.face_files("Ada")[4:]:
        face.path.unlink()
    assert "unbalanced" not in found(folder)


def test_the_surest_suspect_comes_first(folder: FaceFolder) -> None:
    class Doubting:
        """Takes every face for Zoë, and is the surer the further down the list."""

        classes = ("Ada", "Zoë")
        sure = iter(np.linspace(3, 9, 100))

        def outputs(self, faces: np.ndarray) -> Outputs:
            return Outputs(np.float32([[0, next(self.sure)] for _ in faces]))

    faces = folder.face_files("Ada")
    suspects = doubted(Doubting(), faces)
    assert [suspect.face for suspect in suspects] == faces[::-1]
