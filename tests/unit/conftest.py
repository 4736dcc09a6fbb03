"""Unit tests never touch the network, and are quick also beside other work."""

import urllib.request
from urllib.error import URLError

import pytest
import torch

from facerec import detection

# On cores that are busy already, two threads wait for each other longer than one computes.
torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same in the processes that a test starts."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every download fails, and none has been tried before."""

    def refuse(*arguments: object, **options: object) -> None:
        raise URLError("no network in tests")

    monkeypatch.setattr(urllib.request, "urlopen", refuse)
    monkeypatch.setattr(torch.hub, "urlopen", refuse)
    monkeypatch.setattr(detection, "_failed_download", None)
