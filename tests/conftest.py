"""Which tests run in one process, and which beside each other."""

import os
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent
# The longest come first, so that no worker is left with them at the end.
ORDER = ("browser", "acceptance", "pages", "unit")

# Before torch is imported, and for the processes that tests start: on cores that are busy already,
# two threads wait for each other longer than one computes.
os.environ["OMP_NUM_THREADS"] = "1"


def pytest_configure(config: pytest.Config) -> None:
    """Load the fixtures, but not torch for them in a process that only hands the tests out."""
    if hasattr(config, "workerinput") or config.getoption("dist") == "no":
        config.pluginmanager.import_plugin("tests.fixtures")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give each worker whole files; all tests with a browser to one, since they need a core each.

    What is made once for a file is then made once, and no stream disturbs another.
    """
    items.sort(key=lambda item: ORDER.index(item.path.relative_to(TESTS).parts[0]))
    for item in items:
        path = item.path.relative_to(TESTS)
        group = "browser" if path.parts[0] == "browser" else path.as_posix()
        item.add_marker(pytest.mark.xdist_group(group))
