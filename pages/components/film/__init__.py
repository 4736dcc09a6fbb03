"""Component that draws boxes and names over a looping video, as its threshold changes."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.components import v2

from facerec.charts.style import KNOWN_COLOR, UNKNOWN_COLOR
from facerec.datasets.folder import UNKNOWN
from facerec.live.film import Film, FilmFace, Scored

_HERE = Path(__file__).parent
_LOOKING_COLOR = "#2456a6"
_component = v2.component(
    "facerec-film",
    html='<div class="film"><canvas aria-hidden="true"></canvas></div>'
    '<div class="said" role="status"></div>',
    css=(_HERE / "film.css").read_text(encoding="utf-8"),
    js=(_HERE / "film.js").read_text(encoding="utf-8"),
)


def film_player(
    film: Film, scored: Scored, classes: Sequence[str], threshold: float, key: str
) -> None:
    """Play a film in a loop, with its faces named at a threshold.

    With another threshold, the video goes on and only the names change.
    """
    with st.container(key=key):
        st.video(film.content, loop=True, autoplay=True, muted=True)
        _component(
            key=f"{key}-names",
            data={
                "video": f".st-key-{key} video",
                "size": list(film.size),
                "threshold": threshold,
                "unknown": UNKNOWN,
                "colors": [KNOWN_COLOR, UNKNOWN_COLOR, _LOOKING_COLOR],
                **_drawn(film, scored, classes),
            },
        )


def _drawn(film: Film, scored: Scored, classes: Sequence[str]) -> dict[str, Any]:
    rows = {
        (int(frame), int(track)): row
        for row, (frame, track) in enumerate(zip(scored.frames, scored.tracks, strict=True))
    }

    def numbers(frame: int, face: FilmFace) -> list[float | None]:
        """Box, place of the name, score or None if it is never named, and confidence."""
        row = rows.get((frame, face.track))
        if row is None:
            return [*face.box, None, None, None]
        accepted, confidence = float(scored.acceptance[row]), float(scored.confidences[row])
        score = accepted if math.isfinite(accepted) else None
        return [*face.box, int(scored.predictions[row]), score, round(confidence, 3)]

    return {
        "times": [round(frame.seconds, 3) for frame in film.frames],
        "faces": [
            [numbers(number, face) for face in frame.faces]
            for number, frame in enumerate(film.frames)
        ],
        "names": list(classes),
    }
