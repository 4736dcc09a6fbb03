"""Augmentation recipes by name: the presets and the saved recipes."""

import json
from dataclasses import dataclass
from pathlib import Path

from facerec.augmentation.recipe import PRESETS, Augmentation
from facerec.errors import FacerecError
from facerec.system import files, paths


@dataclass(frozen=True)
class Recipes:
    """All recipes that can be chosen.

    Parameters
    ----------
    by_name : dict of str to Augmentation
        The presets first, then the saved recipes by name.
    remarks : list of str
        A sentence for each saved recipe that cannot be used.
    """

    by_name: dict[str, Augmentation]
    remarks: list[str]


def all_recipes() -> Recipes:
    """The presets and all saved recipes; a damaged one is replaced by a remark."""
    found, remarks = dict(PRESETS), []
    for path in sorted(paths.recipes_folder().glob("[!.]*.json")):
        try:
            if not _is_preset(path.stem):
                found[path.stem] = _read(path)
        except FacerecError as error:
            remarks.append(str(error))
    return Recipes(found, remarks)


def named(name_or_file: str) -> Augmentation:
    """The preset or saved recipe with this name, else the recipe in this JSON file.

    Raises
    ------
    FacerecError
        If there is no such recipe, or its file is damaged.
    """
    if name_or_file in PRESETS:
        return PRESETS[name_or_file]
    for path in (paths.recipes_folder() / f"{name_or_file}.json", Path(name_or_file)):
        if path.is_file():
            return _read(path)
    raise FacerecError(
        f"{name_or_file!r} is neither a recipe file nor one of: {', '.join(all_recipes().by_name)}."
    )


def save(name: str, recipe: Augmentation) -> str:
    """Save a recipe; it replaces a recipe saved under the same name.

    Returns
    -------
    str
        The name made safe, under which the recipe is saved.

    Raises
    ------
    FacerecError
        If the name is that of a preset or cannot name a file, or the file cannot be written.
    """
    name = paths.safe_name(name, "recipe name")
    if _is_preset(name):
        raise FacerecError(f"{name} is a preset's name: please choose another.")
    files.write_json(_file(name), recipe.as_dict())
    return name


def receive(file_name: str, content: bytes) -> str:
    """Save a recipe from a shared JSON file, under the file's name.

    Returns
    -------
    str
        The name made safe, under which the recipe is saved.

    Raises
    ------
    FacerecError
        If the content is no recipe, or a different recipe is saved under that name.
    """
    name = paths.safe_name(Path(file_name).stem, "recipe name")
    recipe = from_json(content, file_name)
    if all_recipes().by_name.get(name, recipe) != recipe:
        raise FacerecError(
            f"There is another recipe called {name} already: rename the file, or delete that one."
        )
    return name if name in PRESETS else save(name, recipe)


def delete(name: str) -> None:
    """Delete a saved recipe; a missing one is no error."""
    _file(name).unlink(missing_ok=True)


def to_json(recipe: Augmentation) -> str:
    """Text of a JSON file with the recipe, for sharing."""
    return json.dumps(recipe.as_dict(), indent=2)


def from_json(content: bytes, name: str) -> Augmentation:
    """The recipe in the content of a JSON file.

    Raises
    ------
    FacerecError
        If the content is no recipe; the message begins with ``name``.
    """
    try:
        return Augmentation.from_dict(json.loads(content))
    except (ValueError, RecursionError) as error:
        raise FacerecError(f"{name} is no recipe: it is not JSON.") from error
    except FacerecError as error:
        raise FacerecError(f"{name} is no recipe. {error}") from error


def _file(name: str) -> Path:
    return paths.recipes_folder() / f"{paths.safe_name(name, 'recipe name')}.json"


def _is_preset(name: str) -> bool:
    return name.casefold() in {preset.casefold() for preset in PRESETS}


def _read(path: Path) -> Augmentation:
    try:
        return from_json(path.read_bytes(), path.name)
    except OSError as error:
        raise FacerecError(f"{path} cannot be read: {error.strerror}.") from error
