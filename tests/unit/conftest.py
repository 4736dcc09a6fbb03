"""Unit tests never touch the network."""

import urllib.request
from urllib.error import URLError

import pytest
import torch

from facerec.faces import detection


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every download fail, and forget earlier attempts."""

    def refuse(*arguments: object, **options: object) -> None:
        raise URLError("no network in tests")

    monkeypatch.setattr(urllib.request, "urlopen", refuse)
    monkeypatch.setattr(torch.hub, "urlopen", refuse)
    monkeypatch.setattr(detection, "_failed_download", None)
