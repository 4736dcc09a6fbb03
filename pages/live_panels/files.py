"""Recognition in an image, a video or the sample video, with the camera's pipeline."""

from pathlib import Path
from typing import BinaryIO

import streamlit as st

from facerec.faces import media
from facerec.faces.media import Kind
from facerec.live.files import (
    LabelledFrame,
    damage_words,
    file_pipeline,
    label_file,
    labelled_video,
)
from facerec.live.pipeline import LivePipeline
from facerec.live.settings import LiveSettings
from facerec.system import paths
from pages.live_panels.faces import every_run, names_and_bars
from pages.shared import cards, session
from pages.shared.progress import errors_shown, progress_bar


def upload(settings: LiveSettings) -> None:
    """Draw the upload of an image or video, and recognise the faces in it."""
    file = st.file_uploader("An image or a video", media.suffixes(Kind.IMAGE, Kind.VIDEO))
    if file is None:
        return
    if media.kind_of(file) == Kind.VIDEO:
        if st.button("Recognise", type="primary", icon=":material/play_arrow:"):
            play(file, settings)
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
    """Draw the button for the drawn video of two people, and play it."""
    if not paths.sample_video().exists():
        cards.empty_state(
            "The sample video is drawn with the sample data.",
            session.HOME,
            "Load the sample data",
            ":material/palette:",
        )
    elif st.button("Play and recognise", type="primary", icon=":material/play_arrow:"):
        play(paths.sample_video(), settings)


def play(source: Path | BinaryIO, settings: LiveSettings) -> None:
    """Recognise a video frame by frame, and offer the labelled video for download."""
    with errors_shown(), progress_bar("Recognising") as progress:
        left, right = st.columns([3, 2], gap="large")
        picture, state = left.empty(), right.empty()
        # As with the camera, faces are tracked and outputs smoothed.
        pipeline: LivePipeline = settings.pipeline()

        def show(frame: LabelledFrame) -> None:
            progress(frame.number + 1, frame.total)
            picture.image(frame.pixels, width="stretch")
            with state.container():
                point = settings.points[settings.first.name]
                names_and_bars(frame.faces, point, f"video-bars-{frame.number}")
                if len(settings.runs) > 1:
                    every_run(pipeline)

        content, damaged = labelled_video(source, pipeline, show)
        with left:
            if damaged:
                st.warning(damage_words(damaged), icon=":material/warning:")
            picture.video(content, autoplay=True, loop=True)
            st.download_button(
                "Save the labelled video", content, "labelled.mp4", icon=":material/download:"
            )
