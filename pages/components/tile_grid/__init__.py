"""Component for pictures as tiles, selected by click, Shift-click or keyboard."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from streamlit.components import v2

_HERE = Path(__file__).parent
_component = v2.component(
    "facerec-tiles",
    html='<div class="bar"></div><div class="grid" role="group"></div>',
    css=(_HERE / "tile_grid.css").read_text(encoding="utf-8"),
    js=(_HERE / "tile_grid.js").read_text(encoding="utf-8"),
)


@dataclass(frozen=True)
class Tile:
    """A picture in a grid.

    Parameters
    ----------
    id : str
        Id that is unique in the grid.
    url : str
        URL of the picture, such as a ``data:`` URL.
    note : str
        A few words below the picture.
    title : str
        Tooltip, which screen readers read out too.
    fixed : bool
        Whether the tile cannot be selected.
    """

    id: str
    url: str
    note: str = ""
    title: str = ""
    fixed: bool = False


def tile_grid(tiles: Sequence[Tile], key: str, chosen: Sequence[str] = ()) -> list[str]:
    """Draw tiles, and give the ids of the selected ones in the order of the tiles.

    ``chosen`` are the ids selected at first, and again when the tiles change.
    """
    result = _component(
        key=key,
        data={"tiles": [asdict(tile) for tile in tiles], "chosen": list(chosen)},
        default={"selected": list(chosen)},
        on_selected_change=lambda: None,
    )
    selected = set(result.selected or [])
    return [tile.id for tile in tiles if tile.id in selected and not tile.fixed]
