"""The form of an embedding recogniser, which needs no training."""

from functools import partial

import streamlit as st

from facerec.datasets.folder import FaceFolder
from facerec.recognition import new_gallery
from facerec.runs import catalogue
from facerec.runs.run import Run
from facerec.system.markdown import plain
from facerec.system.pace import predicted_seconds
from pages.shared import cards, choosers, session
from pages.shared.how_long import how_long
from pages.shared.progress import errors_shown, progress_bar
from pages.train_tabs import enrolled

EVERYBODY, NOBODY = "Everybody in the data set", "Nobody at first"


def show(folder: FaceFolder, in_use: Run | None) -> None:
    """Draw the form of a new embedding recogniser, and the next steps when it is made."""
    st.write(
        "An embedding recogniser is not trained. A network that has learned already gives it an "
        "embedding of each face, and a new face gets the name of the most similar person. Choose "
        "it where people come and go: they are added and removed in seconds."
    )
    embedders = _embedders(in_use)
    left, right = st.columns(2, gap="large")
    with right:
        matcher = choosers.choose_matcher("embedding-matcher")
    with left:
        title = st.selectbox(
            "Embeddings from",
            list(embedders),
            help="The network that looks at the faces. The more people it has learned from, the "
            "better it tells new people apart.",
        )
        everybody = st.radio(
            "Who is known",
            (EVERYBODY, NOBODY),
            key="embedding-people",
            help="Others can be added and removed at any time on the Live page. The images that "
            "validate a training are left out: the recogniser is judged by them.",
        )
        suggestion = catalogue.free_name(f"{folder.name}-embedding")
        name = st.text_input(
            "Name of the recogniser", placeholder=suggestion, key=f"embedding-name-{suggestion}"
        )
        chosen, enrols = embedders[title], everybody == EVERYBODY
        act = partial(
            new_gallery.create, name.strip() or suggestion, chosen, folder, matcher, enrols
        )
        pressed = st.button("Make it", type="primary", icon=":material/person_add:")
        if enrols:
            how_long("enrolling", (title, folder.reference), lambda: predicted_seconds(act))
        if in_use is not None and st.session_state.get("embedding-made") == in_use.name:
            known = cards.people_known(in_use.gallery)
            st.success(
                f"{plain(in_use.name)} is made. It knows {plain(known)}.", icon=":material/check:"
            )
            enrolled.ways_on(in_use)
    if pressed:
        with errors_shown():
            with progress_bar("Looking at the faces") as progress:
                made = act(progress=progress)
            st.session_state["embedding-made"] = made.name
            session.use(run=made.name)
            st.rerun()


def _embedders(in_use: Run | None) -> dict[str, Run | str]:
    """Possible embedders by title: the default, the trained runs, other pretrained networks.

    The default is the best pretrained network that needs no download. The run in use, or the one
    that it was made from, is the first of the runs.
    """
    trained = [run for run in catalogue.own_runs() if run.trained and not run.is_enrolled]
    used = "" if in_use is None else in_use.info.embedder if in_use.is_enrolled else in_use.name
    trained.sort(key=lambda run: run.name != used)
    best, *others = (
        (f"{title} (pretrained)", key) for key, (title, _) in new_gallery.PRETRAINED.items()
    )
    return dict([best, *((run.title, run) for run in trained), *others])
