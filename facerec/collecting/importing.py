"""Import of faces from images, folders, ZIP archives and videos."""

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, field
from itertools import chain, zip_longest
from pathlib import Path, PurePath
from statistics import median
from typing import BinaryIO

import numpy as np

from facerec.collecting.looking import Seen, digest_of, look_at
from facerec.collecting.sources import (
    HIDDEN,
    NOT_AN_IMAGE,
    ClassNames,
    Picture,
    Source,
    Wish,
    open_source,
    printable,
)
from facerec.datasets.folder import UNKNOWN, FaceFolder
from facerec.datasets.writer import FaceWriter, Origin
from facerec.errors import FacerecError
from facerec.faces import media
from facerec.faces.detection import FaceDetector
from facerec.faces.media import Kind
from facerec.system import paths
from facerec.system.progress import Progress

MOST_REJECTED_SHOWN = 60


@dataclass(frozen=True)
class Rejection:
    """An image that was not imported, and why.

    Parameters
    ----------
    name : str
    reason : str
        A few words, the same for all images rejected for this reason.
    detail : str
        More about this image; empty if there is nothing to add.
    picture : numpy.ndarray, optional
        A thumbnail, RGB uint8, shape (height, width, 3). Only the first ``MOST_REJECTED_SHOWN``
        images that could be read have one.
    """

    name: str
    reason: str
    detail: str = ""
    picture: np.ndarray | None = field(default=None, compare=False, repr=False)

    def as_dict(self) -> dict[str, str]:
        """Name, reason and detail, for JSON."""
        return {"name": self.name, "reason": self.reason, "detail": self.detail}


@dataclass
class ImportReport:
    """Numbers of imported images by class, and the images that were rejected.

    Parameters
    ----------
    added : Counter
    rejected : list of Rejection
    adapted : dict of str to str
        The class by each name of a person that was adapted.
    """

    added: Counter[str] = field(default_factory=Counter)
    rejected: list[Rejection] = field(default_factory=list)
    adapted: dict[str, str] = field(default_factory=dict)
    _shown: int = field(default=0, init=False, repr=False)

    def reasons(self) -> dict[str, int]:
        """Number of rejected images by reason, the most frequent first."""
        return dict(Counter(rejection.reason for rejection in self.rejected).most_common())

    def reasons_in_words(self) -> str:
        """``reasons`` as text, such as "3 duplicate, 1 unreadable"."""
        return ", ".join(f"{count} {reason}" for reason, count in self.reasons().items())

    def reject(self, name: str, reason: str, detail: str, small: np.ndarray | None) -> None:
        """Note a rejected image; ``small`` is its thumbnail, RGB uint8 (height, width, 3)."""
        shown = small if self._shown < MOST_REJECTED_SHOWN else None
        self._shown += shown is not None
        self.rejected.append(Rejection(name, reason, detail, shown))


def import_faces(
    sources: Sequence[Path | BinaryIO],
    folder: FaceFolder,
    detector: FaceDetector,
    class_name: str | None = None,
    session: str | None = None,
    keep_raw: bool = False,
    progress: Progress = lambda done, total: None,
    level: int | None = None,
) -> ImportReport:
    """Import every image with exactly one face into a data set.

    An image that is already in the data set, in any class, is rejected as a duplicate. Detection
    runs on all cores; the result does not depend on their number.

    Parameters
    ----------
    sources : sequence of pathlib.Path or binary file with a ``name``
        Images, videos, ZIP archives, or folders. In folders and archives, a folder around an image
        is its class, unless ``class_name`` is given. A class that exists, upper and lower case
        aside, is taken; a name that no class can have is adapted, as the report says.
    folder : FaceFolder
        The data set.
    detector : FaceDetector
        Finds the face; ``WholeImage`` takes images as they are.
    class_name : str, optional
        The person; needed for loose images and videos.
    session : str, optional
        Name of the capture session. The default is the session in the file's name
        (``<session>_<number>``), else the source's name, else "import": the first of them that is
        a safe name.
    keep_raw : bool
        Also keep the whole image under ``_raw``.
    progress : callable
        Called with the number of images done and in all. It may raise to stop; images imported
        before stay.
    level : int, optional
        Level of the folders that have the people's names, from 0; see ``people_folders.levels``,
        whose proposal is the default.

    Raises
    ------
    FacerecError
        If a source cannot be read, the sources hold no images, or a source has no class. If the
        disk is full: the message then says how many images were imported before.
    """
    names = ClassNames(folder.class_names())
    if class_name is not None:
        class_name = names.of(paths.safe_name(class_name, "class name"))
    if session is not None:
        session = paths.safe_name(session, "session name")
    with ExitStack() as opened:
        wish = Wish(names, class_name, session, level)
        found = [open_source(source, wish, opened) for source in sources]
        total = sum(source.count for source in found)
        report = _report_with_left_out(found, names)
        if not total:
            raise _nothing_here(report)
        pictures = chain.from_iterable(source.pictures for source in found)
        with (
            _Intake(folder, report, detector.name) as intake,
            closing(look_at(pictures, detector, keep_raw)) as looked_at,
        ):
            for done, seen in enumerate(looked_at, start=1):
                intake.take(seen, only_one=True)
                progress(done, total)
    if not report.added and set(report.reasons()) <= {NOT_AN_IMAGE, HIDDEN}:
        raise _nothing_here(report)
    return report


def import_unknown(
    sources: Sequence[Path | BinaryIO],
    folder: FaceFolder,
    detector: FaceDetector,
    wanted: int,
    progress: Progress = lambda done, total: None,
) -> ImportReport:
    """Import ``wanted`` faces of assorted people into the class Unknown.

    Each folder counts as one person. Faces are drawn evenly from the folders, and each folder
    becomes a capture session, so that a split by session keeps people apart. All faces of a
    picture are imported.

    Parameters
    ----------
    sources : sequence of pathlib.Path or binary file with a ``name``
        Folders or ZIP archives of any layout, or images.
    wanted : int
        Number of faces, at least 1.

    Other parameters and errors are those of ``import_faces``.
    """
    if wanted < 1:
        raise FacerecError(
            f"{UNKNOWN} lacks no faces: it is as large as the other classes, or there are none yet."
        )
    with ExitStack() as opened:
        for source in sources:
            if not _is_folder(source) and media.kind_of(source) == Kind.VIDEO:
                name = Path(source.name).name
                raise FacerecError(f"{name} is a video: {UNKNOWN} is made of pictures.")
        wish = Wish(ClassNames(folder.class_names()), UNKNOWN)
        found = [open_source(source, wish, opened) for source in sources]
        report = _report_with_left_out(found, wish.names)
        groups: dict[str, list[Picture]] = defaultdict(list)
        for source in found:
            for picture in source.pictures:
                groups[picture.session].append(picture)
        if not groups:
            raise _nothing_here(report)
        for group in groups.values():
            # Neighbours in a series look alike; the fixed seed gives the same order each time.
            random.Random(0).shuffle(group)
        in_turn = chain.from_iterable(zip_longest(*groups.values()))
        pictures = (picture for picture in in_turn if picture is not None)
        with (
            _Intake(folder, report, detector.name) as intake,
            closing(look_at(pictures, detector, keep_raw=False)) as looked_at,
        ):
            for seen in looked_at:
                intake.take(seen, only_one=False, room=wanted - report.added[UNKNOWN])
                progress(report.added[UNKNOWN], wanted)
                if report.added[UNKNOWN] >= wanted:
                    break
    return report


@dataclass(frozen=True)
class FacesOfPerson:
    """Faces taken from a source of one person's pictures.

    Parameters
    ----------
    pixels : numpy.ndarray
        RGB uint8, shape (faces, 224, 224, 3); one face or more.
    rejected : list of Rejection
        The pictures of which no face was taken.
    """

    pixels: np.ndarray
    rejected: list[Rejection]


def faces_of(
    source: Path | BinaryIO,
    detector: FaceDetector,
    progress: Progress = lambda done, total: None,
) -> FacesOfPerson:
    """Faces of one person in a source: those of the pictures with exactly one face.

    A picture that comes twice is taken once. Other parameters and errors are those of
    ``import_faces``. A source without any face is an error too.
    """
    faces, places = [], {}
    with ExitStack() as opened:
        names = ClassNames(())
        found = open_source(source, Wish(names, "somebody"), opened)
        report = _report_with_left_out([found], names)
        with closing(look_at(found.pictures, detector, keep_raw=False)) as looked_at:
            for done, seen in enumerate(looked_at, start=1):
                if not _rejects(report, seen, places.get(seen.digest), only_one=True):
                    places[seen.digest] = seen.picture.name
                    faces.append(seen.faces[0].pixels)
                progress(done, found.count)
    if not faces:
        why = report.reasons_in_words()
        raise FacerecError(
            f"No face can be taken from {printable(PurePath(source.name))}: "
            f"{why or 'there are no images in it'}."
        )
    return FacesOfPerson(np.stack(faces), report.rejected)


def unknown_wanted(folder: FaceFolder) -> int:
    """Number of faces that Unknown lacks to reach the median size of the other classes."""
    counts = folder.counts()
    present = counts.pop(UNKNOWN, 0)
    return max(0, round(median(counts.values())) - present) if counts else 0


class _Intake:
    """Writes detected faces to a data set, and reports the pictures it rejects."""

    def __init__(self, folder: FaceFolder, report: ImportReport, detector_name: str) -> None:
        self._report = report
        self._detector_name = detector_name
        self._writer = FaceWriter(folder)
        known = folder.details()
        self._places = {
            details["digest"]: key
            for key, details in known.items()
            if details.get("digest") and (folder.path / key).exists()
        }
        # On a full disk an import can write a face and fail to index it. The same picture gives
        # the same file again, so the file's digest finds the duplicate.
        self._unnoted = {
            digest_of(face.path.read_bytes()): face.key
            for face in folder.face_files()
            if "source" not in known.get(face.key, {})
        }

    def __enter__(self) -> "_Intake":
        return self

    def __exit__(self, kind: type | None, failure: BaseException | None, trace: object) -> None:
        if failure is None:
            self._writer.close()
            return
        # On a full disk the index cannot be written either: the first failure is reported.
        with suppress(FacerecError):
            self._writer.close()
        if isinstance(failure, FacerecError) and self._report.added:
            count = self._report.added.total()
            raise FacerecError(f"{failure} {count} images came in before, and stay.") from failure

    def take(self, seen: Seen, only_one: bool, room: int | None = None) -> None:
        """Add the faces of a picture: one, or as many as there is room for."""
        if _rejects(self._report, seen, self._place(seen), only_one):
            return
        picture = seen.picture
        origin = Origin(picture.name, self._detector_name, seen.digest)
        for face in seen.faces[:room]:
            path = self._writer.add(
                picture.class_name, picture.session, face, origin, seen.raw, picture.like
            )
            self._report.added[picture.class_name] += 1
            self._places[seen.digest] = f"{picture.class_name}/{path.name}"

    def _place(self, seen: Seen) -> str | None:
        """The image of the data set that this picture duplicates, or None."""
        if seen.digest in self._places or not self._unnoted:
            return self._places.get(seen.digest)
        places = (self._unnoted.get(digest_of(face.jpeg)) for face in seen.faces)
        return next(filter(None, places), None)


def _rejects(report: ImportReport, seen: Seen, place: str | None, only_one: bool) -> bool:
    """Whether no face of a picture is to be taken, which the report then says.

    ``place`` is where the same picture came in before, or None.
    """
    reason, detail = seen.reason, seen.detail
    if place is not None:
        reason, detail = "duplicate", f"already here as {place}"
    elif not reason and only_one and len(seen.faces) > 1:
        reason, detail = "several faces", f"{len(seen.faces)} faces were found"
    if reason:
        report.reject(seen.picture.name, reason, detail, seen.small)
    return bool(reason)


def _report_with_left_out(sources: Iterable[Source], names: ClassNames) -> ImportReport:
    report = ImportReport(adapted=names.adapted)
    for left_out in chain.from_iterable(source.left_out for source in sources):
        report.rejected.append(Rejection(*left_out))
    return report


def _nothing_here(report: ImportReport) -> FacerecError:
    why = report.reasons_in_words()
    return FacerecError(
        f"There are no images or videos to import here{f' ({why})' if why else ''}."
    )


def _is_folder(source: Path | BinaryIO) -> bool:
    return isinstance(source, Path) and not source.is_file()
