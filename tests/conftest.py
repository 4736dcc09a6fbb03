"""Distribution of the tests over processes."""

import os
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent
# The longest tests come first, so that no worker begins them at the end.
ORDER = ("browser", "acceptance", "pages", "unit")

# The setting must precede the import of torch, and the processes that tests start inherit it. On
# busy cores, two threads are slower than one, since they wait for each other.
os.environ["OMP_NUM_THREADS"] = "1"


def pytest_configure(config: pytest.Config) -> None:
    """Load the fixtures, except in the process that only distributes tests and needs no torch."""
    if hasattr(config, "workerinput") or config.getoption("dist") == "no":
        config.pluginmanager.import_plugin("tests.fixtures")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give each worker whole files, so that a file's fixtures are made once.

    All browser tests go to one worker, since each needs a core and streams disturb each other.
    """
    items.sort(key=lambda item: ORDER.index(item.path.relative_to(TESTS).parts[0]))
    for item in items:
        path = item.path.relative_to(TESTS)
        group = "browser" if path.parts[0] == "browser" else path.as_posix()
        item.add_marker(pytest.mark.xdist_group(group))
