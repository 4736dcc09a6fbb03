"""What is installed, and what README and messages say about it."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

from facerec.errors import FacerecError
from facerec.networks import dlib_file
from facerec.tuning.storage import open_storage

ROOT = Path(__file__).parents[2]


def lines(name: str) -> list[str]:
    found = (ROOT / name).read_text("utf-8").splitlines()
    return [line for line in found if line and not line.startswith(("#", "-r"))]


def test_what_is_optional_has_a_file_of_its_own() -> None:
    optional = {path.name for path in ROOT.glob("requirements-*.txt")} - {"requirements-dev.txt"}
    assert optional == {"requirements-postgresql.txt", "requirements-dlib.txt"}
    assert lines("requirements-dlib.txt") == [dlib_file.PACKAGED.requirement]
    needed = "\n".join(lines("requirements.txt"))
    for name in optional:
        for line in lines(name):
            assert re.split(r"[\[=]", line)[0] not in needed


def test_a_missing_driver_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    monkeypatch.setitem(sys.modules, "psycopg2", None)
    with pytest.raises(
        FacerecError, match=r"pip install -r requirements-postgresql\.txt"
    ) as caught:
        open_storage("postgresql+psycopg://me:secret@localhost/studies")
    assert "secret" not in str(caught.value)


def wheel(folder: Path, version: str) -> None:
    """An empty package torch, in an index of its own."""
    place = folder / "torch"
    place.mkdir(parents=True)
    name, about = f"torch-{version}-py3-none-any.whl", f"torch-{version}.dist-info"
    parts = {
        "METADATA": f"Metadata-Version: 2.1\nName: torch\nVersion: {version}\n",
        "WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        "RECORD": "",
    }
    with ZipFile(place / name, "w") as archive:
        for part, content in parts.items():
            archive.writestr(f"{about}/{part}", content)
    (place / "index.html").write_text(f'<a href="{name.replace("+", "%2B")}">{name}</a>')


def test_readme_says_how_to_get_pytorch_without_cuda(tmp_path: Path) -> None:
    """With one more index, pip takes its version for the pinned one: the part after + is newer."""
    flag, address = re.search(
        r"pip install (--\S+) (https://\S+)`", (ROOT / "README.md").read_text("utf-8")
    ).groups()
    assert address == "https://download.pytorch.org/whl/cpu"
    pinned = next(line for line in lines("requirements.txt") if line.startswith("torch=="))
    version = pinned.partition("==")[2]
    wheel(tmp_path / "pypi", version)
    wheel(tmp_path / "cpu", f"{version}+cpu")
    usual = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    result = subprocess.run(
        [sys.executable, "-m", "pip", "--isolated", "install", "--dry-run", "--ignore-installed",
         "--quiet", "--report=-", "--index-url", (tmp_path / "pypi").as_uri(),
         flag, (tmp_path / "cpu").as_uri(), pinned],
        capture_output=True, text=True, check=True, env={**usual, "PIP_CONFIG_FILE": os.devnull},
    )  # fmt: skip
    (install,) = json.loads(result.stdout)["install"]
    assert install["metadata"]["version"] == f"{version}+cpu"
