import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from facerec.datasets.folder import FaceFolder
from facerec.errors import FacerecError
from facerec.evaluation.judging import evaluate
from facerec.evaluation.kept import last_evaluation
from facerec.runs import creating
from facerec.runs.run import Run
from facerec.system import files
from facerec.training.loop import train
from tests.examples import CLASSES, RUN, tiny_config
from tests.unit.evaluation.conftest import same


def test_what_was_found_is_kept_with_the_run_for_people_and_programs(
    trained_run: Run, visitors: FaceFolder
) -> None:
    assert last_evaluation(trained_run) is None
    found = evaluate(trained_run, strangers=visitors)
    last = last_evaluation(Run.open(RUN))
    assert same(last, found)
    content = json.loads(trained_run.evaluation_file.read_text("utf-8"))
    assert content["classes"] == list(CLASSES)
    assert content["weights"] == trained_run.weights_hash
    for part, faces in ((content["held_out"], 6), (content["strangers"], 4)):
        assert len(part["images"]) == faces
    row = content["held_out"]["images"][0]
    assert (row["image"], row["class"]) == (found.held_out.keys[0], found.held_out.names[0])
    assert row["prediction"] == CLASSES[found.predictions[0]]
    assert row["confidence"] == pytest.approx(
        found.held_out.outputs.probabilities()[0].max(), abs=1e-4
    )


def test_further_training_leaves_no_evaluation(
    small_dataset: FaceFolder, visitors: FaceFolder
) -> None:
    run = creating.create("longer", tiny_config(keep="last"))
    train(run, should_stop=lambda: len(run.history()) == 1)
    first = evaluate(run, strangers=visitors)
    space = run.face_space()
    train(run)
    assert len(run.history()) == 2
    assert last_evaluation(run) is None and run.face_space() is None
    second = evaluate(run, strangers=visitors)
    assert not np.array_equal(first.held_out.outputs.logits, second.held_out.outputs.logits)
    assert not np.array_equal(first.strangers.outputs.logits, second.strangers.outputs.logits)
    assert not np.array_equal(space.projection, run.face_space().projection)
    assert same(last_evaluation(run), second)


def in_held_out(change: Callable[[dict[str, Any]], object]) -> Callable[[dict[str, Any]], object]:
    """A change to the first record of the held-out images."""
    return lambda content: change(content["held_out"]["images"][0])


@pytest.mark.parametrize(
    "change",
    [
        lambda content: content.update(held_out=[]),
        lambda content: content.update(strangers="nobody"),
        lambda content: content["held_out"].update(images=[]),
        lambda content: content["held_out"].update(images=None),
        lambda content: content["held_out"].update(dataset=None),
        lambda content: content["held_out"].pop("images"),
        in_held_out(lambda row: row.pop("logits")),
        in_held_out(lambda row: row.update(logits=[1.0, 2.0])),
        in_held_out(lambda row: row.update(logits=["a", "b", "c"])),
        in_held_out(lambda row: row.update(logits=[None, 1.0, 2.0])),
        in_held_out(lambda row: row.update(logits=[1e300, 1.0, 2.0])),
        in_held_out(lambda row: row.update(similarities=[1.0])),
        in_held_out(lambda row: row.update({"class": "Grace", "image": "Grace/a.jpg"})),
        in_held_out(lambda row: row.update({"class": 7})),
        in_held_out(lambda row: row.update(image="../secret.jpg")),
        in_held_out(lambda row: row.update(image="Ada/../../secret.jpg")),
        in_held_out(lambda row: row.update(image=7)),
        lambda content: content["strangers"]["images"][0].update(
            {"class": "..", "image": "../secret.jpg"}
        ),
        lambda content: content["strangers"]["images"][0].update(
            {"class": "/", "image": "/secret.jpg"}
        ),
        lambda content: content["strangers"]["images"][0].update({"class": "x", "image": "x/.."}),
    ],
)
def test_a_damaged_evaluation_is_named(
    trained_run: Run, visitors: FaceFolder, change: Callable[[dict[str, Any]], object]
) -> None:
    evaluate(trained_run, strangers=visitors)
    content = files.read_json(trained_run.evaluation_file)
    change(content)
    files.write_json(trained_run.evaluation_file, content)
    for look in (last_evaluation, evaluate):
        with pytest.raises(FacerecError, match=r"evaluation\.json is damaged: delete it and judge"):
            look(trained_run)


@pytest.mark.parametrize("content", [b"", b"[]", b"{half", b"\xff"])
def test_an_evaluation_that_is_none_is_named(trained_run: Run, content: bytes) -> None:
    trained_run.evaluation_file.write_bytes(content)
    for look in (last_evaluation, evaluate):
        with pytest.raises(FacerecError, match=r"evaluation\.json is damaged"):
            look(trained_run)


def test_what_an_earlier_version_wrote_is_judged_anew(trained_run: Run) -> None:
    files.write_json(trained_run.evaluation_file, {"summary": {}, "held_out_images": []})
    assert last_evaluation(trained_run) is None
    assert len(evaluate(trained_run).held_out) == 6
    # Its similarities were others.
    content = files.read_json(trained_run.evaluation_file)
    del content["similarity"]
    files.write_json(trained_run.evaluation_file, content)
    assert last_evaluation(trained_run) is None
