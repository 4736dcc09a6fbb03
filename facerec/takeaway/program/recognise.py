"""Recognises faces as the run did from which facerec made this folder.

    python recognise.py                              the camera
    python recognise.py party.jpg                    a picture or a video
    python recognise.py party.mp4 --output new.mp4   also writes it with boxes and names
    python recognise.py --check                      is it still the same recogniser?

In the window: + and - move the threshold, m mirrors, space holds the picture, q ends.
Pictures are BGR uint8 here, shape (height, width, 3), as OpenCV has them; networks get RGB.
"""

import argparse
import hashlib
import json
import os
import sys
from pathlib import Path

# Before the imports: ONNX Runtime reports its use else, and OpenCV all that it tries in vain.
os.environ.update(ORT_DISABLE_TELEMETRY="1", OPENCV_LOG_LEVEL="ERROR", OPENCV_FFMPEG_LOGLEVEL="-8")

import cv2  # noqa: E402
import numpy as np  # noqa: E402
import onnxruntime  # noqa: E402
from faces import Finder, cut, overlap, upright  # noqa: E402
from frames import Output, Problem, Source  # noqa: E402

FOLDER = Path(__file__).resolve().parent
FORMAT = 1
MOST_DIFFERENCE = 1e-3  # of a probability or a score
LEAST_OVERLAP = 0.9  # of a box with the same face's box in facerec
USE = "Recognise faces before the camera, or in a picture or a video."
TITLE, STEPS = "facerec", {"+": 1, "=": 1, "-": -1}
GREEN, RED, WHITE = (74, 163, 22), (38, 38, 220), (255, 255, 255)


def read_model(folder: Path) -> dict:
    """What model.json says; the files that it lists must be as facerec wrote them."""
    try:
        model = json.loads((folder / "model.json").read_text(encoding="utf-8"))
        version, listed = model["format"], model["files"]
    except (OSError, ValueError, KeyError, TypeError):
        raise Problem("model.json is missing or damaged: take the run home again.") from None
    if version != FORMAT:
        raise Problem(f"This folder has format {version}; this program reads format {FORMAT}.")
    for name, wanted in listed.items():
        file = folder / name
        if not file.is_file() or hashlib.sha256(file.read_bytes()).hexdigest() != wanted:
            raise Problem(f"{name} is missing or damaged: take the run home again.")
    return model


class Recogniser:
    """The run: finds, cuts, turns upright, and asks its networks."""

    def __init__(self, folder: Path) -> None:
        self.model = model = read_model(folder)
        detector = model["detector"]
        file = folder / detector["file"]
        self.find = Finder(file, detector, detector["minimum_score"])
        self.find_again = Finder(file, detector, detector["minimum_score_in_face"])
        self.networks = [
            (entry, onnxruntime.InferenceSession((folder / entry["file"]).read_bytes()))
            for entry in model["networks"]
        ]
        self.people, self.threshold = model["people"], model["decision"]["threshold"]
        content = np.frombuffer((folder / "names.png").read_bytes(), np.uint8)
        rows = np.asarray(cv2.imdecode(content, cv2.IMREAD_GRAYSCALE))
        self.names = np.split(rows, len(self.people) + 1)  # OpenCV itself writes ASCII only

    def arrange(self, face: np.ndarray, network: dict) -> np.ndarray:
        """A face (224, 224, 3) as a network wants it: upright if it says where eyes belong."""
        side, full = network["side"], len(face)
        if network["mean_face"] is None:
            resized = cv2.resize(face, (side, side), interpolation=cv2.INTER_AREA)
            return face if side == full else resized
        usual = self.model["usual_landmarks"]
        return upright(face, self.find_again, side, network["mean_face"], usual)

    def outputs(self, faces: list) -> tuple[np.ndarray, np.ndarray]:
        """Probabilities (faces, people) and scores (faces,) of faces that were cut out."""
        found = {}
        for network, session in self.networks:
            images = np.stack([self.arrange(face, network)[..., ::-1] for face in faces])
            found.update(zip(network["outputs"], session.run(None, {"faces": images}), strict=True))
        return found["probabilities"], found["score"]

    def look(self, image: np.ndarray) -> list:
        """Box, probabilities and score of each face in a picture."""
        crop = self.model["crop"]
        cuts = [(box, cut(image, box, crop["side"], crop["margin"])) for box, _ in self.find(image)]
        cuts = [(box, face) for box, face in cuts if face is not None]
        if not cuts:
            return []
        outputs = self.outputs([face for _, face in cuts])
        return list(zip([box for box, _ in cuts], *outputs, strict=True))

    def name(self, probabilities: np.ndarray, score: float) -> tuple[int | None, str]:
        """Number and name of the likeliest person; None and Unknown if the score is too low."""
        best = int(probabilities.argmax())
        if self.people[best] == self.model["unknown"] or not score > self.threshold:
            return None, self.model["unknown"]
        sure = f" {probabilities[best]:.0%}" if len(self.people) > 1 else ""
        return best, self.people[best] + sure

    def turn(self, steps: int) -> None:
        """Move the threshold by so many of the 50 steps of its range."""
        low, high = self.model["decision"]["low"], self.model["decision"]["high"]
        self.threshold = min(max(self.threshold + steps * (high - low) / 50, low), high)

    def drawn(self, image: np.ndarray, faces: list) -> np.ndarray:
        """A copy of a picture with boxes and names."""
        image, size = image.copy(), max(20, image.shape[0] // 14)
        for (x, y, width, height), probabilities, score in faces:
            best, _ = self.name(probabilities, score)
            color = RED if best is None else GREEN
            cv2.rectangle(image, (x, y), (x + width, y + height), color, max(2, size // 12))
            row = self.names[-1 if best is None else best]
            row = row[:, : np.flatnonzero(row.any(axis=0)).max() + 8]
            row = cv2.resize(row, (max(1, row.shape[1] * size // len(row)), size))
            left, top = max(0, min(x, image.shape[1] - row.shape[1])), max(0, y - size)
            room = image[top : top + size, left : left + row.shape[1]]
            ink = row[: room.shape[0], : room.shape[1], None] / 255
            room[:] = (1 - ink) * np.array(color) + ink * np.array(WHITE)
            if best is not None and len(self.people) > 1:
                at, sure = (left + row.shape[1] + 4, top + size - 5), f"{probabilities[best]:.0%}"
                cv2.putText(image, sure, at, cv2.FONT_HERSHEY_SIMPLEX, size / 40, color, 2)
        return image


def opened(folder: Path) -> Recogniser:
    try:
        return Recogniser(folder)
    except (KeyError, IndexError, TypeError, ValueError, cv2.error):
        raise Problem("model.json is damaged: take the run home again.") from None


def check(recogniser: Recogniser) -> bool:
    """Whether the faces that lie in the folder get the numbers that facerec gave them."""
    with np.load(FOLDER / "check.npz") as kept:
        faces, picture, boxes = kept["faces"], kept["picture"], kept["boxes"].tolist()
        wanted = kept["probabilities"], kept["scores"]
    found = recogniser.outputs(list(np.ascontiguousarray(faces[..., ::-1])))
    pairs = zip(found, wanted, strict=True)
    apart = float(np.max([np.abs(now - then).max() for now, then in pairs]))
    print(f"{len(faces)} faces: probabilities and scores differ by at most {apart:.1e}", end="")
    print(f" (allowed: {MOST_DIFFERENCE:.0e})")
    seen = [box for box, _ in recogniser.find(np.ascontiguousarray(picture[..., ::-1]))]
    again = sum(any(overlap(box, other) > LEAST_OVERLAP for other in seen) for box in boxes)
    print(f"{again} of {len(boxes)} faces of a picture found at their places")
    same = apart <= MOST_DIFFERENCE and again == len(boxes) == len(seen)
    print("It is the same recogniser." if same else "It is NOT the same recogniser.")
    return same


def has_window() -> bool:
    return os.name == "nt" or sys.platform == "darwin" or bool(os.environ.get("DISPLAY"))


def run(recogniser: Recogniser, options: argparse.Namespace) -> None:
    """Recognise in each frame; print the names in a file's, write them, show them in a window."""
    source = Source(options.source, options.camera)
    window, mirrored = has_window(), False
    if source.is_camera and not window:
        raise Problem("Here is no screen for the camera's picture: give a picture or a video.")
    output = Output(options.output, source) if options.output else None
    for number, frame in enumerate(source.frames()):
        frame = cv2.flip(frame, 1) if mirrored else frame
        faces = recogniser.look(frame)
        if not source.is_camera:
            names = [recogniser.name(*face[1:])[1] for face in faces]
            print(f"frame {number}: {', '.join(names) or 'no face'}", flush=True)
        if output:
            output.add(recogniser.drawn(frame, faces))
        held = source.is_picture
        while window:
            cv2.imshow(TITLE, recogniser.drawn(frame, faces))
            cv2.setWindowTitle(TITLE, f"{TITLE}: threshold {recogniser.threshold:.3g}")
            key = chr(cv2.waitKey(50 if held else 1) & 0xFF)
            if key in "q\x1b" or cv2.getWindowProperty(TITLE, cv2.WND_PROP_VISIBLE) < 1:
                return
            held ^= key == " "
            mirrored ^= key == "m"
            if key in STEPS:
                recogniser.turn(STEPS[key])
            if not held:
                break


def main() -> int:
    parser = argparse.ArgumentParser(description=USE, exit_on_error=False)
    parser.add_argument("source", nargs="?", type=Path, help="a picture or a video")
    parser.add_argument("--camera", type=int, default=0, help="number of the camera")
    parser.add_argument("--threshold", type=float, help="instead of the one in model.json")
    parser.add_argument("--output", type=Path, help="write the frames with boxes and names")
    parser.add_argument("--check", action="store_true", help="is it still the same recogniser?")
    try:
        options, others = parser.parse_known_args()
        if others:
            raise Problem(f"{' '.join(others)} is not known: see --help.")
        recogniser = opened(FOLDER)
        if options.threshold is not None:
            recogniser.threshold = options.threshold
        if options.check:
            return 0 if check(recogniser) else 1
        run(recogniser, options)
    except (Problem, argparse.ArgumentError, OSError) as problem:
        print(problem, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
