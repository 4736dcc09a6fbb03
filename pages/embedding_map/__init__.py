"""A map of faces: points that show their face, and the faces before the camera among them."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import streamlit as st

from facerec.embedding_map import METHODS, STRANGER_COLOR, middle
from pages.embedding_map.kept import KeptFaces

_HERE = Path(__file__).parent
_map = st.components.v2.component(
    "facerec-map",
    html="""
    <div class="map" tabindex="0" role="application"
         aria-label="Map of faces: the arrow keys go from face to face">
      <svg aria-hidden="true"></svg>
      <div class="live" aria-hidden="true"></div>
      <div class="card" hidden><div class="face"></div><div class="name"></div></div>
    </div>
    <div class="said" role="status"></div>
    """,
    css=(_HERE / "embedding_map.css").read_text(encoding="utf-8"),
    js=(_HERE / "embedding_map.js").read_text(encoding="utf-8"),
)
# Of its own, so that twice a second only the live faces go to the browser, and not the sheet.
_live = st.components.v2.component(
    "facerec-map-live", js=(_HERE / "live_faces.js").read_text(encoding="utf-8")
)

STRANGERS = "Strangers"


@dataclass(frozen=True)
class LivePoint:
    """A face before the camera.

    Parameters
    ----------
    track : int
        The same as long as it is followed: its point then moves.
    x, y : float
        In the map's own measure.
    name : str
        What the run calls it.
    color : str
        Of the ring, as ``#rrggbb``.
    url : str
        Its picture: a ``data:`` address.
    """

    track: int
    x: float
    y: float
    name: str
    color: str
    url: str


def draw_map(kept: KeptFaces, method: str, colors: dict[str, str], key: str) -> None:
    """Draw faces as a method of ``METHODS`` arranges them; errors as ``KeptFaces.arranged``.

    ``colors`` are those of the classes; strangers are crosses.
    """
    faces, places = kept.faces, kept.arranged(method).places
    members = faces.members(colors)
    groups = [
        {"name": name, "color": colors[name], "cross": False, "at": middle(places[rows]).tolist()}
        for name, rows in members.items()
    ]
    # Strangers are everywhere and nowhere: a name in their middle would say nothing.
    groups.append({"name": STRANGERS, "color": STRANGER_COLOR, "cross": True, "at": None})
    group_of = {row: group for group, rows in enumerate(members.values()) for row in rows}
    points = [
        {"x": x, "y": y, "group": group_of.get(row, len(members)), "name": faces.names[row]}
        for row, (x, y) in enumerate(places.round(3).tolist())
    ]
    if len(group_of) == len(points):
        groups.pop()
    _map(
        key=key,
        data={
            "map": key,
            "groups": groups,
            "points": points,
            "sheet": asdict(kept.sheet()),
            "stretch": not METHODS[method].to_scale,
        },
    )


def draw_live_faces(faces: Sequence[LivePoint], key: str) -> None:
    """Let faces drop onto the map of that key, or move there; those left out vanish."""
    _live(key=f"{key}-live", data={"map": key, "faces": [asdict(face) for face in faces]})
