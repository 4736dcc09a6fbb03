"""Every benchmark can be started: what it calls is still there."""

from importlib import import_module
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[3] / "benchmarks"


@pytest.mark.parametrize("name", sorted(file.stem for file in FOLDER.glob("[a-z]*.py")))
def test_it_finds_what_it_imports(name: str) -> None:
    assert import_module(f"benchmarks.{name}").__doc__
