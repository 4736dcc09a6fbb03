import shutil
from io import BytesIO

import numpy as np
import pytest

from facerec.datasets.folder import UNKNOWN, FaceFolder
from facerec.decisions.operating_point import OperatingPoint
from facerec.errors import FacerecError
from facerec.evaluation.judging import evaluate
from facerec.evaluation.kept import last_evaluation
from facerec.evaluation.robustness import last_robustness, measure_robustness
from facerec.evaluation.split_comparison import counterpart
from facerec.explanation.heat_maps import Explainer
from facerec.live.kept_assessments import assessments
from facerec.recognition.enrolment import enrol
from facerec.recognition.fastest_engine import take_over_measurements
from facerec.recognition.new_gallery import create
from facerec.recognition.recogniser import Recogniser
from facerec.runs import catalogue
from facerec.runs.catalogue import import_run, list_runs
from facerec.runs.held_out import split_of
from facerec.runs.run import Run
from facerec.training.job import status
from tests.examples import CLASSES, DATASET, RUN
from tests.unit.recognition.conftest import ADA, YELLOW, named


def test_it_knows_whom_its_embedder_s_split_leaves_to_learn_from(
    recogniser: Run, trained_run: Run
) -> None:
    assert recogniser.gallery.people == recogniser.classes == CLASSES
    learned = split_of(trained_run)[0]
    assert recogniser.gallery.counts() == {
        name: sum(face.class_name == name for face in learned) for name in CLASSES
    }
    assert [face.key for face in split_of(recogniser)[0]] == [face.key for face in learned]
    assert recogniser.info.embedder == RUN
    assert (recogniser.kind, recogniser.kind_title) == ("gallery", "Class means on Custom CNN")
    assert status(recogniser).state == "finished" and recogniser.trained
    assert recogniser.remarks() == []
    for picture in recogniser.gallery.pictures:
        assert picture.startswith(b"\xff\xd8") and len(picture) < 5000


def test_only_a_recogniser_has_a_gallery(recogniser: Run, trained_run: Run) -> None:
    assert recogniser.is_enrolled and not trained_run.is_enrolled
    with pytest.raises(FacerecError, match=f"{RUN} is a classifier"):
        _ = trained_run.gallery


def test_its_embeddings_are_in_the_embedder_s_face_space(recogniser: Run, trained_run: Run) -> None:
    space = trained_run.face_space()
    assert space is not None and space.projection.shape[1] == recogniser.gallery.embeddings.shape[1]
    np.testing.assert_array_equal(recogniser.face_space().projection, space.projection)
    assert recogniser.weights_hash == trained_run.weights_hash


def test_it_is_judged_as_the_classifiers_are(recogniser: Run, trained_run: Run) -> None:
    found, other = evaluate(recogniser), evaluate(trained_run)
    assert found.held_out.keys == other.held_out.keys
    assert found.right.all() and "similarity" in found.scores()
    assert last_evaluation(recogniser) is not None
    measure_robustness(recogniser)
    assert last_robustness(recogniser) is not None
    assert counterpart(trained_run) is None, "it is no training with another split"


def test_everybody_is_unknown_to_an_empty_one(trained_run: Run) -> None:
    run = create("nobody", trained_run, FaceFolder.open(DATASET), enrol_all=False)
    assert run.classes == (UNKNOWN,) and run.gallery.people == ()
    assert run.operating_point == OperatingPoint()
    assert named(run, YELLOW) == {UNKNOWN}
    with pytest.raises(FacerecError, match="Nobody is enrolled"):
        Explainer(run)
    enrol(run, "Yara", YELLOW[:8])
    assert run.classes == ("Yara",)
    assert "Yara" in named(run, YELLOW[8:]) and named(run, ADA) == {UNKNOWN}


def test_a_data_set_that_cannot_be_split_is_enrolled_whole(
    trained_run: Run, small_dataset: FaceFolder
) -> None:
    for name in ("Ada", UNKNOWN):
        shutil.rmtree(small_dataset.path / name)
    run = create("one", trained_run, FaceFolder(small_dataset.path))
    assert run.gallery.counts() == {"Zoë": 8}
    assert run.remarks(), "the data set has changed since its network was trained on it"
    with pytest.raises(FacerecError, match="at least two classes"):
        evaluate(run)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"name": RUN}, "There is a run named"),
        ({"name": "../x"}, "run name"),
        ({"matcher": "magic"}, "no matcher 'magic'"),
        ({"embedder": "magic"}, "no pretrained weights 'magic'"),
        ({"embedder": "vggface2"}, "20180402-114759-vggface2.pt"),
        ({"embedder": "casia-webface"}, "20180408-102900-casia-webface.pt"),
        ({"embedder": "imagenet"}, "resnet50-11ad3fa6.pth"),
    ],
)
def test_what_cannot_be_made_leaves_nothing(
    trained_run: Run,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    arguments: dict[str, str],
    message: str,
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path_factory.mktemp("hub")))
    given = {"name": "new", "embedder": trained_run, "dataset": FaceFolder.open(DATASET)}
    before = sorted(path.name for path in trained_run.folder.parent.iterdir())
    with pytest.raises(FacerecError, match=message):
        create(**{**given, **arguments})
    assert sorted(path.name for path in trained_run.folder.parent.iterdir()) == before
    assert [run.name for run in list_runs()] == [RUN]


def test_stopping_leaves_nothing(trained_run: Run) -> None:
    def stop(done: int, total: int) -> None:
        # Eighteen images and their mirror images for the space, eighteen to enrol.
        assert total == 2 * 18 + 18
        if done > 40:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        create("new", trained_run, FaceFolder.open(DATASET), progress=stop)
    assert [path.name for path in trained_run.folder.parent.iterdir()] == [RUN]


def test_an_embedder_in_training_is_not_taken(
    trained_run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Active:
        active = True

    monkeypatch.setattr("facerec.system.jobs.JobFolder.status", lambda self: Active())
    with pytest.raises(FacerecError, match="is being trained"):
        create("new", trained_run, FaceFolder.open(DATASET))


def test_an_embedder_may_be_an_embedding_recogniser(recogniser: Run) -> None:
    run = create("second", recogniser, FaceFolder.open(DATASET), "svm")
    assert run.gallery.people == CLASSES and run.info.embedder == "gallery"
    np.testing.assert_allclose(run.gallery.embeddings, recogniser.gallery.embeddings, atol=1e-5)


def test_it_moves_to_another_computer_whole(recogniser: Run) -> None:
    enrol(recogniser, "Yara", YELLOW[:8])
    packed = catalogue.export(recogniser)
    recogniser.delete()
    run = import_run(BytesIO(packed))
    assert run.classes == (*CLASSES, "Yara") and named(run, YELLOW[8:]) == {"Yara"}
    assert run.operating_point.score == "similarity"


def test_a_gallery_of_a_matcher_that_there_is_not_cannot_come_in(recogniser: Run) -> None:
    content = dict(np.load(recogniser.gallery_file))
    np.savez(recogniser.gallery_file, **{**content, "matcher": np.array("magic")})
    packed = catalogue.export(Run.open("gallery"))
    recogniser.delete()
    with pytest.raises(FacerecError):
        import_run(BytesIO(packed))
    assert [run.name for run in list_runs()] == [RUN]


def test_a_damaged_gallery_hides_no_other_run(recogniser: Run) -> None:
    recogniser.gallery_file.write_bytes(b"no gallery")
    assert [run.name for run in list_runs()] == [RUN]
    with pytest.raises(FacerecError, match=r"gallery\.npz is damaged"):
        Recogniser(Run.open("gallery"))


def test_a_gallery_of_another_network_is_refused(recogniser: Run) -> None:
    recogniser.face_space_file.unlink()
    with pytest.raises(FacerecError, match=r"gallery\.npz does not fit"):
        Recogniser(Run.open("gallery"))


def test_heat_maps_explain_the_similarity(recogniser: Run) -> None:
    heat = Explainer(recogniser).heat(ADA, [0, 0, 2])
    assert heat.shape == (3, 224, 224) and heat[:2].max() == pytest.approx(1)
    assert not np.allclose(heat[1], Explainer(recogniser).heat(ADA, [0, 2, 2])[1])


def test_what_was_measured_of_the_embedder_holds_for_it(
    trained_run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("engine.json", "network.onnx"):
        (trained_run.folder / name).write_text("measured")
    run = create("gallery", trained_run, FaceFolder.open(DATASET))
    assert (run.folder / "engine.json").read_text() == "measured"
    assert (run.folder / "network.onnx").read_text() == "measured"
    (run.folder / "engine.json").unlink()
    (trained_run.folder / "network.onnx").unlink()
    take_over_measurements(trained_run, run)
    assert (run.folder / "engine.json").exists()


def test_no_assessment_of_earlier_people_is_taken_for_one_of_now(recogniser: Run) -> None:
    assert assessments(recogniser) == []
