import json
import os
import threading
import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
import torch

from facerec.datasets.folder import FaceFolder
from facerec.errors import FacerecError
from facerec.evaluation.judging import evaluate
from facerec.runs import catalogue, creating
from facerec.runs.catalogue import import_run, list_runs
from facerec.runs.run import Run
from facerec.system import paths
from tests.examples import DATASET, RUN, tiny_config
from tests.unit.runs.conftest import POINT, SPACE, same_space


def archive(members: dict[str, bytes | str]) -> BytesIO:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        for name, content in members.items():
            packed.writestr(name, content)
    return buffer


def test_runs_are_listed_the_newest_first(small_dataset: FaceFolder, home: Path) -> None:
    assert list_runs() == []
    for name, year in (("a", 2024), ("b", 2026), ("c", 2025)):
        run = creating.create(name, tiny_config())
        values = json.loads(run.config_file.read_text("utf-8"))
        values["created"] = f"{year}-01-01T00:00:00+00:00"
        run.config_file.write_text(json.dumps(values), "utf-8")
    (home / "models" / "detectors").mkdir()
    assert [run.name for run in list_runs()] == ["b", "c", "a"]


def test_the_commands_number_their_runs(small_dataset: FaceFolder) -> None:
    for number in (1, 2):
        name = catalogue.numbered_name(str(small_dataset.path), "custom_cnn")
        assert name == f"{DATASET}-custom_cnn-{number}"
        creating.create(name, tiny_config())


def test_free_names_count_up(small_dataset: FaceFolder) -> None:
    names = []
    for _ in range(2):
        names.append(catalogue.free_name("mine"))
        creating.create(names[-1], tiny_config())
    assert names == ["mine", "mine-2"] and catalogue.free_name("mine") == "mine-3"
    assert catalogue.free_name("a/b: 1e-3") == "a-b- 1e-3"
    longest = catalogue.free_name("x" * 100)
    assert longest == "x" * paths.LONGEST_NAME
    creating.create(longest, tiny_config())
    assert catalogue.free_name("x" * 100) == f"{'x' * (paths.LONGEST_NAME - 2)}-2"


def test_export_and_import_round_trip(trained_run: Run) -> None:
    trained_run.save_operating_point(POINT)
    trained_run.save_face_space(SPACE, trained_run.weights_hash)
    trained_run.evaluation_file.write_text("{}")
    trained_run.job.log_file.write_text("only here")
    before = trained_run.load_network().state_dict()
    history, config, info = trained_run.history(), trained_run.config, trained_run.info
    packed = catalogue.export(trained_run)
    assert not {"checkpoint.pt", "log.txt"} & {
        Path(name).name for name in zipfile.ZipFile(BytesIO(packed)).namelist()
    }
    trained_run.delete()
    assert list_runs() == []
    run = import_run(BytesIO(packed))
    assert (run.name, run.history(), run.config, run.info) == (RUN, history, config, info)
    assert run.operating_point == POINT
    assert same_space(run.face_space(), SPACE)
    assert run.evaluation_file.read_text() == "{}"
    for name, value in run.load_network().state_dict().items():
        torch.testing.assert_close(value, before[name])


def test_a_second_import_gets_a_name_of_its_own(trained_run: Run) -> None:
    packed = catalogue.export(trained_run)
    assert catalogue.name_in(BytesIO(packed)) == RUN
    second = import_run(BytesIO(packed), "second")
    assert second.name == "second" and {run.name for run in list_runs()} == {RUN, "second"}
    with pytest.raises(FacerecError, match="not allowed|cannot|name"):
        import_run(BytesIO(packed), "../outside")


def test_an_import_never_replaces_a_run(trained_run: Run) -> None:
    with pytest.raises(FacerecError, match="There is a run named"):
        import_run(BytesIO(catalogue.export(trained_run)))
    assert trained_run.load_network()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"no archive", "no ZIP archive"),
        (archive({}).getvalue(), "no run exported"),
        (archive({"readme.txt": "x"}).getvalue(), "no run exported"),
        (archive({"run/config.json": "{}", "run/evil.py": "x"}).getvalue(), "no run exported"),
        (archive({"run/config.json": "{}", "two/weights.pt": "x"}).getvalue(), "no run exported"),
        (archive({"../config.json": "{}"}).getvalue(), "leaves it"),
        (archive({"run/../../config.json": "{}"}).getvalue(), "leaves it"),
        (archive({"run/config.json": "{}"}).getvalue(), "not complete|no weights"),
        (archive({"run/config.json": "{}", "run/weights.pt": "x"}).getvalue(), "not complete"),
        (archive({"run/weights.pt": "x"}).getvalue(), "not complete"),
        (archive({"run/config.json": "{", "run/weights.pt": "x"}).getvalue(), "damaged"),
        (archive({"run/config.json": "[]", "run/weights.pt": "x"}).getvalue(), "not complete"),
    ],
)
def test_a_foreign_zip_is_refused_and_leaves_nothing(
    home: Path, content: bytes, message: str
) -> None:
    with pytest.raises(FacerecError, match=message):
        import_run(BytesIO(content))
    assert not (home / "models").exists() or list((home / "models").iterdir()) == []


@pytest.mark.parametrize(
    "member",
    ["weights.pt", "history.jsonl", "threshold.json", "face_space.npz", "second_opinion.npz"],
)
def test_a_run_with_a_broken_file_is_refused(trained_run: Run, member: str) -> None:
    packed = BytesIO(catalogue.export(trained_run))
    unpacked = zipfile.ZipFile(packed)
    members = {name: unpacked.read(name) for name in unpacked.namelist()}
    trained_run.delete()
    with pytest.raises(FacerecError):
        import_run(archive({**members, f"{RUN}/{member}": b"broken"}))
    assert list_runs() == []


def test_a_damaged_archive_is_refused(trained_run: Run) -> None:
    content = bytearray(catalogue.export(trained_run))
    trained_run.delete()
    content[content.index(b"history.jsonl") + 40] ^= 255
    with pytest.raises(FacerecError):
        import_run(BytesIO(bytes(content)))
    assert list_runs() == []


def test_an_imported_run_names_nothing_outside_this_computer_s_folders(trained_run: Run) -> None:
    evaluate(trained_run)
    packed = BytesIO()
    foreign = "/etc/ssl", r"\\\\server\\share\\faces", "../../secret", "C:\\\\faces\\\\.."
    names = []
    for number, reference in enumerate(foreign):
        packed = BytesIO()
        with (
            zipfile.ZipFile(BytesIO(catalogue.export(trained_run))) as source,
            zipfile.ZipFile(packed, "w") as target,
        ):
            for entry in source.namelist():
                content = source.read(entry)
                if entry.endswith(("config.json", "evaluation.json")):
                    content = content.replace(
                        f'"dataset": "{DATASET}"'.encode(), f'"dataset": "{reference}"'.encode()
                    )
                target.writestr(entry.replace(RUN, f"new{number}"), content)
        run = import_run(packed)
        kept = json.loads(run.evaluation_file.read_text("utf-8"))["held_out"]["dataset"]
        names += [run.config.dataset, kept]
        with pytest.raises(FacerecError, match="no data set"):
            FaceFolder.open(run.config.dataset)
    assert names == ["ssl", "ssl", "faces", "faces", "secret", "secret", "elsewhere", "elsewhere"]


@pytest.mark.parametrize("content", ["", "{", "5", "[]", '{"classes": 5}', "[" * 3000])
def test_a_damaged_run_is_named_and_hides_no_other(trained_run: Run, content: str) -> None:
    other = creating.create("other", tiny_config())
    other.config_file.write_text(content)
    assert [run.name for run in list_runs()] == [trained_run.name]
    assert list(catalogue.damaged_runs()) == ["other"]
    assert "config.json" in catalogue.damaged_runs()["other"]


def test_of_several_who_make_a_run_at_once_one_does(small_dataset: FaceFolder) -> None:
    together = threading.Barrier(4)

    def make() -> str:
        together.wait()
        try:
            return creating.create("same", tiny_config()).name
        except FacerecError as error:
            return str(error)

    with ThreadPoolExecutor(4) as pool:
        results = [future.result() for future in [pool.submit(make) for _ in range(4)]]
    assert results.count("same") == 1
    assert sum("a run named same already" in result for result in results) == 3


def test_remarks_written_at_once_are_all_kept(trained_run: Run) -> None:
    with ThreadPoolExecutor(10) as pool:
        list(pool.map(trained_run.add_remark, map(str, range(10))))
    assert sorted(trained_run.remarks()) == sorted(map(str, range(10)))


@pytest.mark.parametrize("year", [1970, 2115])
def test_files_of_any_year_are_exported(trained_run: Run, year: int) -> None:
    then = (year - 1970) * 365.25 * 86_400
    for file in trained_run.folder.iterdir():
        os.utime(file, (then, then))
    packed = catalogue.export(trained_run)
    trained_run.delete()
    assert import_run(BytesIO(packed)).trained


def test_runs_of_an_experiment_stand_apart_until_they_go_elsewhere(trained_run: Run) -> None:
    config, info = trained_run.config, replace(trained_run.info, experiment="sizes")
    trained_run.save_config(config, info)
    part = Run(trained_run.folder)
    assert catalogue.own_runs() == [] and len(catalogue.list_runs()) == 1
    arrived = catalogue.import_run(BytesIO(catalogue.export(part)), "elsewhere")
    assert [run.name for run in catalogue.own_runs()] == [arrived.name]
