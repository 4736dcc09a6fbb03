"""Every page and tab, with Markdown in whatever a user or a file can name: none of it acts."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from google.protobuf.message import Message
from streamlit.testing.v1 import AppTest

from facerec.augmentation import saved as recipes
from facerec.augmentation.recipe import Augmentation
from facerec.cleaning import editing
from facerec.datasets.folder import UNKNOWN, FaceFolder
from facerec.evaluation.judging import evaluate
from facerec.faces import images
from facerec.recognition import new_gallery
from facerec.recognition.fastest_engine import fastest_engine
from facerec.runs import creating
from facerec.runs.run import Run
from facerec.system.markdown import plain
from facerec.training.loop import train
from tests.examples import noisy_color, tiny_config

PAGES = ("home", "dataset", "augment", "train", "compare", "live")
# Fields that Streamlit shows as they are: choices and values of widgets, table and chart contents.
NO_MARKDOWN = {
    "options", "default", "value", "placeholder", "data", "spec", "config", "id", "key", "form_id",
    "raw_values", "raw_value", "set_value", "url", "query_string", "page", "columns", "json",
    "styles", "file_name", "mixed_data", "form", "user_key", "help_id", "element_id", "code_text",
}  # fmt: skip
OPTIONS_ARE_MARKDOWN = {"radio", "button_group"}


def marked(letter: str) -> str:
    """A name full of Markdown."""
    return f"$x^2$ [{letter}]({letter}) `{letter}` _{letter}_"


def acting(letters: str, text: str) -> bool:
    """Whether a text has such a name with its Markdown in force."""
    return any(re.search(rf"(?<!\\)\[{letter}\\?\]\(", text) for letter in letters)


@pytest.fixture
def named(home: Path) -> Run:
    """A home in which everything bears such a name: d(ata set), p(erson), r(un), m(essage) ..."""
    folder = home / "data" / marked("d")
    for number, name in enumerate((marked("p"), marked("q"), UNKNOWN)):
        for index in range(8):
            path = folder / name / f"{marked('s')}_{index:04d}.jpg"
            images.write(path, noisy_color((70 * number, 90, 150), 10 * number + index))
    run = creating.create(marked("r"), tiny_config(dataset=marked("d"), epochs=1))
    train(run)
    evaluate(run)
    run.add_remark(f"About {marked('m')}.")
    fastest_engine(run)
    made = new_gallery.create(marked("g"), run, FaceFolder.open(marked("d")))
    fastest_engine(made)
    dataset = FaceFolder.open(marked("d"))
    editing.delete_images(dataset, dataset.face_files(marked("p"))[:1])
    recipes.save(marked("a"), Augmentation())
    return run


def strings(message: Message, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """All strings of a protocol message, each with the names of the fields that lead to it."""
    for field, value in message.ListFields():
        for item in value if field.is_repeated and not hasattr(value, "items") else [value]:
            if isinstance(item, Message):
                yield from strings(item, (*path, field.name))
            elif isinstance(item, str):
                yield (*path, field.name), item


def drawn(app: AppTest) -> Iterator[tuple[str, tuple[str, ...], str]]:
    """All strings of the app's elements: the element's type, the fields' names and the text."""
    for part in (app.main, app.sidebar):
        for node in part:
            proto = getattr(node, "proto", None)
            if isinstance(proto, Message):
                for path, text in strings(proto):
                    yield getattr(node, "type", ""), path, text


def in_force(app: AppTest) -> list[tuple[str, tuple[str, ...], str]]:
    """What the app draws as Markdown with such a name in force."""
    return [
        (kind, path, text)
        for kind, path, text in drawn(app)
        if not (set(path) - ({"options"} if kind in OPTIONS_ARE_MARKDOWN else set())) & NO_MARKDOWN
        and acting("dpqsrmga", text)
    ]


@pytest.mark.parametrize("page", PAGES)
def test_no_markdown_of_a_name_is_in_force(page: str, named: Run, open_page) -> None:
    app = open_page(page)
    shown, texts = in_force(app), [text for _, _, text in drawn(app)]
    tabs = [tab.label for tab in app.tabs if tab.label.startswith(":material/")]
    for run in (named.name, marked("g")):
        for tab in tabs:
            app.session_state["run"] = run
            app.session_state[f"{page}-tab"] = tab
            app.run()
            assert not app.exception, (tab, app.exception)
            shown += in_force(app)
            texts += [text for _, _, text in drawn(app)]
    assert not shown
    # Home and Augment show names in choices and tables only.
    escaped = any(plain(marked(letter)) in text for letter in "dpr" for text in texts)
    assert escaped == (page not in ("home", "augment"))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("$x^2$", r"\$x^2\$"),
        ("[a](b)", r"\[a\](b)"),
        ("a_b _c_", r"a_b \_c\_"),
        (":red[x] :smile: 12:30", r"\:red\[x\] \:smile: 12:30"),
        ("# h", r"\# h"),
        ("12. x", r"12\. x"),
        ("0.25", "0.25"),
        ("&lt; AT&T", r"\&lt; AT&T"),
        ("C:\\x", r"C:\\x"),
        ("Two\nlines. And more.", "Two lines. And more."),
    ],
)
def test_plain_text_is_escaped_only_where_it_would_act(text: str, shown: str) -> None:
    assert plain(text) == shown
