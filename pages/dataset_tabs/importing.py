"""Import of uploaded files or of a folder on this computer, and building the class Unknown."""

from collections.abc import Callable, Sequence
from io import SEEK_END
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO

import streamlit as st

from facerec.collecting.importing import ImportReport, import_faces, import_unknown, unknown_wanted
from facerec.collecting.looking import NO_FACE
from facerec.collecting.sources import folder_levels
from facerec.datasets.folder import UNKNOWN, FaceFolder
from facerec.errors import FacerecError
from facerec.faces import media
from facerec.faces.media import Kind
from facerec.system.markdown import plain
from facerec.system.pace import predicted_seconds
from facerec.system.progress import Progress
from pages.shared import choosers, detectors
from pages.shared.how_long import how_long
from pages.shared.progress import errors_shown, progress_bar

NAMED, ASSORTED = "People with a name", f"Assorted people for {UNKNOWN}"
MOST_SHOWN = 12
FOLDERS_NAMED = 4
NO_FACE_HINT = (
    "No face was found in these. To bring them in all the same, choose the face detector *None: "
    "take every picture whole*. A network then learns another crop than Live shows it, and Live "
    "says so."
)


def show(folder: FaceFolder) -> None:
    """Show the sources on the left, the import forms on the right, and the report below."""
    if st.session_state.pop("build-unknown", False):
        st.session_state["import-kind"] = ASSORTED
    kind = st.segmented_control(
        "Whom do the pictures show?", [NAMED, ASSORTED], default=NAMED, required=True,
        key="import-kind", persist_state="session",
    )  # fmt: skip
    left, right = st.columns(2, gap="large")
    with left:
        sources = choose_sources()
    with right:
        if kind == NAMED:
            start_import(folder, sources)
        else:
            start_unknown(folder, sources)
    name, report = st.session_state.get("import-report", (None, None))
    if name == folder.name:
        show_report(report)


def choose_sources() -> list[Path | BinaryIO]:
    """Draw the choice of uploaded files and of a folder on this computer, and give the sources."""
    uploads = st.file_uploader(
        "Images, a video, or a ZIP with a folder for each person",
        media.suffixes(*Kind),
        accept_multiple_files=True,
    )
    path = st.text_input(
        "Or a folder on this computer",
        placeholder="with images, or with a folder for each person",
        key="import-folder",
        persist_state="session",
    )
    return [*uploads, *([Path(path).expanduser()] if path.strip() else [])]


def start_import(folder: FaceFolder, sources: Sequence[Path | BinaryIO]) -> None:
    """Draw the import form for people who are to be recognised."""
    person = choosers.choose_person(folder, "import-person")
    st.caption("Not needed where each person has a folder of their own.")
    session = st.text_input(
        "Capture session",
        help="Pictures taken on one occasion. Judging by sessions shows how well a network works "
        "on another day. If this is empty, the file's name is used.",
    )
    level = choose_level(sources) if not person else None
    kind = choosers.choose_detector(key="import-detector")
    keep_raw = st.toggle("Also keep the whole pictures", key="import-raw", persist_state="session")
    options: dict[str, Any] = {"class_name": person, "keep_raw": keep_raw, "level": level}
    _how_long(import_faces, sources, kind, options)
    if st.button("Import", type="primary", icon=":material/download:", disabled=not sources):
        with errors_shown():
            detector = detectors.ready_detector(kind)
            with progress_bar("Importing") as progress:
                report = import_faces(
                    sources,
                    folder,
                    detector,
                    session=session.strip() or None,
                    progress=progress,
                    **options,
                )
            done(folder, report)


def _how_long(
    importer: Callable[..., ImportReport],
    sources: Sequence[Path | BinaryIO],
    kind: str,
    options: dict[str, Any],
) -> None:
    """Draw how long an import takes, which is tried with a data set that is deleted then."""

    def act(progress: Progress) -> None:
        with TemporaryDirectory(prefix="facerec-import-") as place:
            detector = detectors.ready_detector(kind)
            importer(sources, FaceFolder(Path(place)), detector, progress=progress, **options)

    if sources:
        of = (*_described(sources), kind, *options.items())
        how_long(importer.__name__, of, lambda: predicted_seconds(act))


def _described(sources: Sequence[Path | BinaryIO]) -> list[tuple[str, int]]:
    """Name and size of each source: of a folder, when it was changed."""
    return [
        (str(source), source.stat().st_mtime_ns if source.exists() else 0)
        if isinstance(source, Path)
        else (source.name, source.seek(0, SEEK_END))
        for source in sources
    ]


def choose_level(sources: Sequence[Path | BinaryIO]) -> int | None:
    """Draw the choice of the folders that have people's names, where there are several levels.

    None stands for the likeliest level of each source.
    """
    try:
        deepest = max(map(folder_levels, sources), key=lambda found: len(found.names), default=None)
    except (FacerecError, OSError):
        # The import says what is wrong with the source.
        return None
    if deepest is None or len(deepest.names) < 2:
        return None

    def title(level: int) -> str:
        names = deepest.names[level]
        more = ", …" if len(names) > FOLDERS_NAMED else ""
        return ", ".join(names[:FOLDERS_NAMED]) + more

    return st.selectbox(
        "Which folders have the people's names?",
        range(len(deepest.names)),
        deepest.proposed,
        format_func=title,
        key=f"import-level-{deepest}",
    )


def start_unknown(folder: FaceFolder, sources: Sequence[Path | BinaryIO]) -> None:
    """Draw the import form for the class Unknown: people whom a network should not name."""
    st.write(
        f"Faces of many people teach a network what **{UNKNOWN}** looks like. They are taken "
        "evenly from all folders, until the class is as large as the others."
    )
    wanted = st.number_input(
        "Faces to take", 1, 10_000, max(1, unknown_wanted(folder)),
        key=f"unknown-wanted-{folder.name}-{unknown_wanted(folder)}",
        help=f"The first value makes {UNKNOWN} as large as the other classes.",
    )  # fmt: skip
    kind = choosers.choose_detector(key="unknown-detector")
    _how_long(import_unknown, sources, kind, {"wanted": wanted})
    if st.button("Take them", type="primary", icon=":material/groups:", disabled=not sources):
        with errors_shown():
            detector = detectors.ready_detector(kind)
            with progress_bar("Taking faces") as progress:
                report = import_unknown(sources, folder, detector, wanted, progress)
            done(folder, report)


def done(folder: FaceFolder, report: ImportReport) -> None:
    """Keep the report, and draw the page again with the imported images."""
    st.session_state["import-report"] = folder.name, report
    st.rerun()


def show_report(report: ImportReport) -> None:
    """Show the numbers of imported and rejected images, with the rejected pictures."""
    came = ", ".join(f"{count} of {name}" for name, count in sorted(report.added.items()))
    if came:
        st.success(f"Came in: {plain(came)}.", icon=":material/check:")
    if report.adapted:
        names = ", ".join(f"{name} as {own}" for name, own in report.adapted.items())
        st.info(f"Some names were adapted: {plain(names)}.", icon=":material/edit:")
    if not report.rejected:
        return
    reasons = report.reasons()
    st.warning(f"Left out: {plain(report.reasons_in_words())}.", icon=":material/warning:")
    for reason in reasons:
        rejected = [item for item in report.rejected if item.reason == reason]
        st.markdown(f"**{plain(reason.capitalize())}** ({len(rejected)})")
        if reason == NO_FACE:
            st.caption(NO_FACE_HINT)
        shown = [
            (item.picture, Path(item.name).name) for item in rejected if item.picture is not None
        ][:MOST_SHOWN]
        if shown:
            st.image(
                [picture for picture, _ in shown],
                caption=[plain(name) for _, name in shown],
                width=104,
            )
        with st.expander("Which ones?"):
            st.dataframe(
                [{"Picture": item.name, "Why": item.detail or reason} for item in rejected],
                hide_index=True,
            )
