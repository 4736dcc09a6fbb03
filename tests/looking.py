"""One look at a frame, as a file's frames are looked at."""

import numpy as np

from facerec.decisions.operating_point import OperatingPoint
from facerec.faces.detection import FaceDetector
from facerec.live.files import file_pipeline
from facerec.recognition.named_faces import RecognizedFace
from facerec.recognition.recogniser import Recogniser


def faces_named(
    recogniser: Recogniser, detector: FaceDetector, frame: np.ndarray, point: OperatingPoint
) -> list[RecognizedFace]:
    """The faces in a frame with their names at an operating point, the largest first."""
    pipeline = file_pipeline(detector, {"run": recogniser}, {"run": point})
    found = [face.recognized for face in pipeline.look(frame)]
    pipeline.close()
    return found
