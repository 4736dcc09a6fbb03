"""Rules of the house that neither import-linter nor ruff can hold."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = sorted(
    path.relative_to(ROOT) for top in ("facerec", "pages") for path in (ROOT / top).rglob("*.py")
)
# A component is a folder of its Python, JavaScript and CSS: its __init__.py is the Python.
SIGNPOSTS = [
    path
    for path in MODULES
    if path.name == "__init__.py" and path.parent.parent != Path("pages/components")
]


def test_only_the_ground_lies_directly_in_facerec():
    assert {path.name for path in (ROOT / "facerec").glob("*.py")} == {
        "__init__.py",
        "__main__.py",
        "errors.py",
        "metrics.py",
    }


@pytest.mark.parametrize("path", SIGNPOSTS, ids=str)
def test_a_package_is_one_docstring(path):
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))

    assert ast.get_docstring(tree)
    assert len(tree.body) == 1


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


def borrowed_private_names(source: str) -> Iterator[str]:
    """Private names that a module takes from another module of facerec or pages."""
    tree = ast.parse(source)
    modules: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            from_house = node.level > 0 or (node.module or "").split(".")[0] in ("facerec", "pages")
            if from_house:
                yield from (
                    f"{node.module}.{name}"
                    for name in (*(node.module or "").split("."), *(a.name for a in node.names))
                    if is_private(name)
                )
                modules.update(alias.asname or alias.name for alias in node.names)
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.split(".")[0] in ("facerec", "pages"):
                    modules.add(alias.asname or alias.name)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and is_private(node.attr):
            owner = ast.unparse(node.value)
            if owner in modules:
                yield f"{owner}.{node.attr}"


@pytest.mark.parametrize(
    ("source", "borrowed"),
    [
        ("from facerec.runs.run import _read", ["facerec.runs.run._read"]),
        ("from facerec.runs import run\nrun._read()", ["run._read"]),
        ("import facerec.runs.run\nfacerec.runs.run._read()", ["facerec.runs.run._read"]),
        ("from pages.train_tabs import tuning as t\nt._form()", ["t._form"]),
        ("from facerec.runs.run import Run\nRun._cached = 1", ["Run._cached"]),
        ("from facerec.runs import run\nrun.read(); self._x; torch._C", []),
        ("from torch import _C\nfrom facerec import __version__", []),
    ],
)
def test_a_borrowed_private_name_is_seen(source, borrowed):
    assert list(borrowed_private_names(source)) == borrowed


def test_no_module_borrows_a_private_name():
    borrowed = {
        str(path): names
        for path in MODULES
        if (names := list(borrowed_private_names((ROOT / path).read_text(encoding="utf-8"))))
    }

    assert borrowed == {}
