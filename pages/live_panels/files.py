"""Recognition in an image, a video or the sample video, with the camera's pipeline."""

from pathlib import Path
from typing import BinaryIO

import pandas as pd
import streamlit as st

from facerec.charts import film as film_charts
from facerec.faces import media
from facerec.faces.media import Kind
from facerec.live.files import LabelledFrame, damage_words, file_pipeline, label_file
from facerec.live.film import Film, Looking, Scored
from facerec.live.settings import LiveSettings
from facerec.system import paths
from facerec.system.markdown import plain
from pages.components.film import film_player
from pages.live_panels.faces import every_run, names_and_bars
from pages.shared import addresses, cards
from pages.shared.progress import duration, errors_shown

MOST_FACES = 6


def upload(settings: LiveSettings) -> None:
    """Draw the upload of an image or video, and recognise the faces in it."""
    file = st.file_uploader("An image or a video", media.suffixes(Kind.IMAGE, Kind.VIDEO))
    if file is None:
        _forget()
        return
    if media.kind_of(file) == Kind.VIDEO:
        play(file, file.file_id, settings)
        return
    left, right = st.columns([3, 2], gap="large")
    with errors_shown():
        found: list[LabelledFrame] = []
        pipeline = file_pipeline(settings.detector, settings.recognisers, settings.points)
        label_file(file, pipeline, found.append)
        with left:
            st.image(found[0].pixels, width="stretch")
            if len(settings.runs) > 1:
                every_run(pipeline)
        with right:
            names_and_bars(found[0].faces, settings.points[settings.first.name], "image-bars")


def sample(settings: LiveSettings) -> None:
    """Play the drawn video, and recognise the people in it."""
    video = paths.sample_video()
    if video.exists():
        play(video, f"{video}-{video.stat().st_mtime_ns}", settings)
    else:
        cards.empty_state(
            "The sample video is drawn with the sample data.",
            addresses.HOME,
            "Load the sample data",
            ":material/palette:",
        )


def play(source: Path | BinaryIO, name: str, settings: LiveSettings) -> None:
    """Look through a video once, and play it in a loop with names at the present threshold.

    ``name`` tells this video from others.
    """
    looking = _looking(source, name, settings)
    if looking is None:
        st.caption("It was stopped.")
        if st.button("Look at it", icon=":material/visibility:", type="primary"):
            _forget()
            st.rerun()
        return
    looking.pipeline.points = settings.points
    if looking.film is None:
        _progress(looking)
    else:
        with errors_shown():
            _film(looking.film, settings)


def _looking(source: Path | BinaryIO, name: str, settings: LiveSettings) -> Looking | None:
    """The work on the video, which begins anew if anything but the operating points has changed.

    None if it was stopped.
    """
    recognisers = {run: id(recogniser) for run, recogniser in settings.recognisers.items()}
    asked = name, recognisers, id(settings.detector), settings.looks, settings.recognise_every
    if st.session_state.get("film-asked") != asked:
        _forget()
        st.session_state["film"] = Looking(source, settings.pipeline())
        st.session_state["film-asked"] = asked
    return st.session_state.get("film")


def _forget() -> None:
    """End the work on a video, and forget what came of it."""
    _stop()
    st.session_state.pop("film-asked", None)


def _stop() -> None:
    if earlier := st.session_state.pop("film", None):
        earlier.stop()


@st.fragment(run_every=0.5)
def _progress(looking: Looking) -> None:
    """Show how far the work is, with the last frame, twice a second."""
    if looking.film is not None:
        st.rerun()
    if looking.error:
        st.error(plain(looking.error), icon=":material/error:")
        return
    done, total = looking.progress
    left = looking.seconds_left
    st.progress(
        done / total if total else 0.0,
        f"Looking at frame {done:,} of {total:,}" + (f" · {duration(left)} left" if left else ""),
    )
    if st.button("Stop", icon=":material/stop:", key="film-stop"):
        _stop()
        st.rerun()
    if looking.picture is not None:
        left, _ = st.columns([2, 1], gap="medium")
        left.image(looking.picture, width="stretch")


def _film(film: Film, settings: LiveSettings) -> None:
    """Show the film, and what each threshold would make of it."""
    run = settings.first
    point, classes = settings.points[run.name], settings.recognisers[run.name].classes
    every = {
        name: film.scored(name, recogniser.classes, settings.points[name])
        for name, recogniser in settings.recognisers.items()
    }
    scored = every[run.name]
    with st.container(key="live-stage"):
        left, right = st.columns([2, 1], gap="medium")
    with left:
        film_player(film, scored, classes, point.threshold, "film-player")
        if film.damaged:
            st.warning(damage_words(film.damaged), icon=":material/warning:")
    with right:
        if not len(scored.frames):
            st.subheader("Nobody in the video")
            return
        st.markdown(
            "**Names**",
            help="Share of the frames by name, at this threshold. The faces are numbered from the "
            "left.",
        )
        st.table(_names(film, every, settings))
        st.markdown(
            "**The score over time**",
            help="A face is named while its line is above the threshold. Faces that the network "
            "itself calls Unknown lie at the lower end.",
        )
        st.plotly_chart(
            film_charts.scores_over_time(film, scored, point, MOST_FACES),
            key="film-scores",
            config={"displayModeBar": False},
        )
    with left:
        _save(film, settings)


def _names(film: Film, every: dict[str, Scored], settings: LiveSettings) -> pd.DataFrame:
    """Names of each face by each run, with their shares of the frames."""
    faces = film.longest(MOST_FACES)
    columns = {}
    for name, scored in every.items():
        threshold, classes = settings.points[name].threshold, settings.recognisers[name].classes
        columns[plain(name)] = [
            " · ".join(
                f"{plain(label)} {share:.0%}"
                for label, share in scored.names(track, classes, threshold).items()
            )
            for track in faces
        ]
    return pd.DataFrame(columns, [f"Face {number}" for number in range(1, len(faces) + 1)])


def _save(film: Film, settings: LiveSettings) -> None:
    """Draw a button that makes a video with these names in it."""
    run = settings.first

    def content() -> bytes:
        classes = settings.recognisers[run.name].classes
        return film.labelled(run.name, classes, settings.points[run.name])

    st.download_button(
        "Save the labelled video", content, "labelled.mp4", "video/mp4", icon=":material/download:",
        on_click="ignore",
    )  # fmt: skip
