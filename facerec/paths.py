"""The one place that knows the folder layout, and that makes names safe to use in it."""

import hashlib
import os
import re
import unicodedata
from pathlib import Path

from facerec.errors import FacerecError

PROJECT = Path(__file__).resolve().parent.parent
RAW_FOLDER = "_raw"
LONGEST_NAME = 80
_NO_RUNS = ("detectors", "pretrained")
_WINDOWS_DEVICES = {"CON", "PRN", "AUX", "NUL"} | {
    f"{device}{number}" for device in ("COM", "LPT") for number in range(1, 10)
}


def home() -> Path:
    """Folder that holds ``data`` and ``models``: ``FACEREC_HOME``, else the project."""
    return Path(os.environ.get("FACEREC_HOME", PROJECT))


def data_folder() -> Path:
    return home() / "data"


def models_folder() -> Path:
    return home() / "models"


def detector_folders() -> list[Path]:
    """Where detector files are looked for, first the one that a download goes to."""
    folders = [models_folder() / "detectors"]
    if extra := os.environ.get("FACEREC_MODELS"):
        folders.append(Path(extra))
    return folders


def pretrained_folder() -> Path:
    """Where weight files of networks that learned elsewhere are looked for, and downloaded to."""
    return models_folder() / "pretrained"


def run_name(text: str) -> str:
    """Text that can name a run; errors as ``safe_name``, also for a folder that is no run's."""
    name = safe_name(text, "run name")
    if name.casefold() in _NO_RUNS:
        raise FacerecError(f"The run name {name!r} is that of another folder: choose another.")
    return name


def safe_name(text: str, what: str = "name") -> str:
    """Text that can name a folder on Windows, macOS and Linux alike.

    Letters of any script, emoji, spaces and inner dots stay as they are (in Unicode form NFC).

    Parameters
    ----------
    text : str
        What somebody typed.
    what : str
        How to call it in the message, such as "class name".

    Raises
    ------
    FacerecError
        If the text is empty, too long, reserved, or would leave its folder.
    """
    name = unicodedata.normalize("NFC", text).strip()
    if not name:
        raise FacerecError(f"The {what} is empty: please type one.")
    if re.search(r'[<>:"/\\|?*\x00-\x1f\x7f\ud800-\udfff]', name):
        raise FacerecError(f'The {what} {name!r} has a character that folders may not: <>:"/\\|?*')
    if len(name) > LONGEST_NAME or len(name.encode("utf-8")) > 200:
        raise FacerecError(f"The {what} is too long: at most {LONGEST_NAME} characters.")
    if name[0] in "._" or name[-1] == ".":
        raise FacerecError(f"The {what} {name!r} may not begin with . or _, nor end in a dot.")
    if name.split(".")[0].upper() in _WINDOWS_DEVICES:
        raise FacerecError(f"The {what} {name!r} is reserved on Windows: please choose another.")
    return name


def dataset_folder(name: str) -> Path:
    """Folder of the data set of that name, existing or not."""
    return data_folder() / safe_name(name, "data set name")


def find_dataset(name_or_path: str) -> Path:
    """Folder of an existing data set: a name under ``data``, or any folder of class folders.

    Raises
    ------
    FacerecError
        If there is neither.
    """
    for folder in (data_folder() / name_or_path, Path(name_or_path)):
        if name_or_path.strip() and folder.is_dir():
            return folder
    raise FacerecError(
        f"There is no data set {name_or_path!r}: neither under {data_folder()} nor as a folder."
    )


def sample_video() -> Path:
    """Where the drawn video for the Live page lies, once it is drawn."""
    return data_folder() / "_sample" / "two-people.mp4"


def recipes_folder() -> Path:
    """Where saved augmentation recipes lie."""
    return data_folder() / "_recipes"


def cache_folder(dataset: Path) -> Path:
    """Where the decoded images of the data set in that folder are kept between runs.

    Not in the data set itself, which may lie anywhere and be exported.
    """
    path = dataset.resolve()
    place = hashlib.sha256(os.fsencode(path)).hexdigest()[:12]
    return data_folder() / "_cache" / f"{path.name[:LONGEST_NAME]}-{place}"


def run_folder(name: str) -> Path:
    """Folder of the run of that name, existing or not."""
    return models_folder() / run_name(name)


def studies_folder() -> Path:
    """Where the searches for settings are kept, each in a folder of its name."""
    return models_folder() / "_studies"


def studies_file() -> Path:
    """The database of the searches, unless another is asked for."""
    return models_folder() / "studies.db"


def tests_folder() -> Path:
    """Where the last learning rate test is kept."""
    return models_folder() / "_tests"


def job_files() -> list[Path]:
    """The ``job.json`` of every process that works, or did, under ``models``."""
    places = (
        "*/job.json",
        f"{tests_folder().name}/*/job.json",
        f"{studies_folder().name}/*/*/job.json",
    )
    return [file for place in places for file in models_folder().glob(place)]


def subfolders(folder: Path) -> list[Path]:
    """Visible folders in ``folder`` by name; those that begin with ``.`` or ``_`` are ours."""
    if not folder.is_dir():
        return []
    return sorted(
        entry for entry in folder.iterdir() if entry.is_dir() and entry.name[0] not in "._"
    )
