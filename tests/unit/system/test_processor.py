import subprocess
import sys

import pytest

# Pages that the system hands out anew when a hundred megabytes are freed and needed again.
FAULTS = """
import resource, torch
from facerec.system.processor import keep_freed_memory
{call}
def use():
    torch.ones(100_000_000, dtype=torch.uint8)
# The first times, whatever else is allocated settles between the places that are freed.
for _ in range(20):
    use()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(10):
    use()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(call: str) -> int:
    code = FAULTS.format(call=call)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return int(done.stdout)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux's C library gives memory back")
def test_memory_that_was_freed_is_used_again() -> None:
    assert faults("keep_freed_memory()") < 0.1 * faults("")
