"""What the sample data teach: the gap between two occasions, and the stranger at the threshold."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from facerec.collecting import samples
from facerec.datasets.folder import UNKNOWN
from facerec.decisions.operating_point import OperatingPoint
from facerec.faces.detection import detector
from facerec.live.film import Looking
from facerec.live.pipeline import LivePipeline
from facerec.recognition.recogniser import Recogniser
from facerec.recognition.second_opinions import make_second_opinion
from facerec.runs import creating
from facerec.runs.history import kept_record
from facerec.runs.run import Run
from facerec.runs.settings import preset
from facerec.system import paths
from facerec.training.loop import train
from tests.waiting import LONG, until

LEAST_GAP = 0.15


def trained(split: str) -> Run:
    run = creating.create(
        split, replace(preset("In class", samples.PEOPLE, "custom_cnn"), split=split)
    )
    train(run)
    return run


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_sample_data_teach_the_gap_and_the_threshold(
    yunet: Path, home: Path, capsys: pytest.CaptureFixture
) -> None:
    samples.load(detector("yunet"))
    by_image, by_session = trained("random"), trained("session")
    accuracies = [
        kept_record(run.history(), run.config.keep)["validation_accuracy"]
        for run in (by_image, by_session)
    ]
    make_second_opinion(by_image)
    recogniser = Recogniser(by_image, asks_sface=True)
    point = by_image.suggested_point()
    pipeline = LivePipeline(detector("yunet"), {"run": recogniser}, {"run": point}, 3, 0.25)
    looking = Looking(paths.sample_video(), pipeline)
    until(lambda: looking.film or looking.error, 3 * LONG)
    assert looking.error is None

    film, classes = looking.film, recogniser.classes
    left, stranger, right = film.longest(3)
    confidence = film.scored("run", classes, OperatingPoint())
    asked = film.scored("run", classes, point)
    named = {threshold: confidence.names(stranger, classes, threshold) for threshold in (0.0, 0.5)}
    refused = asked.names(stranger, classes, point.threshold).get(UNKNOWN, 0.0)
    own = [asked.names(track, classes, point.threshold) for track in (left, right)]
    with capsys.disabled():
        print(f"\nby image {accuracies[0]:.3f}, by session {accuracies[1]:.3f}")
        print(f"the stranger: {named}; refused with SFace {refused:.0%}; own people {own}")

    assert accuracies[0] - accuracies[1] >= LEAST_GAP
    assert UNKNOWN not in named[0.0], "at threshold 0, the stranger always gets a name"
    assert refused >= 0.9, "at the suggested threshold, hardly ever"
    assert [max(names, key=names.__getitem__) for names in own] == ["Ada", "Bruno"]
    assert np.mean([names.get(UNKNOWN, 0.0) for names in own]) <= 0.1
