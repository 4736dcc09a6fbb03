"""The page for browsers: its files, and ONNX Runtime which it carries."""

import hashlib
import io
import json
import tarfile
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from facerec.errors import FacerecError
from facerec.faces.detection import YuNetDetector, find_yunet
from facerec.faces.preprocessing import extract_faces
from facerec.runs.run import Run
from facerec.sample_data.collection import photographs
from facerec.system import paths
from facerec.takeaway import runtime
from facerec.takeaway.folder import take_home
from facerec.takeaway.graphs import of_any_size


@pytest.fixture
def made_up_runtime(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package with a word in each file, at its place."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as package:
        for name in (*runtime.FILES, "more.js"):
            member = tarfile.TarInfo(f"package/dist/{name}")
            member.size = len(name)
            package.addfile(member, io.BytesIO(name.encode()))
    file = paths.pretrained_folder() / runtime.NAME
    file.parent.mkdir(parents=True)
    file.write_bytes(buffer.getvalue())
    monkeypatch.setattr(runtime, "SHA256", hashlib.sha256(buffer.getvalue()).hexdigest())
    return file


def test_the_page_has_all_that_it_names(
    trained_run: Run, made_up_runtime: Path, tmp_path: Path
) -> None:
    take_home(trained_run, tmp_path / "page", web=True)
    for name in runtime.FILES:
        assert (tmp_path / "page" / "ort" / name).read_text() == name
    assert not (tmp_path / "page" / "ort" / "more.js").exists()
    model = json.loads((tmp_path / "page" / "model.json").read_text(encoding="utf-8"))
    for name, wanted in model["files"].items():
        content = (tmp_path / "page" / name).read_bytes()
        assert hashlib.sha256(content).hexdigest() == wanted
    assert {"check.json", "network.onnx", "detector.onnx"} == set(model["files"])
    text = "".join(path.read_text() for path in (tmp_path / "page").glob("*.[jh]*"))
    assert "https://" not in text and "http://" not in text, "no address outside"


def test_a_runtime_that_is_not_the_published_one_is_refused(made_up_runtime: Path) -> None:
    made_up_runtime.write_bytes(made_up_runtime.read_bytes() + b"!")
    with pytest.raises(FacerecError, match="not the published file"):
        runtime.browser_runtime()


def test_without_a_connection_it_says_where_to_put_it(home: Path) -> None:
    with pytest.raises(FacerecError, match=f"Put {runtime.NAME} into"):
        runtime.browser_runtime()


def test_onnx_runtime_finds_faces_where_opencv_does() -> None:
    detector = YuNetDetector(find_yunet(), 0.3)
    session = onnxruntime.InferenceSession(of_any_size(find_yunet().read_bytes()))
    names = [output.name for output in session.get_outputs()]
    for photograph in photographs(1, 1):
        face = extract_faces(photograph.frame, detector)[0].pixels
        image = face[..., ::-1].transpose(2, 0, 1)[None].astype(np.float32)
        found = dict(zip(names, session.run(None, {"input": image}), strict=True))
        best = 0.0
        for stride in (8, 16, 32):
            shares = [found[f"{name}_{stride}"][0, :, 0].clip(0, 1) for name in ("cls", "obj")]
            scores = np.sqrt(shares[0] * shares[1])
            if scores.max() > best:
                best, place = scores.max(), int(scores.argmax())
                columns = face.shape[1] // stride
                corner = np.array([place % columns, place // columns])
                landmarks = (found[f"kps_{stride}"][0, place].reshape(5, 2) + corner) * stride
        (expected, *_) = detector.detect(face)
        np.testing.assert_allclose(best, expected.score, atol=1e-5)
        np.testing.assert_allclose(landmarks, expected.landmarks, atol=1e-3)
