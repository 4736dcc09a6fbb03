from types import SimpleNamespace

import pytest

from facerec.cleaning.table import measure
from facerec.datasets.folder import FaceFolder
from pages.components import tile_grid as grid


@pytest.fixture
def tiles(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """In place of the browser's part: what was drawn, and ids that count as clicked."""
    seen = SimpleNamespace(drawn={}, clicked=None)

    def component(key: str, data: dict, default: dict, **_: object) -> SimpleNamespace:
        seen.drawn[key] = data
        return SimpleNamespace(
            selected=default["selected"] if seen.clicked is None else seen.clicked
        )

    monkeypatch.setattr(grid, "_component", component)
    return seen


@pytest.fixture
def folder(small_dataset: FaceFolder) -> FaceFolder:
    measure(small_dataset, small_dataset.face_files())
    return small_dataset


def ids(tiles: SimpleNamespace, key: str) -> list[str]:
    return [tile["id"] for tile in tiles.drawn[key]["tiles"]]
