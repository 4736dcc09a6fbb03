"""The map: embeddings of held-out faces as points on a plane, similar ones near each other."""

import streamlit as st

from facerec.embeddings.map import class_colors
from facerec.evaluation.comparison import Contender
from pages.compare_tabs.evaluations import choose_judged, looked_at
from pages.components.embedding_map import draw_map
from pages.components.embedding_map.kept import choose_method
from pages.shared.progress import errors_shown


def show(contenders: list[Contender]) -> None:
    """Draw the choices of a run and a projection method, and the map."""
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        item = choose_judged(contenders, "map-run")
        if item is None:
            return
        method = choose_method("map-method")
    st.markdown(
        "Each point is a face that the network did not learn from. **Clusters apart** are people "
        "who are easy to tell apart."
        + (
            " **Strangers inside a cluster** will be taken for that person."
            if item.last_evaluation.strangers
            else ""
        )
    )
    kept = looked_at(item)
    if kept is None:
        return
    with errors_shown():
        draw_map(kept, method, class_colors(item.run.classes), f"map-{item.run.name}")
        st.caption(f"Point at a face to see it. {kept.how_to_read(method)}")
        if not item.last_evaluation.strangers:
            st.caption(
                ":material/group_off: To see strangers here, choose a data set of strangers above "
                "and press **Judge**."
            )
