"""Pictures as tiles that can be selected: by click, by Shift and click, or with the keyboard."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import streamlit as st

_HERE = Path(__file__).parent
_component = st.components.v2.component(
    "facerec-tiles",
    html='<div class="bar"></div><div class="grid" role="group"></div>',
    css=(_HERE / "tile_grid.css").read_text(encoding="utf-8"),
    js=(_HERE / "tile_grid.js").read_text(encoding="utf-8"),
)


@dataclass(frozen=True)
class Tile:
    """A picture.

    Parameters
    ----------
    id : str
        Tells it from the others in the grid.
    url : str
        Where the picture is; ``data:`` addresses do.
    note : str
        A few words below it.
    title : str
        What is read out, and shown when the pointer rests on it.
    fixed : bool
        Shown only, and never selected.
    """

    id: str
    url: str
    note: str = ""
    title: str = ""
    fixed: bool = False


def tile_grid(tiles: Sequence[Tile], key: str, chosen: Sequence[str] = ()) -> list[str]:
    """Draw tiles; the ids of those that are selected, in the order of the tiles.

    ``chosen`` are selected at first, and again when the tiles change.
    """
    result = _component(
        key=key,
        data={"tiles": [asdict(tile) for tile in tiles], "chosen": list(chosen)},
        default={"selected": list(chosen)},
        on_selected_change=lambda: None,
    )
    selected = set(result.selected or [])
    return [tile.id for tile in tiles if tile.id in selected and not tile.fixed]
