"""The card that shows a face inside a network: its maps, one value's arithmetic, the decision."""

from typing import Any

import streamlit as st

from facerec.charts import faces as face_charts
from facerec.charts import inside as charts
from facerec.explanation.inside import Inside, Look, Stage, picture_of
from facerec.faces import thumbnails
from facerec.runs.run import CacheKey, Run
from facerec.system.markdown import plain
from pages.shared.progress import errors_shown

MOST_CHANNELS_SHOWN = 3
MAPS_HELP = (
    "Each small picture is one feature map: what one filter answers at each place of the face. "
    "Bright is much of its pattern, dark is little. Each map is scaled by itself."
)


def show(run: Run, pixels: Any, key: str) -> None:
    """Draw the card for a face, RGB uint8 (224, 224, 3)."""
    with st.container(border=True), errors_shown():
        st.markdown(f"#### What happens inside {plain(run.name)}")
        network = inside_of(run, _epoch(run, key))
        look = network.look(pixels)
        maps, decision = st.columns([3, 2], gap="medium")
        with maps:
            stage = choose_stage(look.stages, key)
            st.image(picture_url(stage), width="stretch")
            if network.has_arithmetic(stage.name):
                _value(network, pixels, stage, key)
            elif stage.name != "input":
                st.caption("A block of several layers: its maps are shown without the arithmetic.")
        with decision:
            _decision(run, look, key)


def choose_stage(stages: tuple[Stage, ...], key: str) -> Stage:
    """Draw the choice of a layer, and give it; at first, the first after the input."""
    names = [stage.name for stage in stages]
    titles = {stage.name: stage.title for stage in stages}
    name = st.selectbox(
        "Layer",
        names,
        min(1, len(names) - 1),
        format_func=titles.__getitem__,
        key=f"{key}-stage",
        help=MAPS_HELP,
    )
    return stages[names.index(name)]


def picture_url(stage: Stage) -> str:
    """The maps of a layer side by side, as the address of a picture."""
    side = max(stage.maps.shape[1:])
    columns = 4 if side > 32 else 8
    return thumbnails.jpeg_url(enlarged(picture_of(stage.maps[:32], columns)))


def enlarged(picture: Any) -> Any:
    """A picture with each pixel as a square, so that the browser does not blur small maps."""
    times = max(1, 640 // picture.shape[1])
    return picture.repeat(times, axis=0).repeat(times, axis=1)


def inside_of(run: Run, epoch: int | None = None) -> Inside:
    """What looks inside a run, as it is or as it was after an epoch; loaded once for all."""
    return _inside(run.cache_key, epoch)


@st.cache_resource(show_spinner=False, max_entries=12)
def _inside(key: CacheKey, epoch: int | None) -> Inside:
    return Inside(Run.open(key[0]), epoch)


def _epoch(run: Run, key: str) -> int | None:
    """Draw the slider through the kept epochs; None is the network as it recognises now."""
    kept = run.snapshots()
    if len(kept) < 2:
        return None
    options: list[int | None] = [*kept, None]
    return st.select_slider(
        "After epoch",
        options,
        None,
        format_func=lambda epoch: "as it is now" if epoch is None else str(epoch),
        key=f"{key}-epoch",
        help="Replays how the network learned, from snapshots of its weights.",
    )


def _value(network: Inside, pixels: Any, stage: Stage, key: str) -> None:
    """Draw one map of a layer; a click shows how that value comes about."""
    number = st.number_input("Map", 1, len(stage.maps), 1, key=f"{key}-map-{stage.name}") - 1
    chart_key = f"{key}-chart-{stage.name}"
    state = st.session_state.get(chart_key)
    points = state["selection"]["points"] if state else []
    _, height, width = stage.maps.shape
    row, column = map(int, points[0]["customdata"]) if points else (height // 2, width // 2)
    row, column = min(row, height - 1), min(column, width - 1)
    picture, words = st.columns([1, 1], gap="small")
    with picture:
        st.plotly_chart(
            charts.map_chart(stage.maps[number], (row, column)),
            key=chart_key,
            config={"displayModeBar": False},
            on_select="rerun",
            selection_mode="points",
        )
        st.caption("Click a place to see how its value is made.")
    with words:
        found = network.arithmetic(pixels, stage.name, number, row, column)
        st.markdown(f"Row {row}, column {column}: **{found.words}**")
        if found.kind == "one value":
            return
        shown = min(len(found.patch), MOST_CHANNELS_SHOWN)
        kernel = None if found.kernel is None else found.kernel[:shown]
        st.plotly_chart(
            charts.numbers_chart(found.patch[:shown], kernel),
            key=f"{chart_key}-numbers",
            config={"displayModeBar": False},
        )
        if len(found.patch) > shown:
            st.caption(f"and {len(found.patch) - shown} more channels, added likewise")


def _decision(run: Run, look: Look, key: str) -> None:
    """Show what speaks for each name, and the probabilities with the threshold."""
    st.markdown(
        "**What speaks for each name**",
        help="Each feature times its weight in the classifier. Their sum with the bias is the "
        "logit of the name.",
    )
    st.plotly_chart(
        charts.contributions_chart(run.classes, look.positive, look.negative, look.bias),
        key=f"{key}-contributions",
        config={"displayModeBar": False},
    )
    point = run.operating_point
    threshold = point.threshold if point.score == "confidence" else None
    st.markdown(
        "**Softmax makes probabilities of the logits**",
        help="Each is e to the logit, divided by the sum of all. The line is the threshold below "
        "which nobody is named.",
    )
    probabilities = dict(zip(run.classes, look.probabilities.tolist(), strict=True))
    named = threshold is None or max(probabilities.values()) > threshold
    st.plotly_chart(
        face_charts.probability_bars(probabilities, named, threshold),
        key=f"{key}-probabilities",
        config={"displayModeBar": False},
    )
