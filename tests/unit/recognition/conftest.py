"""Faces and an embedding recogniser for the tests of this package."""

import numpy as np
import pytest

from facerec.datasets.folder import UNKNOWN, FaceFolder
from facerec.recognition.new_gallery import create
from facerec.recognition.recogniser import Recogniser
from facerec.runs.run import Run
from tests.examples import COLORS, DATASET, noisy_color

BF16_MISSING = "This processor does not calculate with bf16 natively."
YELLOW = np.stack([noisy_color((220, 220, 40), 500 + number) for number in range(12)])
ADA = np.stack([noisy_color(COLORS["Ada"], 900 + number) for number in range(3)])


def retrain(run: Run) -> None:
    """Change the weights of a run a little."""
    module = run.load_network()
    module.fc.weight.data += 0.01
    run.save_weights(module)


@pytest.fixture
def recogniser(trained_run: Run) -> Run:
    """Over the network of the trained run, with the people of its data set."""
    return create("gallery", trained_run, FaceFolder.open(DATASET))


def named(run: Run, faces: np.ndarray) -> set[str]:
    """What faces are called at the run's own operating point."""
    classifier, point = Recogniser(run), run.operating_point
    outputs = classifier.outputs(faces)
    accepted = point.is_named(classifier.classes, outputs)
    return {
        classifier.classes[place] if sure else UNKNOWN
        for place, sure in zip(outputs.predictions, accepted, strict=True)
    }
