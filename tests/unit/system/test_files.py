import errno
import hashlib
import os
import sys
from pathlib import Path

import pytest

from facerec.errors import FacerecError
from facerec.system import files


def test_a_failure_leaves_the_old_file_and_no_temporary(tmp_path: Path) -> None:
    path = tmp_path / "kept.txt"
    path.write_text("old")
    with pytest.raises(RuntimeError), files.replacing(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("number", "why"), [(errno.ENOSPC, "the disk is full"), (errno.EACCES, "Permission denied")]
)
def test_a_file_that_cannot_be_written_says_why_and_stays(
    tmp_path: Path, number: int, why: str
) -> None:
    path = tmp_path / "kept.txt"
    path.write_text("old")
    with (
        pytest.raises(FacerecError, match=f"kept.txt cannot be written: {why}"),
        files.replacing(path) as temporary,
    ):
        temporary.write_text("half")
        raise OSError(number, os.strerror(number))
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_success_replaces_the_file_and_makes_its_folder(tmp_path: Path) -> None:
    path = tmp_path / "new" / "file.txt"
    files.write_bytes(path, b"first")
    files.write_bytes(path, b"second")
    assert path.read_bytes() == b"second"
    assert list(path.parent.iterdir()) == [path]


def test_json_round_trip_keeps_letters_of_any_script(tmp_path: Path) -> None:
    path = tmp_path / "content.json"
    files.write_json(path, {"Ζωή": [1, 2.5, None]})
    assert files.read_json(path) == {"Ζωή": [1, 2.5, None]}
    assert "Ζωή" in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("content", [b"", b"{half", b"\xff\xfe"])
def test_damaged_json_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.json"
    path.write_bytes(content)
    with pytest.raises(FacerecError, match="broken.json is damaged"):
        files.read_json(path)


def test_content_hash_is_the_content_s_sha_256(tmp_path: Path) -> None:
    path = tmp_path / "file.bin"
    path.write_bytes(b"abc")
    assert files.content_hash(path) == hashlib.sha256(b"abc").hexdigest()


def test_content_hash_reads_again_only_what_has_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file.bin"
    path.write_bytes(b"abc")
    os.utime(path, ns=(0, 10**18))
    first = files.content_hash(path)
    monkeypatch.setattr(hashlib, "file_digest", None)
    assert files.content_hash(path) == first
    monkeypatch.undo()
    path.write_bytes(b"longer")
    assert files.content_hash(path) == hashlib.sha256(b"longer").hexdigest()


@pytest.mark.skipif(sys.platform == "win32", reason="FAT numbers no files")
def test_content_hash_knows_a_file_in_another_s_place(tmp_path: Path) -> None:
    """Also one of the same size and time, as where times are told by the tick."""
    path, other = tmp_path / "file.bin", tmp_path / "other.bin"
    for file, content in ((path, b"abc"), (other, b"xyz")):
        file.write_bytes(content)
        os.utime(file, ns=(0, 10**18))
    before = files.content_hash(path)
    os.replace(other, path)
    assert files.content_hash(path) == hashlib.sha256(b"xyz").hexdigest() != before


def test_delete_folder_leaves_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "gone"
    (folder / "inner").mkdir(parents=True)
    (tmp_path / ".deleted-gone").mkdir()
    files.delete_folder(folder)
    assert list(tmp_path.iterdir()) == []
