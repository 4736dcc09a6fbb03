"""Embedded faces and maps of a run, made once for all who look at them."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from facerec import embedded_faces
from facerec.embedded_faces import EmbeddedFaces, SpriteSheet
from facerec.embedding_map import METHODS, EmbeddingMap, PCAMap
from facerec.progress import Progress
from facerec.runs import Run
from pages import parts


class KeptFaces:
    """What was made of some faces so far; of each run's knowledge and kind of faces there is one.

    Streamlit's own caches would not let a progress bar move meanwhile.
    """

    def __init__(self) -> None:
        self.faces: EmbeddedFaces | None = None
        self._sheet: SpriteSheet | None = None
        self._maps: dict[str, EmbeddingMap] = {}

    def look(self, title: str, embed: Callable[[Progress], EmbeddedFaces]) -> EmbeddedFaces | None:
        """The faces, embedded now if they were not yet; None where that was stopped.

        ``embed`` gets the progress to report; its errors are shown on the page.
        """
        if self.faces is None and _wanted(title):
            with parts.errors_shown(), parts.progress(title) as progress:
                self.faces = embed(progress)
        return self.faces

    def arranged(self, method: str) -> EmbeddingMap:
        """The map of the faces; errors as ``PCAMap``."""
        if method not in self._maps:
            with st.spinner("Arranging the faces …"):
                self._maps[method] = METHODS[method].make(self.faces.embeddings)
        return self._maps[method]

    def how_to_read(self, method: str) -> str:
        """What this way of arranging keeps and what it loses; errors as ``arranged``."""
        text = f"{METHODS[method].title}: {METHODS[method].description}"
        made = self.arranged(method)
        if isinstance(made, PCAMap):
            text += f" This plane shows {made.shown:.0%} of all differences between these faces."
        return text

    def sheet(self) -> SpriteSheet:
        """Their pictures."""
        if self._sheet is None:
            self._sheet = embedded_faces.sprite_sheet(self.faces.pictures)
        return self._sheet


def kept_faces(run: Run, of: str, state: Any = None) -> KeptFaces:
    """What is kept of a run's faces; ``of`` tells which, and ``state`` how they were chosen."""
    return _kept(run.cache_key, of, state)


@st.cache_resource(show_spinner=False, max_entries=16)
def _kept(key: tuple[str, str, bool], of: str, state: Any) -> KeptFaces:
    return KeptFaces()


def _wanted(title: str) -> bool:
    """Whether to begin: at once, but after Stop only when asked for."""
    stopped = f"stopped-{title}"
    if st.session_state.get(f"stop-{title}"):
        st.session_state[stopped] = True
    if st.session_state.get(stopped):
        place = st.empty()
        with place.container():
            st.caption("It was stopped.")
            go_on = st.button(
                "Look at the faces", icon=":material/visibility:", type="primary", key=f"go-{title}"
            )
        if not go_on:
            return False
        place.empty()
        del st.session_state[stopped]
    return True


def choose_method(key: str) -> str:
    """A choice between the ways to make a map; the chosen one's name."""
    return st.segmented_control(
        "Arranged by",
        list(METHODS),
        default=next(iter(METHODS)),
        required=True,
        format_func=lambda name: METHODS[name].title,
        key=key,
        label_visibility="collapsed",
        help="\n\n".join(f"**{item.title}**: {item.description}" for item in METHODS.values()),
    )
