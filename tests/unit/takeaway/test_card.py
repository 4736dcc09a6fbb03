import shutil

import pytest

from facerec.datasets.folder import FaceFolder
from facerec.evaluation.judging import evaluate
from facerec.networks.catalogue import NETWORKS
from facerec.recognition.new_gallery import create
from facerec.runs.run import Run
from facerec.takeaway.card import model_card
from tests.examples import DATASET


def test_a_run_that_nobody_judged_claims_nothing(trained_run: Run) -> None:
    card = model_card(trained_run, trained_run.operating_point)
    assert "Nobody knows how often it is wrong" in card
    assert "24 images of 3 classes, 8 to 8 of each, from 6 sessions" in card
    assert "- Ada\n- Zoë\n" in card and "- Unknown" not in card


def test_it_says_what_was_measured_on_whom(trained_run: Run, home) -> None:
    shutil.copytree(FaceFolder.open(DATASET).path, home / "data" / "visitors")
    found = evaluate(trained_run, strangers=FaceFolder.open("visitors"))
    summary = found.summary(trained_run.operating_point)
    card = model_card(trained_run, trained_run.operating_point)
    assert f"on {summary.images} images of colours" in card
    assert f"strangers given a name (visitors) | {summary.strangers_named} |" in card
    assert f"own people refused | {summary.people_refused} |" in card


def test_names_are_no_markup(trained_run: Run) -> None:
    run = create("gallery", trained_run, FaceFolder.open(DATASET))
    gallery = run.gallery.with_faces("[x](y) `$z$`", run.gallery.embeddings[:1], [b""])
    run.save_gallery(gallery)
    card = model_card(run, run.operating_point)
    assert r"- \[x\](y) \`\$z\$\`" in card


def test_enrolled_people_are_counted(trained_run: Run) -> None:
    run = create("gallery", trained_run, FaceFolder.open(DATASET))
    counts = run.gallery.counts()
    card = model_card(run, run.operating_point)
    assert f"{sum(counts.values())} enrolled faces of {len(counts)} people" in card
    assert f"comes from {trained_run.name}" in card


def test_a_data_set_that_is_gone_is_no_error(trained_run: Run, home) -> None:
    shutil.rmtree(home / "data" / DATASET)
    assert "not on the computer" in model_card(trained_run, trained_run.operating_point)


@pytest.mark.parametrize("network", [item for item in NETWORKS.values() if item.pretrained])
def test_published_weights_have_terms(network) -> None:
    assert network.terms
