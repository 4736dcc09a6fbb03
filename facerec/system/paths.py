"""The folder layout, which no other module knows, and names that are safe in it."""

import hashlib
import os
import re
import unicodedata
from pathlib import Path

from facerec.errors import FacerecError

PROJECT = Path(__file__).resolve().parents[2]
RAW_FOLDER = "_raw"
LONGEST_NAME = 80
_NO_RUNS = ("detectors", "pretrained")
_LONGEST_BYTES = 200
_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f\ud800-\udfff]')
_WINDOWS_DEVICES = {"CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"} | {
    f"{device}{number}" for device in ("COM", "LPT") for number in "0123456789¹²³"
}
# Formatting characters: two names that differ by one look the same. Persian, Hindi and emoji need
# the two joiners, which do no harm after a letter that is not Latin.
_INVISIBLE = re.compile(
    "[\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]"
    "|(?:^|(?<=[\0-\u024f]))[\u200c\u200d]"
)


def home() -> Path:
    """Folder of ``data`` and ``models``: ``FACEREC_HOME``, else the project's folder."""
    return Path(os.environ.get("FACEREC_HOME", PROJECT))


def data_folder() -> Path:
    return home() / "data"


def models_folder() -> Path:
    return home() / "models"


def detector_folders() -> list[Path]:
    """Folders searched for detector files; downloads go to the first."""
    folders = [models_folder() / "detectors"]
    if extra := os.environ.get("FACEREC_MODELS"):
        folders.append(Path(extra))
    return folders


def pretrained_folder() -> Path:
    """Folder of the weight files of pretrained networks, where downloads go too."""
    return models_folder() / "pretrained"


def run_name(text: str) -> str:
    """Safe name for a run; errors as ``safe_name``, and for a folder reserved for other files."""
    name = safe_name(text, "run name")
    if name.casefold() in _NO_RUNS:
        raise FacerecError(f"The run name {name!r} is that of another folder: choose another.")
    return name


def safe_name(text: str, what: str = "name") -> str:
    """Safe name for a folder on Windows, macOS and Linux alike.

    Letters of any script, emoji, spaces and inner dots stay. The name is stripped, in Unicode form
    NFC.

    Parameters
    ----------
    text : str
        The typed text.
    what : str
        Word for it in the error message, such as "class name".

    Raises
    ------
    FacerecError
        If the text is empty, too long or reserved, has a character that folders may not, begins
        with ``.`` or ``_``, or ends in a dot.
    """
    name = unicodedata.normalize("NFC", text).strip()
    if not name:
        raise FacerecError(f"The {what} is empty: please type one.")
    if _INVISIBLE.search(name):
        raise FacerecError(f"The {what} {name!r} has a character that nobody sees: type it anew.")
    if _FORBIDDEN.search(name):
        raise FacerecError(f'The {what} {name!r} has a character that folders may not: <>:"/\\|?*')
    if len(name) > LONGEST_NAME or len(name.encode("utf-8")) > _LONGEST_BYTES:
        raise FacerecError(f"The {what} is too long: at most {LONGEST_NAME} characters.")
    if name[0] in "._" or name[-1] == ".":
        raise FacerecError(f"The {what} {name!r} may not begin with . or _, nor end in a dot.")
    if _is_device(name):
        raise FacerecError(f"The {what} {name!r} is reserved on Windows: please choose another.")
    return name


def _is_device(name: str) -> bool:
    """Whether Windows takes the name for a device, whatever follows its first dot."""
    return name.split(".")[0].rstrip().upper() in _WINDOWS_DEVICES


def adapted_name(text: str, fallback: str) -> str:
    """A safe name as near as possible to a name that comes from outside.

    Characters that folders may not have become hyphens, and what may not stand at the beginning or
    the end is left out. ``fallback`` is the name where nothing is left.
    """
    name = unicodedata.normalize("NFC", text)
    name = (
        _FORBIDDEN.sub("-", _INVISIBLE.sub("", name))
        .strip()
        .lstrip("._ ")[:LONGEST_NAME]
        .rstrip(". ")
    )
    while len(name.encode("utf-8")) > _LONGEST_BYTES:
        name = name[:-1].rstrip(". ")
    if _is_device(name):
        name = f"{name.replace('.', '-')}-"
    return name or fallback


def dataset_folder(name: str) -> Path:
    """Folder of the data set with this name, existing or not; errors as ``safe_name``."""
    return data_folder() / safe_name(name, "data set name")


def find_dataset(name_or_path: str) -> Path:
    """Folder of an existing data set: a name under ``data``, or any folder of class folders.

    Raises
    ------
    FacerecError
        If there is no such data set or folder.
    """
    for folder in (data_folder() / name_or_path, Path(name_or_path)):
        if name_or_path.strip() and folder.is_dir():
            return folder
    raise FacerecError(
        f"There is no data set {name_or_path!r}: neither under {data_folder()} nor as a folder."
    )


def sample_video() -> Path:
    """File of the drawn sample video for the Live page, existing or not."""
    return data_folder() / "_sample" / "two-people-and-a-stranger.mp4"


def recordings_folder() -> Path:
    """Folder of the recordings of streams, each in a subfolder, until they are deleted."""
    return data_folder() / "_recordings"


def recipes_folder() -> Path:
    """Folder of the saved augmentation recipes."""
    return data_folder() / "_recipes"


def cache_folder(dataset: Path) -> Path:
    """Cache folder for the decoded images of a data set, kept between runs.

    It is not in the data set's own folder, which may lie anywhere and be exported.
    """
    path = dataset.resolve()
    place = hashlib.sha256(os.fsencode(path)).hexdigest()[:12]
    return data_folder() / "_cache" / f"{path.name[:LONGEST_NAME]}-{place}"


def run_folder(name: str) -> Path:
    """Folder of the run with this name, existing or not; errors as ``run_name``."""
    return models_folder() / run_name(name)


def studies_folder() -> Path:
    """Folder of the studies, each in a subfolder of its name."""
    return models_folder() / "_studies"


def studies_file() -> Path:
    """SQLite file of the studies, used unless another storage is configured."""
    return models_folder() / "studies.db"


def experiments_folder() -> Path:
    """Folder of the experiments, each in a subfolder of its name."""
    return models_folder() / "_experiments"


def tests_folder() -> Path:
    """Folder of the last learning rate test."""
    return models_folder() / "_tests"


def job_files() -> list[Path]:
    """The ``job.json`` of every process under ``models``, running or ended."""
    places = (
        "*/job.json",
        f"{tests_folder().name}/*/job.json",
        f"{studies_folder().name}/*/*/job.json",
        f"{experiments_folder().name}/*/job.json",
    )
    return [file for place in places for file in models_folder().glob(place)]


def own_folders() -> list[Path]:
    """All folders under ``data`` and ``models`` that hold what users made, caches among them.

    Detectors and published weights are not.
    """
    kept = {folder.name for folder in (*detector_folders(), pretrained_folder())}
    places = (data_folder(), models_folder())
    found = [entry for place in places if place.is_dir() for entry in place.iterdir()]
    return sorted(
        entry
        for entry in found
        if entry.is_dir() and not (entry.parent == models_folder() and entry.name in kept)
    )


def subfolders(folder: Path) -> list[Path]:
    """Folders in ``folder`` sorted by name, without those that begin with ``.`` or ``_``."""
    if not folder.is_dir():
        return []
    return sorted(
        entry for entry in folder.iterdir() if entry.is_dir() and entry.name[0] not in "._"
    )
