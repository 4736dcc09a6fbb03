"""Cache of a run's embedded faces and maps, shared by all sessions."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from facerec.embeddings import faces as embedded_faces
from facerec.embeddings.faces import EmbeddedFaces, SpriteSheet
from facerec.embeddings.map import METHODS, EmbeddingMap, PCAMap
from facerec.runs.run import CacheKey, Run
from facerec.system.progress import Progress
from pages.shared.progress import errors_shown, progress_bar


class KeptFaces:
    """Cache entry: the embeddings, maps and pictures of some faces, as far as they are made.

    A function cached by Streamlit could not move a progress bar while it makes them.
    """

    def __init__(self) -> None:
        self.faces: EmbeddedFaces | None = None
        self._sheet: SpriteSheet | None = None
        self._maps: dict[str, EmbeddingMap] = {}

    def look(self, title: str, embed: Callable[[Progress], EmbeddedFaces]) -> EmbeddedFaces | None:
        """The embedded faces, embedded now if they are not yet; None if that failed or was stopped.

        ``embed`` is called with a progress callback; its errors are shown on the page.
        """
        if self.faces is None and _wanted(title):
            with errors_shown(), progress_bar(title) as progress:
                self.faces = embed(progress)
        return self.faces

    @property
    def embedded(self) -> EmbeddedFaces:
        """The embedded faces of an entry for which ``look`` gave them."""
        assert self.faces is not None
        return self.faces

    def arranged(self, method: str) -> EmbeddingMap:
        """The map of the faces; errors as ``PCAMap``."""
        if method not in self._maps:
            with st.spinner("Arranging the faces …"):
                self._maps[method] = METHODS[method].make(self.embedded.embeddings)
        return self._maps[method]

    def how_to_read(self, method: str) -> str:
        """Explanation of a method's map, of what it keeps and loses; errors as ``arranged``."""
        text = f"{METHODS[method].title}: {METHODS[method].description}"
        made = self.arranged(method)
        if isinstance(made, PCAMap):
            text += f" This plane shows {made.shown:.0%} of all differences between these faces."
        return text

    def sheet(self) -> SpriteSheet:
        """The pictures of the faces on one sprite sheet."""
        if self._sheet is None:
            self._sheet = embedded_faces.sprite_sheet(self.embedded.pictures)
        return self._sheet


def kept_faces(run: Run, of: str, state: Any = None) -> KeptFaces:
    """The cache entry of a run in its present state.

    ``of`` names the kind of faces; another ``state`` of their selection gives another entry.
    """
    return _kept(run.cache_key, of, state)


@st.cache_resource(show_spinner=False, max_entries=16)
def _kept(key: CacheKey, of: str, state: Any) -> KeptFaces:
    return KeptFaces()


def _wanted(title: str) -> bool:
    """Whether to begin: at once, but after a stop only when a button is pressed."""
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
    """Draw the choice of a map's method, and give the chosen one's name."""
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
