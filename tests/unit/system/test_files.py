import errno
import hashlib
import os
import stat
import sys
from dataclasses import dataclass
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


def test_two_processes_may_delete_beside_each_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "gone"
    (folder / "inner").mkdir(parents=True)
    move = files.move

    def swept(one: Path, other: Path) -> None:
        move(one, other)
        files.sweep(other.parent)

    monkeypatch.setattr(files, "move", swept)
    files.delete_folder(folder)
    assert list(tmp_path.iterdir()) == []


def test_content_is_on_the_disk_before_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    replace, sync = os.replace, os.fsync

    def synced(descriptor: int) -> None:
        folder = stat.S_ISDIR(os.fstat(descriptor).st_mode)
        done.append("folder" if folder else f"{os.fstat(descriptor).st_size} bytes")
        sync(descriptor)

    def replaced(*paths: Path) -> None:
        done.append("renamed")
        replace(*paths)

    monkeypatch.setattr(files.os, "fsync", synced)
    monkeypatch.setattr(files.os, "replace", replaced)
    files.write_bytes(tmp_path / "a.txt", b"12345")
    files.move(tmp_path / "a.txt", tmp_path / "b.txt")
    folders = [] if sys.platform == "win32" else ["folder"]
    assert done == ["5 bytes", "renamed", *folders, "renamed", *folders]


def test_a_folder_that_was_deleted_does_not_come_back(tmp_path: Path) -> None:
    with pytest.raises(FacerecError, match="its folder was deleted"):
        files.write_bytes(tmp_path / "gone" / "a.txt", b"", new_folder=False)
    assert not (tmp_path / "gone").exists()


def test_a_folder_arrives_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "there"
    with pytest.raises(RuntimeError), files.arriving(target, "run") as folder:
        (folder / "a.txt").write_text("a")
        raise RuntimeError
    assert not list(tmp_path.glob("[!.]*")) and not list(tmp_path.glob(f"{files.ARRIVING}*"))
    with files.arriving(target, "run") as folder:
        (folder / "a.txt").write_text("a")
        assert not target.exists()
    assert (target / "a.txt").read_text() == "a"
    with pytest.raises(FacerecError, match="a run named there already"):
        with files.arriving(target, "run"):
            pass


def test_of_two_that_arrive_under_one_name_the_first_stays(tmp_path: Path) -> None:
    with pytest.raises(FacerecError, match="a run named there already"):
        with files.arriving(tmp_path / "there", "run") as second:
            (second / "second").touch()
            with files.arriving(tmp_path / "there", "run") as first:
                (first / "first").touch()
    assert [path.name for path in (tmp_path / "there").iterdir()] == ["first"]
    assert not list(tmp_path.glob(f"{files.ARRIVING}*"))


def test_what_a_crash_left_is_swept(tmp_path: Path) -> None:
    for name in (f"{files.DELETED}1", f"{files.ARRIVING}1", f"{files.ARRIVING}2", "kept"):
        (tmp_path / name).mkdir()
    os.utime(tmp_path / f"{files.ARRIVING}1", (0, 0))
    files.sweep(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {f"{files.ARRIVING}2", "kept"}


@dataclass(frozen=True)
class Note:
    text: str
    places: tuple[int, ...] = ()


@pytest.mark.parametrize(
    "content",
    ["", "{", "5", "[]", "{}", '{"text": 5}', '{"text": "a", "places": ["1"]}', "[" * 100_000],
)
def test_a_kept_file_is_checked(tmp_path: Path, content: str) -> None:
    file = tmp_path / "note.json"
    file.write_text(content)
    with pytest.raises(FacerecError, match=r"note\.json is damaged") as refusal:
        files.read_as(file, Note)
    assert "\n" not in str(refusal.value)
    file.write_text('{"text": "a", "places": [1, 2], "later": true}')
    assert files.read_as(file, Note) == Note("a", (1, 2))
    with pytest.raises(FacerecError, match="later"):
        files.read_as(file, Note, others="forbid")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    for reader in (files.read_json, lambda path: files.read_as(path, Note)):
        with pytest.raises(FacerecError, match=r"none\.json cannot be read: No such file"):
            reader(tmp_path / "none.json")
