"""Live with a class before the camera: four people and three runs at once, then one and one.

    ONEDNN_MAX_CPU_ISA=AVX2 python -m benchmarks.live_class [VIDEO] [--seconds 20]

VIDEO shows people with two faces in each frame; two of its frames side by side show four. The runs
are the custom CNN, ResNet50 and SFace with enrolled people, all with their fastest engine. With the
variable, PyTorch calculates as on a laptop without AVX-512; ONNX Runtime knows no such limit.

The pipeline gets 30 frames a second, as from a camera, with the settings of the Live page. A frame
is looked at if its faces were found, and its time is that from its coming in until they were found
and, where they were due, recognised by all runs. The baseline does all this for every frame, one
after the other: the report's way, with the same detector and engines.
"""

import argparse
import os
import sys
import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import torch

from benchmarks.home import in_new_home
from benchmarks.live import SHARED, VIDEO, made_up_run, paced, scaled
from benchmarks.table import show
from benchmarks.training import FACES
from facerec.datasets.folder import FaceFolder
from facerec.decisions.operating_point import OperatingPoint
from facerec.errors import FacerecError
from facerec.faces.detection import FaceDetector, detector
from facerec.faces.preprocessing import extract_faces
from facerec.live.frames import FacesFound, LiveLook
from facerec.live.pipeline import LivePipeline
from facerec.recognition import new_gallery
from facerec.recognition.fastest_engine import fastest_engine
from facerec.recognition.recogniser import Recogniser
from facerec.runs import creating
from facerec.runs.run import Run
from facerec.runs.settings import USUAL, preset
from facerec.system.accelerator import threads_of_live_recognition

FRAMES_PER_SECOND = 30
SIZE = (640, 360)
# The first seconds are slower: caches and engines warm up.
LEFT_OUT = 2.0


def three_runs(faces: np.ndarray) -> dict[str, Run]:
    """The networks of the course, and the embedding recogniser; parameters do not matter."""
    config = preset(USUAL, str(FACES), "custom_cnn")
    custom = creating.create("custom", config)
    custom.save_weights(config.entry.build(len(custom.classes), config.network_options))
    enrolled = new_gallery.create("sface", "sface", FaceFolder.open(str(FACES)))
    return {"SFace": enrolled, "custom CNN": custom, "ResNet50": made_up_run(faces)}


def every_frame(
    frames: Sequence[np.ndarray], finder: FaceDetector, recognisers: Mapping[str, Recogniser]
) -> float:
    """Frames a second where each face of each frame is recognised by all, one after the other."""
    began = time.perf_counter()
    for frame in frames:
        if found := extract_faces(frame, finder):
            pixels = np.stack([item.pixels for item in found])
            for recogniser in recognisers.values():
                recogniser.outputs(pixels)
    return len(frames) / (time.perf_counter() - began)


def streamed(
    name: str,
    frames: Sequence[np.ndarray],
    finder: FaceDetector,
    recognisers: Mapping[str, Recogniser],
    seconds: float,
) -> tuple:
    """A table row for a stream in real time."""
    points = {key: OperatingPoint() for key in recognisers}
    pipeline = LivePipeline(finder, recognisers, points)
    began = time.monotonic()
    looked: list[float] = []
    recognised: list[tuple[float, float]] = []
    returned: list[float] = []

    def found(event: FacesFound) -> None:
        if event.time - began > LEFT_OUT:
            looked.append(1000 * (time.monotonic() - event.time))

    def told(look: LiveLook) -> None:
        if look.time - began > LEFT_OUT:
            recognised.append((1000 * (time.monotonic() - look.time), len(look.faces)))

    pipeline.subscribe(FacesFound, found)
    pipeline.subscribe(LiveLook, told)
    for frame in paced(frames, round(seconds * FRAMES_PER_SECOND), FRAMES_PER_SECOND):
        came = time.monotonic()
        pipeline.video_frame(frame)
        if came - began > LEFT_OUT:
            returned.append(1000 * (time.monotonic() - came))
    measured = time.monotonic() - began - LEFT_OUT
    error = pipeline.error
    pipeline.close()
    if error:
        raise FacerecError(error)
    base = every_frame(frames[:16], finder, recognisers)
    return (
        name,
        f"{len(returned) / measured:.1f}",
        f"{np.percentile(returned, 95):.0f}",
        f"{len(looked) / measured:.1f}",
        f"{np.percentile(looked, 95):.0f}",
        f"{np.percentile([late for late, _ in recognised], 95):.0f}",
        f"{sum(count for _, count in recognised) / measured:.1f}",
        f"{base:.1f}",
        f"{len(looked) / measured / base:.1f}",
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("video", nargs="?", type=Path, default=VIDEO)
    parser.add_argument("--seconds", type=float, default=20.0, help="of each stream; 5 at least")
    options = parser.parse_args()
    os.environ.setdefault("FACEREC_MODELS", str(SHARED / "models"))
    return in_new_home(partial(measure, options))


def measure(options: argparse.Namespace) -> None:
    finder = detector("yunet")
    two = scaled(options.video, SIZE)
    four = [np.hstack([left, right]) for left, right in zip(two, two[::-1], strict=True)]
    one = [frame[:, : SIZE[0] // 2] for frame in two]
    faces = [face.pixels for frame in two[::4] for face in extract_faces(frame, finder)]
    if not faces:
        raise FacerecError(f"{options.video} shows no faces.")
    with threads_of_live_recognition():
        runs = three_runs(np.stack(faces))
        all_three = {name: Recogniser(run, fastest_engine(run)) for name, run in runs.items()}
        for name, recogniser in all_three.items():
            print(f"{name}: {recogniser.engine.title}", file=sys.stderr)
        rows = [
            streamed("4 people, 3 runs", four, finder, all_three, options.seconds),
            *(
                streamed(f"1 person, {name}", one, finder, {name: run}, options.seconds)
                for name, run in all_three.items()
            ),
        ]
    show(
        f"Live at {torch.backends.cpu.get_cpu_capability()}, oneDNN limited to "
        f"{os.environ.get('ONEDNN_MAX_CPU_ISA', 'nothing')}; milliseconds are those of 95 %",
        (
            "",
            "frames/s",
            "in to out",
            "looked at/s",
            "until found",
            "until named",
            "faces/s",
            "every frame/s",
            "times",
        ),
        rows,
    )


if __name__ == "__main__":
    sys.exit(main())
