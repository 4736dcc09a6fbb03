from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from facerec import metrics
from facerec.datasets.folder import UNKNOWN
from facerec.decisions.operating_point import OperatingPoint
from facerec.errors import FacerecError
from facerec.live import kept_assessments
from facerec.live.kept_assessments import LiveAssessment
from facerec.runs.run import Run
from facerec.system import files

POINT = OperatingPoint(0.7, temperature=1.5)
PEOPLE = {"Ada": {"Ada": 6, "Zoë": 1, UNKNOWN: 3}, "Zoë": {"Zoë": 10}}
STRANGERS = {UNKNOWN: 15, "Ada": 5}


def test_rates_by_hand() -> None:
    found = LiveAssessment(POINT, PEOPLE, STRANGERS)
    assert (found.frames, found.known_frames, found.stranger_frames) == (40, 20, 20)
    assert found.right == 6 + 10 + 15
    assert found.accuracy == 31 / 40
    assert found.interval == metrics.share_interval(31, 40)
    assert found.false_acceptance_rate == 5 / 20
    assert found.false_rejection_rate == 3 / 20


def test_a_rate_of_nobody_is_none() -> None:
    assert LiveAssessment(POINT, people=PEOPLE).false_acceptance_rate is None
    assert LiveAssessment(POINT, strangers=STRANGERS).false_rejection_rate is None


@pytest.mark.parametrize(
    ("people", "strangers", "message"),
    [
        ({}, {}, "at least one frame"),
        ({"Ada": {"Ada": 0}}, {}, "at least one frame"),
        ({UNKNOWN: {UNKNOWN: 1}}, {}, "counts as a stranger"),
        ({"Ada": {"Ada": -1}}, {UNKNOWN: 3}, "are counts"),
        ({"Ada": {"Ada": 0.5}}, {}, "are counts"),
    ],
)
def test_what_cannot_be_counted_is_refused(people, strangers, message) -> None:
    with pytest.raises(FacerecError, match=message):
        LiveAssessment(POINT, people, strangers)


def test_assessments_are_kept_with_the_run_in_order(trained_run: Run) -> None:
    assert kept_assessments.assessments(trained_run) == []
    first = LiveAssessment(POINT, PEOPLE, STRANGERS, "2026-01-01T10:00:00+00:00")
    second = LiveAssessment(OperatingPoint(), PEOPLE)
    kept_assessments.add(trained_run, first)
    kept_assessments.add(trained_run, second)
    assert kept_assessments.assessments(Run.open(trained_run.name)) == [first, second]


def test_those_of_earlier_weights_are_kept_and_not_given(trained_run: Run) -> None:
    kept_assessments.add(trained_run, LiveAssessment(POINT, PEOPLE))
    module = trained_run.load_network()
    torch.nn.init.zeros_(module.fc.weight)
    trained_run.save_weights(module)
    assert kept_assessments.assessments(trained_run) == []
    now = LiveAssessment(POINT, strangers=STRANGERS)
    kept_assessments.add(trained_run, now)
    assert kept_assessments.assessments(trained_run) == [now]
    assert len(files.read_json(trained_run.folder / "live_assessments.json")) == 2


@pytest.mark.parametrize(
    ("people", "strangers"),
    [({"Grace": {UNKNOWN: 1}}, {}), ({"Ada": {"Grace": 1}}, {}), ({}, {"Grace": 1})],
)
def test_names_that_the_run_does_not_know_are_refused(trained_run: Run, people, strangers) -> None:
    with pytest.raises(FacerecError, match="Grace: no class of the run"):
        kept_assessments.add(trained_run, LiveAssessment(POINT, people, strangers))
    assert kept_assessments.assessments(trained_run) == []


@pytest.mark.parametrize("content", ["{", '{"a": 1}', "[1]", '[{"weights": ""}, {"point": 1}]'])
def test_a_damaged_file_is_named_and_left_as_it_is(trained_run: Run, content: str) -> None:
    file = trained_run.folder / "live_assessments.json"
    file.write_text(content)
    with pytest.raises(FacerecError, match="live_assessments.json is damaged"):
        kept_assessments.assessments(trained_run)
    assert file.read_text() == content


@pytest.mark.parametrize("content", ["{", '{"a": 1}'])
def test_a_damaged_file_is_not_written_over(trained_run: Run, content: str) -> None:
    file = trained_run.folder / "live_assessments.json"
    file.write_text(content)
    with pytest.raises(FacerecError, match="live_assessments.json is damaged"):
        kept_assessments.add(trained_run, LiveAssessment(POINT, PEOPLE))
    assert file.read_text() == content


def test_assessments_written_at_once_are_all_kept(trained_run: Run) -> None:
    with ThreadPoolExecutor(10) as pool:
        for added in [
            pool.submit(kept_assessments.add, trained_run, LiveAssessment(POINT, PEOPLE))
            for _ in range(10)
        ]:
            added.result()
    assert len(kept_assessments.assessments(trained_run)) == 10
