"""Speed of naming faces in a video, next to the report's loop, and the delay of live frames.

    python -m benchmarks.live [VIDEO] [--seconds 20] [--rounds 3] [--frames 10000]

VIDEO shows people with two faces in each frame. It is scaled to 640x360 and to 1280x720, and
ResNet50 names the faces. The report's loop is written as the report describes it: the Haar cascade
over the whole frame, then one face after the other through the network, in 32-bit floats and
contiguous memory.

Haar finds few of the faces that YuNet finds, and a detector that finds more faces must not count as
faster. The report's loop is therefore measured twice. The first time it names the faces that Haar
finds. The second time Haar still runs over the frame, but the loop names the faces that YuNet
found, so that it names as many as our pipeline; all ratios are to this time.

A face counts as labelled if it has a name when its frame is returned, whether it was recognised in
this frame or in an earlier one. All ways process one frame after the other in one process, as
``recognize`` does with a file. Frames are 1/15 s apart. The ways take turns in each round, and the
figures are medians over the rounds.

Then the same pipeline gets a stream of 15 frames a second and recognises without a pause. The
figure is the time for which a frame blocks the video thread. Finally the pipeline gets some
thousand frames at 100 a second, far more than it can process, and the memory of the process is
read.

ResNet50's parameters are random, since speed does not depend on them. Its batch statistics are from
real faces, since an engine whose probabilities differ from the exact ones is not chosen.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median

import av
import cv2
import numpy as np
import psutil
import torch

from benchmarks.home import in_new_home
from benchmarks.table import show
from facerec.decisions.operating_point import OperatingPoint
from facerec.errors import FacerecError
from facerec.faces import images, videos
from facerec.faces.detection import Box, FaceDetector, HaarDetector, detector
from facerec.faces.preprocessing import FACE_SIZE, FaceImage, extract_faces
from facerec.live.frames import LiveLook
from facerec.live.pipeline import LivePipeline
from facerec.networks.catalogue import network_named
from facerec.recognition.fastest_engine import fastest_engine
from facerec.recognition.recogniser import Recogniser
from facerec.runs import creating
from facerec.runs.run import Run
from facerec.runs.settings import TrainingConfig

SHARED = Path(__file__).resolve().parents[2] / "shared"
VIDEO = SHARED / "data" / "video" / "head-pose-face-detection-female-and-male.gif"
SIZES = (640, 360), (1280, 720)
FRAMES_PER_SECOND = 15
CLASSES = ("man", "woman")
WARM_UP_FRAMES = 8
READINGS = 10
HURRIED_FRAMES_PER_SECOND = 100


@dataclass(frozen=True)
class Pass:
    """One pass over the whole video: number of faces labelled, and time in seconds."""

    faces: int
    frames: int
    seconds: float

    @property
    def rate(self) -> float:
        """Faces labelled a second."""
        return self.faces / self.seconds


class ReportLoop:
    """The report's live script: Haar over the whole frame, one forward for each face.

    Parameters
    ----------
    module : torch.nn.Module
        The network as it was loaded: 32-bit floats in contiguous memory.
    prepare : callable
        Makes network input from uint8 RGB faces.
    """

    def __init__(self, module: torch.nn.Module, prepare: Callable) -> None:
        self._module = module
        self._prepare = prepare
        self._haar = HaarDetector()

    def over(
        self, frames: Sequence[np.ndarray], given: Sequence[Sequence[FaceImage]] | None = None
    ) -> Pass:
        """Label the faces that Haar finds, or the faces in ``given`` for each frame."""
        labelled = 0
        began = time.perf_counter()
        for number, frame in enumerate(frames):
            boxes = [face.box for face in self._haar.detect(frame)]
            if given is not None:
                boxes = [item.face.box for item in given[number]]
            for box in boxes:
                self._name(frame, box)
            labelled += len(boxes)
        return Pass(labelled, len(frames), time.perf_counter() - began)

    def _name(self, frame: np.ndarray, box: Box) -> str:
        x, y, width, height = box
        face = cv2.resize(
            frame[max(0, y) : y + height, max(0, x) : x + width], (FACE_SIZE, FACE_SIZE)
        )
        with torch.no_grad():
            pixels = torch.from_numpy(face).permute(2, 0, 1)[None].contiguous()
            probabilities = torch.softmax(self._module(self._prepare(pixels)), dim=1)
        return CLASSES[int(probabilities.argmax())]


def made_up_run(faces: np.ndarray) -> Run:
    """A run of ResNet50 with random parameters and the batch statistics of some faces."""
    folder = Path(tempfile.mkdtemp(dir=os.environ["FACEREC_HOME"]))
    for name in CLASSES:
        for number, face in enumerate(faces[:4]):
            images.write(folder / name / f"made-up_{number:04d}.jpg", face)
    config = TrainingConfig(dataset=str(folder), network="resnet50_scratch")
    run = creating.create("benchmark-resnet50", config)
    network = network_named(config.network)
    torch.manual_seed(0)
    module = network.build(len(CLASSES), config.network_options).train()
    with torch.no_grad():
        inputs = network.prepare(torch.from_numpy(faces).permute(0, 3, 1, 2))
        for _ in range(20):
            module(inputs)
    run.save_weights(module)
    return run


def scaled(video: Path, size: tuple[int, int]) -> list[np.ndarray]:
    return [
        cv2.resize(frame, size, interpolation=cv2.INTER_CUBIC)
        for frame in videos.video_frames(video)
    ]


def pipeline_of(
    finder: FaceDetector, classifier: Recogniser, recognise_every: float
) -> LivePipeline:
    points = {"ours": OperatingPoint()}
    return LivePipeline(
        finder, {"ours": classifier}, points, looks=1, recognise_every=recognise_every
    )


def ours(
    frames: Sequence[np.ndarray],
    finder: FaceDetector,
    classifier: Recogniser,
    recognise_every: float,
) -> Pass:
    """Label the faces of a video with a new pipeline, one frame after the other."""
    pipeline = pipeline_of(finder, classifier, recognise_every)
    began = time.perf_counter()
    labelled = sum(
        face.recognized is not None
        for number, frame in enumerate(frames)
        for face in pipeline.look(frame, number / FRAMES_PER_SECOND)
    )
    return Pass(labelled, len(frames), time.perf_counter() - began)


def measure_speed(
    frames: Sequence[np.ndarray],
    finder: FaceDetector,
    exact: Recogniser,
    fast: Recogniser,
    report: ReportLoop,
    rounds: int,
) -> list[tuple]:
    """The rows of the table for one frame size."""
    found = [extract_faces(frame, finder) for frame in frames]
    baseline = "report's loop, YuNet's faces"
    ways = {
        baseline: lambda shown, faces: report.over(shown, faces),
        "report's loop, the faces it finds": lambda shown, _: report.over(shown),
        "facerec, every face, torch fp32": lambda shown, _: ours(shown, finder, exact, 0.0),
        f"facerec, every face, {fast.engine.name}": lambda shown, _: ours(shown, finder, fast, 0.0),
        f"facerec, tracking, {fast.engine.name}": lambda shown, _: ours(shown, finder, fast, 0.25),
    }
    for way in ways.values():
        way(frames[:WARM_UP_FRAMES], found[:WARM_UP_FRAMES])
    passes: dict[str, list[Pass]] = {name: [] for name in ways}
    for number in range(rounds):
        for name, way in ways.items():
            passes[name].append(way(frames, found))
            print(f"round {number + 1}: {name}: {passes[name][-1].rate:.1f}/s", file=sys.stderr)
    rates = {name: median(one.rate for one in done) for name, done in passes.items()}
    return [
        (
            name,
            passes[name][0].faces,
            f"{1000 * median(one.seconds / one.frames for one in passes[name]):.0f}",
            f"{1000 / rate:.1f}" if rate else "",
            f"{rate:.1f}",
            f"{rate / rates[baseline]:.1f}",
        )
        for name, rate in rates.items()
    ]


def paced(
    frames: Sequence[np.ndarray], count: int, frames_per_second: float
) -> Iterator[av.VideoFrame]:
    """``count`` frames as from a stream's decoder, each at its time; the video is repeated."""
    decoded = [
        av.VideoFrame.from_ndarray(frame, format="rgb24").reformat(format="yuv420p")
        for frame in frames
    ]
    began = time.perf_counter()
    for number in range(count):
        time.sleep(max(0.0, began + number / frames_per_second - time.perf_counter()))
        yield decoded[number % len(decoded)]


def measure_stream(
    name: str,
    frames: Sequence[np.ndarray],
    finder: FaceDetector,
    classifier: Recogniser,
    recognise_every: float,
    seconds: float,
) -> tuple:
    """A table row for a stream in real time: time for a frame, and recognitions."""
    pipeline = pipeline_of(finder, classifier, recognise_every)
    looks: list[int] = []
    pipeline.subscribe(LiveLook, lambda look: looks.append(len(look.faces)))
    times: list[float] = []
    began = time.perf_counter()
    for frame in paced(frames, round(seconds * FRAMES_PER_SECOND), FRAMES_PER_SECOND):
        came = time.perf_counter()
        pipeline.video_frame(frame)
        times.append((time.perf_counter() - came) * 1000)
    took = time.perf_counter() - began
    stages, error = pipeline.milliseconds, pipeline.error
    pipeline.close()
    if error:
        raise FacerecError(error)
    # The first second is left out, since the first calls of detector and network are slower.
    middle, late = np.percentile(times[FRAMES_PER_SECOND:], [50, 95])
    return (
        name,
        f"{middle:.1f}",
        f"{late:.1f}",
        f"{max(times[FRAMES_PER_SECOND:]):.1f}",
        f"{len(times) / took:.1f}",
        f"{sum(looks) / took:.1f}",
        f"{stages['detection']:.0f}",
        f"{stages['recognition']:.0f}",
    )


def measure_memory(
    frames: Sequence[np.ndarray], finder: FaceDetector, classifier: Recogniser, count: int
) -> list[tuple]:
    """Rows of the memory table: after so many frames, MB of the process and number of threads."""
    pipeline = pipeline_of(finder, classifier, 0.0)
    recognised: list[int] = []
    pipeline.subscribe(LiveLook, lambda look: recognised.append(len(look.faces)))
    process = psutil.Process()
    rows = []
    for number, frame in enumerate(paced(frames, count, HURRIED_FRAMES_PER_SECOND), 1):
        pipeline.video_frame(frame)
        if number % max(1, count // READINGS) == 0:
            memory = process.memory_info().rss / 2**20
            rows.append((number, sum(recognised), f"{memory:.0f}", process.num_threads()))
    pipeline.close()
    return rows


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("video", nargs="?", type=Path, default=VIDEO)
    parser.add_argument("--seconds", type=float, default=20.0, help="of each stream; 2 at least")
    parser.add_argument("--rounds", type=int, default=3, help="of which the median counts")
    parser.add_argument("--frames", type=int, default=10_000, help="for the memory; 0 for none")
    options = parser.parse_args()
    os.environ.setdefault("FACEREC_MODELS", str(SHARED / "models"))
    return in_new_home(partial(measure, options))


def measure(options: argparse.Namespace) -> None:
    finder = detector("yunet")
    films = {f"{size[0]}x{size[1]}": scaled(options.video, size) for size in SIZES}
    small, _ = films.values()
    faces = [face.pixels for frame in small[::4] for face in extract_faces(frame, finder)]
    if not faces:
        raise FacerecError(f"{options.video} shows no faces.")
    run = made_up_run(np.stack(faces))
    network = network_named(run.config.network)
    report = ReportLoop(run.load_network(), network.prepare)
    exact = Recogniser(run)
    threads = torch.get_num_threads()
    fast = Recogniser(run, fastest_engine(run))
    torch.set_num_threads(threads)  # all cores, as for the report's loop
    print(f"The fastest engine here: {fast.engine.title}", file=sys.stderr)
    head = ("", "faces", "ms/frame", "ms/face", "faces/s", "x report")
    for size, frames in films.items():
        rows = measure_speed(frames, finder, exact, fast, report, options.rounds)
        show(f"ResNet50 on {len(frames)} frames, {size}", head, rows)
    head = (
        "",
        "median ms",
        "95 % ms",
        "most ms",
        "frames/s",
        "faces/s",
        "detection",
        "recognition",
    )
    rows = [
        measure_stream(f"{size}, {words}", frames, finder, fast, every, options.seconds)
        for size, frames in films.items()
        for words, every in (("every face", 0.0), ("tracking", 0.25))
    ]
    show(
        "Milliseconds from a frame's coming in to its going out, and those of the stages",
        head,
        rows,
    )
    if options.frames:
        rows = measure_memory(small, finder, fast, options.frames)
        head = ("frames", "faces recognised", "MB", "threads")
        show("Memory of the process, the smaller frames, every face", head, rows)


if __name__ == "__main__":
    sys.exit(main())
