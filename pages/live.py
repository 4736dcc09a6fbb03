"""Live: who is in front of the camera, with the threshold in the presenter's hand."""

import streamlit as st

from facerec import charts, images, paths
from facerec.labelling import LabelledFrame, label_file, labelled_video
from facerec.live import LivePipeline
from facerec.recognition import RecognizedFace, Recognizer
from facerec.scores import SCORES, OperatingPoint
from pages import parts

SOURCES = {
    "Webcam": ":material/videocam: Webcam",
    "File": ":material/upload_file: Image or video file",
    "Sample": ":material/palette: Sample video",
}


def live_pipeline(recognizer: Recognizer, point: OperatingPoint) -> LivePipeline:
    """This tab's pipeline, with the present settings; the stream goes on while they change."""
    pipeline: LivePipeline | None = st.session_state.get("pipeline")
    if pipeline is None:
        pipeline = st.session_state["pipeline"] = LivePipeline(recognizer, point)
    if (
        pipeline.recognizer.classifier is not recognizer.classifier
        or pipeline.recognizer.detector is not recognizer.detector
    ):
        pipeline.recognizer = recognizer
    pipeline.point = point
    return pipeline


def show_faces(faces: list[RecognizedFace], point: OperatingPoint, key: str) -> None:
    """Names in large letters, and all probabilities of the largest face."""
    if not faces:
        st.subheader("Nobody in the picture")
        return
    for face in faces:
        color = "green" if face.known else "red"
        st.markdown(f"## :{color}[{face.label}] {face.confidence:.0%}")
        if point.score != "confidence":
            st.caption(f"{SCORES[point.score].title} {face.score:.3f}")
    st.caption("How sure the network is of each class, for the largest face")
    st.plotly_chart(
        charts.probability_bars(
            faces[0].probabilities,
            faces[0].known,
            point.threshold if point.score == "confidence" else None,
        ),
        key=key,
        config={"displayModeBar": False},
    )


@st.fragment(run_every=0.5)
def live_state(pipeline: LivePipeline, playing: bool) -> None:
    """What the pipeline sees now, drawn twice a second."""
    if not playing:
        st.info("Press START below the picture to turn the camera on.", icon=":material/videocam:")
        return
    if pipeline.error:
        st.error(pipeline.error, icon=":material/error:")
    show_faces(pipeline.faces(), pipeline.point, "live-bars")
    if pipeline.milliseconds is not None:
        st.caption(
            f"{pipeline.frames_per_second:.0f} frames/s · {pipeline.milliseconds:.0f} ms to find "
            "and name the faces"
        )


def webcam(recognizer: Recognizer, point: OperatingPoint) -> None:
    """The browser's camera through the pipeline."""
    pipeline = live_pipeline(recognizer, point)
    video, state = st.columns([3, 2], gap="large")
    with video:
        playing = parts.camera("live", pipeline.video_frame)
    with state:
        live_state(pipeline, playing)


def file(recognizer: Recognizer, point: OperatingPoint) -> None:
    """An uploaded image or video through the same recogniser."""
    upload = st.file_uploader(
        "An image or a video", [s[1:] for s in images.IMAGE_SUFFIXES | images.VIDEO_SUFFIXES]
    )
    if upload is None:
        return
    if images.is_video(upload.name):
        if st.button("Recognise", type="primary", icon=":material/play_arrow:"):
            play(upload, recognizer, point)
        return
    left, right = st.columns([3, 2], gap="large")
    with parts.errors_shown():
        found: list[LabelledFrame] = []
        label_file(upload, recognizer, point, found.append)
        with left:
            st.image(found[0].pixels, width="stretch")
        with right:
            show_faces(found[0].faces, point, "image-bars")


def play(source, recognizer: Recognizer, point: OperatingPoint) -> None:
    """Recognise a video frame by frame, and offer the labelled one."""
    with parts.errors_shown(), parts.progress("Recognising") as progress:
        left, right = st.columns([3, 2], gap="large")
        picture, state = left.empty(), right.empty()

        def show(frame: LabelledFrame) -> None:
            progress(frame.number + 1, frame.total)
            picture.image(frame.pixels, width="stretch")
            with state.container():
                show_faces(frame.faces, point, f"video-bars-{frame.number}")

        content = labelled_video(source, recognizer, point, show)
        with left:
            picture.video(content, autoplay=True, loop=True)
            st.download_button(
                "Save the labelled video", content, "labelled.mp4", icon=":material/download:"
            )


parts.inside_app()
st.title("Live")
run = parts.run_in_use()
if run is None or not run.trained:
    parts.empty_state(
        "To recognise faces, a network must have learned them first."
        if run is None
        else f"{run.name} has not finished its first epoch yet.",
        "pages/train.py",
        "Train a network",
        ":material/model_training:",
    )
    st.stop()

saved = run.operating_point
with st.container(horizontal=True, vertical_alignment="bottom"):
    point = parts.threshold_slider(
        saved,
        f"threshold-{run.name}-{saved.score}",
        help="A face gets a name only if the network is surer than this. Higher: fewer strangers "
        "are named, and more known people are called Unknown.",
    )
    if st.button(
        "Keep it with the run",
        icon=":material/save:",
        disabled=point == saved,
        help="This page, Compare and the command line then start from it.",
    ):
        run.save_operating_point(point)
        st.rerun()
    with st.popover("Detector", icon=":material/center_focus_strong:"):
        kind = parts.choose_detector(key="live-detector")
detector = parts.ready_detector(kind)
classifier = parts.loaded_classifier(run)
recognizer = Recognizer(classifier, detector)
source = st.segmented_control(
    "Source",
    list(SOURCES),
    default="Webcam",
    required=True,
    format_func=SOURCES.get,
    label_visibility="collapsed",
    key="live-source",
)
st.caption(f"**{run.title}** knows {', '.join(classifier.classes)}")
parts.remarks(run)
if source == "Webcam":
    webcam(recognizer, point)
elif source == "File":
    file(recognizer, point)
elif paths.sample_video().exists():
    if st.button("Play and recognise", type="primary", icon=":material/play_arrow:"):
        play(paths.sample_video(), recognizer, point)
else:
    parts.empty_state(
        "The sample video is drawn with the sample data.",
        "pages/home.py",
        "Load the sample data",
        ":material/palette:",
    )
