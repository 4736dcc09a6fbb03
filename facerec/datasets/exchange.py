"""Export of data sets as ZIP archives, and their import on another computer."""

import json
import re
import zipfile
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from facerec.datasets.folder import FaceFolder, checked_index
from facerec.errors import FacerecError
from facerec.faces import images, media
from facerec.system import files, paths
from facerec.system.archives import Archive
from facerec.system.progress import Progress

_INDEX = "dataset.json"


def export_dataset(folder: FaceFolder, destination: BinaryIO, with_raw: bool = False) -> None:
    """Pack a data set into a ZIP archive for ``open_dataset``.

    Parameters
    ----------
    folder : FaceFolder
    destination : binary file
    with_raw : bool
        Whether to pack the frames under ``_raw`` as well.
    """
    top = folder.name
    # Not compressed, since JPEG files hardly shrink. Timestamps are not strict: a camera without a
    # set clock dates its files 1970, and a ZIP archive has no dates before 1980.
    with zipfile.ZipFile(destination, "w", zipfile.ZIP_STORED, strict_timestamps=False) as archive:
        archive.writestr(f"{top}/{_INDEX}", json.dumps(folder.read_index()))
        for face in folder.face_files():
            archive.write(face.path, f"{top}/{face.key}")
            raw = folder.path / paths.RAW_FOLDER / face.class_name / face.path.name
            if with_raw and raw.exists():
                archive.write(raw, f"{top}/{paths.RAW_FOLDER}/{face.key}")


def open_dataset(
    source: Path | BinaryIO,
    name: str | None = None,
    progress: Progress = lambda done, total: None,
) -> FaceFolder:
    """Unpack an archive from ``export_dataset`` into a new data set under ``data``.

    Parameters
    ----------
    source : pathlib.Path or binary file
    name : str, optional
        Name of the new data set; by default the name in the archive.
    progress : callable
        Called with the number of files done and in all; may raise to stop. Nothing of the new data
        set is then left.

    Raises
    ------
    FacerecError
        If it is not such an archive, an image in it is damaged, a name in it is not allowed, or a
        data set of that name exists.
    """
    with Archive(source) as archive:
        target = paths.dataset_folder(name or _name_in(archive))
        with files.arriving(target, "data set") as folder:
            for done, member in enumerate(archive.members, start=1):
                _unpack(archive, member, folder)
                progress(done, len(archive.members))
    return FaceFolder(target)


def name_in(source: Path | BinaryIO) -> str:
    """Name of the data set in a ZIP archive that ``export_dataset`` made.

    Raises
    ------
    FacerecError
        If it is not such an archive.
    """
    with Archive(source) as archive:
        return _name_in(archive)


def _name_in(archive: Archive) -> str:
    if archive.top is None or PurePosixPath(archive.top, _INDEX) not in archive.members:
        raise FacerecError(
            f"{archive.name} holds no data set exported by facerec. Is it a ZIP of pictures? "
            "Then use Import."
        )
    return archive.top


def _unpack(archive: Archive, member: PurePosixPath, folder: Path) -> None:
    content = archive.read(member)
    match member.parts[1:]:
        case (name,) if name == _INDEX:
            FaceFolder(folder).write_index(_checked_index(content, archive.name))
        case (class_name, name):
            images.decode(content, str(member))
            target = folder / paths.safe_name(class_name, "class name")
            files.write_bytes(target / _file_name(name, archive), content)
        case (paths.RAW_FOLDER, class_name, name):
            images.decode(content, str(member))
            target = folder / paths.RAW_FOLDER / paths.safe_name(class_name, "class name")
            files.write_bytes(target / _file_name(name, archive), content)
        case _:
            raise FacerecError(f"{archive.name} is refused: {member} is no part of a data set.")


def _file_name(name: str, archive: Archive) -> str:
    if name[0] == "." or not media.is_image(name):
        raise FacerecError(f"{archive.name} is refused: {name} in it is no image of a data set.")
    return name


def _checked_index(content: bytes, name: str) -> dict[str, Any]:
    place = f"{_INDEX} in {name}"
    with suppress(ValueError, RecursionError):
        index = checked_index(json.loads(content), place)
        if all(_is_details(details) for details in index["images"].values()):
            return index
    raise FacerecError(f"{place} is damaged.")


def _is_details(value: Any) -> bool:
    """Whether a value is a valid entry for an image: all fields in use have the expected type."""
    return (
        isinstance(value, dict)
        and all(isinstance(value.get(key, ""), str) for key in ("digest", "source", "session"))
        and all(
            isinstance(value.get(key, 0), int | float)
            for key in ("brightness", "sharpness", "face_size")
        )
        and re.fullmatch("[0-9a-f]{16}", str(value.get("hash", "0" * 16))) is not None
    )
