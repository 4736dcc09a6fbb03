"""The map: embeddings of the faces that the run in use knows, and of those before the camera."""

import streamlit as st

from facerec.datasets.folder import FaceFolder
from facerec.datasets.splits import evenly_drawn
from facerec.embeddings.faces import EmbeddedFaces, embed_faces, enrolled_faces
from facerec.embeddings.map import FEWEST_FACES, METHODS, MOST_FACES, EmbeddingMap, class_colors
from facerec.faces import thumbnails
from facerec.live.frames import LiveFace
from facerec.live.pipeline import LivePipeline
from facerec.recognition.recogniser import Recogniser
from facerec.runs.run import Run
from facerec.system.progress import Progress
from pages.components.embedding_map import TALLEST, LivePoint, draw_live_faces, draw_map
from pages.components.embedding_map.kept import KeptFaces, choose_method, kept_faces
from pages.live_panels.view import LiveView
from pages.shared.progress import errors_shown

MOST_LIVE = 4
LOW = 150
# Limits the wait: the images of a trained run must be embedded first.
MOST_OF_DATA_SET = 300
REFUSED_COLOR = "#1c2430"
HINTS = {
    "pca": "A face before the camera lies exactly where the plane shows it.",
    "tsne": "t-SNE cannot place a new face: it is put among the five known faces that it is most "
    "like, so a stranger lies near somebody too. PCA places it exactly.",
}


def panel(live: LiveView) -> None:
    """Draw the map of the faces that the run knows, with words on how to read it."""
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        method = choose_method("live-map-method")
        st.caption(
            "The faces before the camera drop among those of the people whom they are most like."
            if live.playing
            else "Press START, and the faces before the camera drop onto the map."
        )
    draw(live, method, explained=True)


def draw(live: LiveView, method: str = next(iter(METHODS)), *, explained: bool = False) -> None:
    """Draw the map of the faces that the run knows; ``drop`` draws the live faces on it."""
    run, name = live.run, live.run.name
    if run.is_enrolled and len(run.gallery) < FEWEST_FACES:
        st.info(
            "Nobody is enrolled yet, or too few faces: add people in the tab **People**, and they "
            "stand here.",
            icon=":material/lightbulb:",
        )
        return
    with errors_shown():
        # Progress and spinners get a place of their own: a fragment's rerun writes where the
        # fragment was drawn before, and would overwrite what has moved there since.
        with st.container():
            kept = _known_faces(run, live.settings.recognisers[name])
            if kept is None:
                return
            arranged = kept.arranged(method)
        key = f"live-map-{name}"
        tallest = TALLEST if explained else LOW
        draw_map(kept, method, class_colors(run.classes), key, tallest)
        if explained:
            st.caption(f"{kept.how_to_read(method)} {HINTS[method]}")
        # Last: its timer may end the run of the page that draws it.
        recogniser = live.settings.recognisers[name]
        drop(run, recogniser, arranged, live.pipeline, live.playing)


@st.fragment(run_every=0.5)
def drop(
    run: Run,
    recogniser: Recogniser,
    arranged: EmbeddingMap,
    pipeline: LivePipeline,
    playing: bool,
) -> None:
    """Draw the present faces on the map, twice a second."""
    faces = pipeline.faces()[:MOST_LIVE] if playing else []
    points = _points(run, arranged, recogniser, faces) if faces else []
    draw_live_faces(points, f"live-map-{run.name}")


def _points(
    run: Run, arranged: EmbeddingMap, recogniser: Recogniser, faces: list[LiveFace]
) -> list[LivePoint]:
    places = arranged.place(recogniser.embeddings_of([face.pixels for face in faces]))
    colors = class_colors(run.classes)
    found: list[LivePoint] = []
    for face, (x, y) in zip(faces, places.tolist(), strict=True):
        said = face.recognized.label if face.recognized else "…"
        known = face.recognized is not None and face.recognized.known
        color = colors[said] if known else REFUSED_COLOR
        url = thumbnails.data_url(face.pixels[::2, ::2])
        found.append(LivePoint(face.track, x, y, said, color, url))
    return found


def _known_faces(run: Run, recogniser: Recogniser) -> KeptFaces | None:
    """The enrolled faces, or a sample of the data set for a trained run.

    None if embedding failed or was stopped.
    """
    kept = kept_faces(run, "live")

    def embed(progress: Progress) -> EmbeddedFaces:
        if run.is_enrolled:
            return enrolled_faces(run.gallery, MOST_FACES)
        every = FaceFolder.open(run.config.dataset).face_files()
        own = [face for face in every if face.class_name in run.classes and not face.is_copy]
        return embed_faces(recogniser, evenly_drawn(own, MOST_OF_DATA_SET), progress=progress)

    return kept if kept.look(f"Looking at what {run.name} learned", embed) else None
