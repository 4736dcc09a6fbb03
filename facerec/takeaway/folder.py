"""The take-home folder: the program, the networks, what they need, and the model card."""

import hashlib
import json
import zipfile
from collections.abc import Callable, Iterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from facerec.datasets.folder import UNKNOWN
from facerec.decisions.operating_point import OperatingPoint
from facerec.errors import FacerecError
from facerec.faces import alignment, detection, drawing, images, preprocessing
from facerec.faces.detection import YuNetDetector, find_yunet
from facerec.runs.run import Run
from facerec.system import files
from facerec.system.progress import Progress
from facerec.takeaway.card import model_card
from facerec.takeaway.check import check_of
from facerec.takeaway.graphs import Graph, graphs_of, of_any_size
from facerec.takeaway.runtime import browser_runtime

# The version of model.json that the programs read.
FORMAT = 1
MODEL = "model.json"
_DETECTOR, _NAMES = "detector.onnx", "names.png"
_HERE = Path(__file__).parent
_NAME_SIZE = 40


def take_home(
    run: Run,
    target: Path,
    own_faces: bool = False,
    web: bool = False,
    progress: Progress = lambda done, total: None,
) -> None:
    """Write a run as a program of its own, to a new folder or to a ZIP file.

    It decides at the run's operating point. A program needs Python with OpenCV, NumPy and ONNX
    Runtime. A page for browsers brings ONNX Runtime along, which is downloaded once.

    Parameters
    ----------
    run : Run
    target : pathlib.Path
        A name that ends in ``.zip`` makes a ZIP file.
    own_faces : bool
        Whether it carries faces of the run's people for its check. Else they are drawn.
    web : bool
        Whether it is a page.

    Raises
    ------
    FacerecError
        If the run cannot recognise, YuNet or ONNX Runtime for browsers is missing, or the target
        exists or cannot be written.
    """
    if target.suffix.lower() == ".zip":
        if target.exists():
            raise FacerecError(f"There is a file named {target.name} already: choose another name.")
        files.write_bytes(target, zipped(run, own_faces, web, progress))
        return
    with files.arriving(target, "folder") as folder:
        for name, content in _files(run, own_faces, web, progress):
            files.write_bytes(folder / name, content)


def zipped(
    run: Run,
    own_faces: bool = False,
    web: bool = False,
    progress: Progress = lambda done, total: None,
) -> bytes:
    """Content of the ZIP file; parameters and errors as ``take_home``."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in _files(run, own_faces, web, progress):
            archive.writestr(f"{run.name}/{name}", content)
    return buffer.getvalue()


def _files(run: Run, own_faces: bool, web: bool, progress: Progress) -> Iterator[tuple[str, bytes]]:
    """Names and contents of the files; ``model.json``, which lists others, is the last."""
    point, detector = run.operating_point, YuNetDetector(find_yunet())
    graphs = graphs_of(run, point)
    runtime = browser_runtime() if web else {}
    makers: dict[str, Callable[[], bytes]] = {graph.file: graph.content for graph in graphs}
    if web:
        makers["check.json"] = lambda: check_of(run, point, detector, own_faces).as_json()
        makers[_DETECTOR] = lambda: of_any_size(detector.model.read_bytes())
    else:
        makers["check.npz"] = lambda: check_of(run, point, detector, own_faces).as_arrays()
        makers[_DETECTOR] = detector.model.read_bytes
        makers[_NAMES] = lambda: _names(run.classes)
    listed = {}
    for number, (name, make) in enumerate(makers.items()):
        progress(number, len(makers))
        content = make()
        listed[name] = hashlib.sha256(content).hexdigest()
        yield name, content
    progress(len(makers), len(makers))
    for file in sorted((_HERE / ("page" if web else "program")).iterdir()):
        if file.is_file():
            yield file.name, file.read_bytes()
    for name, content in runtime.items():
        yield f"ort/{name}", content
    yield "MODEL_CARD.md", model_card(run, point).encode()
    description = _description(run, point, detector, graphs, listed)
    yield MODEL, json.dumps(description, indent=2, ensure_ascii=False).encode()


def detector_settings(detector: YuNetDetector) -> dict[str, float]:
    """How faces are found, as ``model.json`` says it: scores, shares, and sides in pixels."""
    return {
        "minimum_score": detector.minimum_score,
        "minimum_score_in_face": alignment.MINIMUM_SCORE,
        "longest_side": detector.longest_side,
        "shortest_side": detection.SHORTEST_SIDE,
        "small_picture": detection.SMALL_PICTURE,
        "coarse": detection.COARSE,
        "fine": detection.FINE,
        "largest_missed": detection.LARGEST_MISSED,
        "most_overlap": detection.MOST_OVERLAP,
    }


def _description(
    run: Run,
    point: OperatingPoint,
    detector: YuNetDetector,
    graphs: list[Graph],
    listed: dict[str, str],
) -> dict[str, Any]:
    """Content of ``model.json``: how a picture becomes names."""
    return {
        "format": FORMAT,
        "run": run.name,
        "people": run.classes,
        "unknown": UNKNOWN,
        "decision": {
            "score": point.score,
            "threshold": point.threshold,
            "low": point.low,
            "high": point.high,
        },
        "detector": {"file": _DETECTOR, **detector_settings(detector)},
        "crop": {"side": preprocessing.FACE_SIZE, "margin": preprocessing.MARGIN},
        "usual_landmarks": alignment.USUAL.tolist(),
        "looks_for_landmarks": alignment.LOOKS,
        "networks": [
            {
                "file": graph.file,
                "input": "faces: RGB, uint8, (faces, side, side, 3); normalised in the network",
                "side": graph.network.arranged_size,
                "mean_face": graph.network.mean_face,
                "outputs": graph.outputs,
            }
            for graph in graphs
        ],
        "files": listed,
    }


def _names(classes: Sequence[str]) -> bytes:
    """The names and ``Unknown`` as a PNG, one above the other, white on black.

    OpenCV, which draws them, has letters of ASCII only.
    """
    rows = [drawing.label(name, _NAME_SIZE, (0, 0, 0)) for name in (*classes, UNKNOWN)]
    width = max(row.shape[1] for row in rows)
    filled = [np.pad(row, ((0, 0), (0, width - row.shape[1]), (0, 0))) for row in rows]
    return images.encode(np.concatenate(filled), ".png")
