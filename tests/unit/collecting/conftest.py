"""An empty data set for tests of this package."""

from pathlib import Path

import pytest

from facerec.datasets.folder import FaceFolder


@pytest.fixture
def folder(home: Path) -> FaceFolder:
    """A data set without images."""
    return FaceFolder.create("imported")


def names(folder: FaceFolder) -> set[str]:
    """The keys of the faces of a data set."""
    return {face.key for face in folder.face_files()}
