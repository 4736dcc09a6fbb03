"""Component for a map of embeddings: points that show their face, live faces among them."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from streamlit.components import v2

from facerec.embeddings.map import METHODS, STRANGER_COLOR, middle
from pages.components.embedding_map.kept import KeptFaces

_HERE = Path(__file__).parent
_map = v2.component(
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
# A separate component, so that only the live faces go to the browser twice a second.
_live = v2.component("facerec-map-live", js=(_HERE / "live_faces.js").read_text(encoding="utf-8"))

STRANGERS = "Strangers"
TALLEST = 540


@dataclass(frozen=True)
class LivePoint:
    """A face before the camera as a point on the map.

    Parameters
    ----------
    track : int
        Id of the face's track; the point moves as long as the id stays.
    x, y : float
        Position in the map's coordinates.
    name : str
        Label given by the run.
    color : str
        Colour of the ring, as ``#rrggbb``.
    url : str
        The face's picture as a ``data:`` URL.
    """

    track: int
    x: float
    y: float
    name: str
    color: str
    url: str


def draw_map(
    kept: KeptFaces, method: str, colors: dict[str, str], key: str, tallest: int = TALLEST
) -> None:
    """Draw the map of faces made by a method of ``METHODS``; errors as ``KeptFaces.arranged``.

    ``colors`` are the colours of the classes, as ``#rrggbb``; strangers are drawn as crosses. The
    map is at most ``tallest`` pixels high.
    """
    faces, places = kept.embedded, kept.arranged(method).places
    members = faces.members(colors)
    groups = [
        {"name": name, "color": colors[name], "cross": False, "at": middle(places[rows]).tolist()}
        for name, rows in members.items()
    ]
    # Strangers are many people: a label at the middle of their points would mean nothing.
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
            "tallest": tallest,
            "stretch": not METHODS[method].to_scale,
        },
    )


def draw_live_faces(faces: Sequence[LivePoint], key: str) -> None:
    """Add faces to the map with this key, move them, and remove those that are left out."""
    _live(key=f"{key}-live", data={"map": key, "faces": [asdict(face) for face in faces]})
