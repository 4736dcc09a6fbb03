from pathlib import Path

import pytest

from facerec.errors import FacerecError
from facerec.system import paths


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "../x",
        "..",
        "a/b",
        "a\\b",
        "/etc",
        "C:x",
        "CON",
        "con.txt",
        "lpt1",
        ".hidden",
        "_raw",
        "dot.",
        "a" * 300,
        "Ω" * 120,
        "tab\there",
        "null\0",
        "lone surrogate \udcff",
    ],
)
def test_unsafe_names_are_refused(text: str) -> None:
    with pytest.raises(FacerecError, match="^The class name"):
        paths.safe_name(text, "class name")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Ada", "Ada"),
        ("  Ada Lovelace ", "Ada Lovelace"),
        ("Γιώργος", "Γιώργος"),
        ("😀", "😀"),
        ("Zoe\u0308", "Zo\u00eb"),
        ("v1.2", "v1.2"),
        ("Connie", "Connie"),
        ("a" * 80, "a" * 80),
    ],
)
def test_names_of_any_script_work(text: str, name: str, tmp_path: Path) -> None:
    assert paths.safe_name(text) == name
    (tmp_path / name).mkdir()


def test_find_dataset_by_name_and_by_path(home: Path, tmp_path: Path) -> None:
    named, elsewhere = home / "data" / "class 7b", tmp_path / "elsewhere"
    named.mkdir(parents=True)
    elsewhere.mkdir()
    assert paths.find_dataset("class 7b") == named
    assert paths.find_dataset(str(elsewhere)) == elsewhere


@pytest.mark.parametrize("name", ["missing", "", " "])
def test_find_dataset_says_where_it_looked(home: Path, name: str) -> None:
    with pytest.raises(FacerecError, match="no data set.*data"):
        paths.find_dataset(name)


def test_subfolders_leave_out_files_and_our_own_folders(tmp_path: Path) -> None:
    for name in ("b", "a", "_raw", ".arriving"):
        (tmp_path / name).mkdir()
    (tmp_path / "file").touch()
    assert [folder.name for folder in paths.subfolders(tmp_path)] == ["a", "b"]
    assert paths.subfolders(tmp_path / "missing") == []


def test_home_is_the_project_unless_the_environment_says_otherwise(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert paths.models_folder() == home / "models"
    monkeypatch.delenv("FACEREC_HOME")
    assert (paths.home() / "facerec" / "system" / "paths.py").is_file()
