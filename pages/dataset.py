"""Data set: its classes and faces, import of files, capture with the webcam."""

import math
from datetime import datetime
from pathlib import Path

import streamlit as st

from facerec import charts, paths
from facerec.capture import FaceCollector
from facerec.dataset import UNKNOWN, FaceFolder
from facerec.importing import ImportReport, import_faces
from pages import parts

FACES = ":material/photo_library: Faces"
IMPORT = ":material/download: Import"
WEBCAM = ":material/videocam: Webcam"
TILES_PER_PAGE = 48
MEDIA = ["jpg", "jpeg", "png", "bmp", "webp", "tif", "tiff", "zip", "mp4", "mov", "avi", "mkv",
         "webm", "gif", "m4v"]  # fmt: skip


def new_dataset() -> None:
    """A form for a new, empty data set."""
    with st.form("new-dataset", border=False), parts.errors_shown():
        name = st.text_input("Name", placeholder="for example: class 7b")
        if st.form_submit_button("Create", type="primary"):
            parts.use(dataset=FaceFolder.create(name).name)
            st.rerun()


def delete_dataset(folder: FaceFolder) -> None:
    """A button that deletes the data set, behind a second question."""
    images = sum(folder.counts().values())
    st.write(f"This deletes **{folder.name}** with its {images} images. It cannot be undone.")
    if st.button("Delete it", type="primary", icon=":material/delete:"):
        folder.delete()
        st.rerun()


def faces(folder: FaceFolder) -> None:
    """Tiles of a class, page by page."""
    counts = folder.counts()
    names = list(counts)
    chosen = st.segmented_control(
        "Class",
        names,
        default=names[0],
        required=True,
        format_func=lambda name: f"{name} ({counts[name]})",
        key="tiles-class",
    )
    files = folder.face_files(chosen)
    if not files:
        st.info(f"{chosen} has no images yet.", icon=":material/lightbulb:")
        return
    pages = math.ceil(len(files) / TILES_PER_PAGE)
    number = st.pagination(pages, key=f"tiles-page-{chosen}") if pages > 1 else 1
    shown = files[(number - 1) * TILES_PER_PAGE : number * TILES_PER_PAGE]
    st.image([str(file.path) for file in shown], width=104)
    sessions = [session or "no session" for session in folder.sessions()[chosen]]
    more = f" and {len(sessions) - 12} more" if len(sessions) > 12 else ""
    st.caption(f"Capture sessions: {', '.join(sessions[:12])}{more}")


def choose_person(folder: FaceFolder, key: str) -> str | None:
    """A box to pick a class or type a new one."""
    return st.selectbox(
        "Whose face is it?",
        sorted({*folder.class_names(), UNKNOWN}),
        index=None,
        accept_new_options=True,
        key=key,
        placeholder="Pick or type a name",
        help=f"A name becomes a class. {UNKNOWN} is for people the network should not name.",
    )


def importing(folder: FaceFolder) -> None:
    """Import of uploaded files or of a folder on this computer."""
    left, right = st.columns(2, gap="large")
    with left:
        uploads = st.file_uploader(
            "Images, a video, or a ZIP with a folder for each person",
            MEDIA,
            accept_multiple_files=True,
        )
        path = st.text_input(
            "Or a folder on this computer",
            placeholder="with images, or with a folder for each person",
        )
    with right:
        person = choose_person(folder, "import-person")
        st.caption("Not needed where each person has a folder of their own.")
        session = st.text_input(
            "Capture session",
            help="Pictures taken on one occasion. Judging by sessions shows how a network does on "
            "another day. Left empty, the file's name is taken.",
        )
        kind = parts.choose_detector(key="import-detector")
        keep_raw = st.toggle("Also keep the whole pictures")
    sources = [*uploads, *([Path(path).expanduser()] if path.strip() else [])]
    start = st.button("Import", type="primary", icon=":material/download:", disabled=not sources)
    if start:
        with parts.errors_shown():
            detector = parts.ready_detector(kind)
            with parts.progress("Importing") as progress:
                report = import_faces(
                    sources, folder, detector, person, session.strip() or None, keep_raw, progress
                )
            st.session_state["import-report"] = report
            st.rerun()
    if (report := st.session_state.get("import-report")) is not None:
        show_report(report)


def show_report(report: ImportReport) -> None:
    """What came in and what did not."""
    came = ", ".join(f"{count} of {name}" for name, count in sorted(report.added.items()))
    if came:
        st.success(f"Came in: {came}.", icon=":material/check:")
    if report.rejected:
        reasons = ", ".join(f"{count} {reason}" for reason, count in report.reasons().items())
        st.warning(f"Left out: {reasons}.", icon=":material/warning:")
        with st.expander("Which ones?"):
            st.dataframe(
                [{"Picture": item.name, "Why": item.reason} for item in report.rejected],
                hide_index=True,
            )


def capture(folder: FaceFolder) -> None:
    """Recording one person with the webcam."""
    collector: FaceCollector | None = st.session_state.get("collector")
    settings, camera = st.columns([2, 3], gap="large")
    with settings:
        person = choose_person(folder, "capture-person")
        session = st.text_input(
            "Capture session",
            value=datetime.now().strftime("webcam %d %b"),
            help="Recordings on other days, in other light or clothes are other sessions.",
        )
        wanted = st.slider("Images to take", 10, 300, 60, 10)
        interval = st.slider(
            "Time between two images", 100, 1000, 200, 50, format="%d ms",
            help="Images taken too fast are all alike, and teach little.",
        )  # fmt: skip
        keep_raw = st.toggle("Also keep the whole pictures", value=True, key="capture-raw")
        kind = parts.choose_detector(key="capture-detector")
    with camera:
        if st.button(
            "Get ready to record" if collector is None else "Record someone else",
            type="primary" if collector is None else "secondary",
            icon=":material/person_add:",
            disabled=not person,
        ):
            if collector is not None:
                collector.close()
            collector = st.session_state["collector"] = FaceCollector(
                folder,
                paths.safe_name(person, "class name"),
                paths.safe_name(session, "session name"),
                parts.ready_detector(kind),
                wanted,
                interval / 1000,
                keep_raw,
            )
            st.rerun()
        if collector is None:
            st.info(
                "Name the person on the left. Then press START below the picture, sit in front of "
                "the camera, and record: look around a little, so that the images differ.",
                icon=":material/lightbulb:",
            )
            return
        playing = parts.camera("capture", collector.video_frame, collector.pause)
        recording_state(collector, playing)


@st.fragment(run_every=0.5)
def recording_state(collector: FaceCollector, playing: bool) -> None:
    """The counter beside the stream, and the button that records and pauses."""
    saved, wanted = collector.state.saved, collector.wanted
    st.progress(saved / wanted, f"**{collector.class_name}**: {saved} of {wanted} images")
    if collector.error:
        st.error(collector.error, icon=":material/error:")
    if collector.done:
        if not collector.closed:
            # The counts above the tabs have changed.
            collector.close()
            st.rerun()
        st.success(f"{saved} images of {collector.class_name} are saved.", icon=":material/check:")
        if st.button("Show them", icon=":material/photo_library:"):
            st.session_state.pop("collector")
            st.session_state["tab_to_open"] = FACES
            st.rerun()
        return
    if not playing:
        st.caption("Press START to turn the camera on.")
    elif st.button(
        "Pause" if collector.recording else "Record",
        type="primary",
        icon=":material/pause:" if collector.recording else ":material/fiber_manual_record:",
    ):
        collector.recording = not collector.recording
        st.rerun(scope="fragment")
    if playing and not collector.state.faces:
        st.caption("No face in the picture: come closer, or look at the camera.")


folder = parts.dataset_in_use()
with st.container(horizontal=True, vertical_alignment="bottom"):
    st.title(folder.name if folder else "Data set")
    with st.popover("New data set", icon=":material/add:"):
        new_dataset()
    if folder:
        with st.popover("Delete", icon=":material/delete:"):
            delete_dataset(folder)
if folder is None:
    st.info(
        "A data set holds the faces of the people to recognise. Make one with the button above, or "
        "load the sample data.",
        icon=":material/lightbulb:",
    )
    st.page_link("pages/home.py", label="Load the sample data", icon=":material/palette:")
    st.stop()
counts = folder.counts()
with st.container(horizontal=True):
    st.metric("People", len(counts.keys() - {UNKNOWN}), width="content")
    st.metric("Images", f"{sum(counts.values()):,}", width="content")
    sessions = sum(len(names) for names in folder.sessions().values())
    st.metric("Capture sessions", sessions, width="content")
if counts and UNKNOWN not in counts:
    st.info(
        f"There is no class {UNKNOWN} yet. Without faces of other people, a network must give "
        "everyone one of your names.",
        icon=":material/lightbulb:",
    )
if tab := st.session_state.pop("tab_to_open", None):
    st.session_state["dataset-tab"] = tab
# Only the open tab is drawn, so that the camera is off in the others.
faces_tab, import_tab, capture_tab = st.tabs(
    [FACES, IMPORT, WEBCAM], key="dataset-tab", on_change="rerun"
)
if faces_tab.open:
    with faces_tab:
        if counts:
            left, right = st.columns([3, 1], gap="large")
            with left:
                faces(folder)
            with right:
                st.plotly_chart(charts.class_balance(counts), config={"displayModeBar": False})
        else:
            st.info(
                "No faces yet: import some, or record with the webcam.", icon=":material/lightbulb:"
            )
if import_tab.open:
    with import_tab:
        importing(folder)
if capture_tab.open:
    with capture_tab:
        capture(folder)
