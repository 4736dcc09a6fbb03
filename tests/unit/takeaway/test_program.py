"""The program finds, cuts and turns faces upright as facerec does, pixel for pixel."""

import importlib.util
from pathlib import Path
from types import ModuleType

import cv2
import numpy as np
import pytest

import facerec.takeaway
from facerec.faces import alignment, preprocessing
from facerec.faces.detection import YuNetDetector, find_yunet
from facerec.networks.catalogue import NETWORKS
from facerec.sample_data.collection import photographs
from facerec.takeaway.folder import detector_settings

PROGRAM = Path(facerec.takeaway.__file__).parent / "program"
FRAMES = [photograph.frame for photograph in photographs(2, 1)]
ALIGNED = [network for network in NETWORKS.values() if network.mean_face is not None]
SETTINGS = detector_settings(YuNetDetector(find_yunet()))


@pytest.fixture(scope="module")
def faces() -> ModuleType:
    """The program's module of that name."""
    spec = importlib.util.spec_from_file_location("taken_home_faces", PROGRAM / "faces.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def bgr(image: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(image[..., ::-1])


def a_class() -> np.ndarray:
    """A photograph of ten people, 4,800 pixels wide: the largest is searched at two scales."""
    people = [cv2.resize(frame, (480, 360)) for frame in FRAMES]
    return np.hstack(people)


PICTURES = {
    "a frame": FRAMES[0],
    "a class": a_class(),
    "a crop at the border": FRAMES[0][:, 82:],
    "a small picture": cv2.resize(FRAMES[0], (150, 112), interpolation=cv2.INTER_AREA),
    "a stamp": cv2.resize(FRAMES[0], (48, 36), interpolation=cv2.INTER_AREA),
}


@pytest.mark.parametrize("name", PICTURES)
def test_faces_are_found_and_cut_alike(faces: ModuleType, name: str) -> None:
    image, detector = PICTURES[name], YuNetDetector(find_yunet())
    found = faces.Finder(find_yunet(), SETTINGS, detector.minimum_score)(bgr(image))
    expected = detector.detect(image)
    assert [tuple(box) for box, _ in found] == [tuple(face.box) for face in expected]
    if name != "a stamp":
        assert expected
    for (_, landmarks), face in zip(found, expected, strict=True):
        np.testing.assert_array_equal(landmarks, face.landmarks)
    cuts = [faces.cut(bgr(image), box, 224, preprocessing.MARGIN) for box, _ in found]
    wanted = [face.pixels for face in preprocessing.extract_faces(image, detector)]
    np.testing.assert_array_equal([bgr(cut) for cut in cuts if cut is not None], wanted)


@pytest.mark.parametrize("network", ALIGNED, ids=lambda network: network.name)
def test_faces_are_turned_upright_alike(faces: ModuleType, network) -> None:
    find = faces.Finder(find_yunet(), SETTINGS, alignment.MINIMUM_SCORE)
    detector, align = YuNetDetector(find_yunet()), network.arranger()
    for frame in [*FRAMES[:3], np.full((224, 224, 3), 90, np.uint8)]:
        found = preprocessing.extract_faces(frame, detector)
        face = found[0].pixels if found else frame
        usual = alignment.USUAL.tolist()
        upright = faces.upright(bgr(face), find, network.size, network.mean_face, usual)
        np.testing.assert_array_equal(bgr(upright), align(face))
