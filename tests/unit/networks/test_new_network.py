import subprocess
import sys

from facerec.system import paths

FOLDER = "tests/unit/networks"


def test_a_network_is_one_file() -> None:
    """In a process of its own, whose ``facerec/networks`` has one file more from the start."""
    result = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-n", "0", "-q", "-p", "no:cacheprovider"),
            *("-p", "tests.unit.networks.new_network", "-p", "tests.pages.conftest"),
            # Of the tests of every network, those of the new one.
            *("-k", "new_network_tests or toy", f"{FOLDER}/new_network_tests.py"),
            *(f"{FOLDER}/test_networks.py", f"{FOLDER}/test_layers.py"),
        ],
        cwd=paths.PROJECT,
        capture_output=True,
        encoding="utf-8",
    )
    assert result.returncode == 0, result.stdout + result.stderr
