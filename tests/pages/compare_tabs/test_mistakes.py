"""The Mistakes tab; clicks into the matrix and the tiles are tried in the browser tests."""

import json
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from facerec.cleaning import editing
from facerec.datasets.folder import UNKNOWN, FaceFolder
from facerec.evaluation.confusion import Cell
from facerec.evaluation.judging import evaluate
from facerec.evaluation.kept import last_evaluation
from facerec.explanation.heat_maps import Explainer
from facerec.runs.run import Run
from facerec.system import files
from pages.compare_tabs import mistakes as tab
from pages.compare_tabs.titles import MISTAKES
from pages.components import tile_grid as grid
from tests.examples import CLASSES, DATASET, RUN, write_classes
from tests.pages.conftest import button, compare_tab, texts, widget

ADA, NOBODY, ZOE = range(3)
TAKEN_FOR_ZOE = ["Ada/session0_0001.jpg", "Ada/session0_0000.jpg"]


@pytest.fixture
def tiles(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """In place of the browser's part: what was drawn, and ids that count as clicked."""
    seen = SimpleNamespace(drawn={}, key="", clicked=None)

    def component(key: str, data: dict, default: dict, **_: object) -> SimpleNamespace:
        seen.key, seen.drawn = key, data
        return SimpleNamespace(
            selected=default["selected"] if seen.clicked is None else seen.clicked
        )

    monkeypatch.setattr(grid, "_component", component)
    return seen


def ids(tiles: SimpleNamespace) -> list[str]:
    return [tile["id"] for tile in tiles.drawn["tiles"]]


@pytest.fixture(scope="module")
def judgement(
    drawn_classes: Path, trained_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A folder with the files that judging the run leaves in its own."""
    home = tmp_path_factory.mktemp("judged")
    shutil.copytree(drawn_classes, home / "data" / DATASET)
    folder = shutil.copytree(trained_folder, home / "models" / RUN)
    before = set(folder.iterdir())
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FACEREC_HOME", str(home))
        evaluate(Run.open(RUN), FaceFolder.open(DATASET))
    for file in before:
        file.unlink()
    return folder


@pytest.fixture
def judged(judgement: Path, trained_run: Run) -> Run:
    """The run, judged on all images: it took two of Ada's eight for Zoë, and nothing else amiss."""
    shutil.copytree(judgement, trained_run.folder, dirs_exist_ok=True)
    rewrite(trained_run, dict(zip(TAKEN_FOR_ZOE, (9.0, 0.1), strict=True)))
    return trained_run


def rewrite(run: Run, taken_for_zoe: dict[str, float]) -> None:
    """Let it have said what each image is, but Zoë of some, and with what logit."""
    content = files.read_json(run.evaluation_file)
    for row in content["held_out"]["images"]:
        row["logits"] = [5.0 * (row["class"] == name) for name in CLASSES]
        if row["image"] in taken_for_zoe:
            row["logits"] = [0.0, 0.0, taken_for_zoe[row["image"]]]
    run.evaluation_file.write_text(json.dumps(content), encoding="utf-8")


def strangers_taken_for_ada(run: Run, home: Path) -> list[str]:
    """Judge the run on strangers, and let it have taken all of them for Ada; their images."""
    write_classes(home / "data" / "visitors", images_per_session=1, sessions=1)
    evaluate(run, FaceFolder.open(DATASET), FaceFolder.open("visitors"))
    content = files.read_json(run.evaluation_file)
    for row in content["strangers"]["images"]:
        row["logits"] = [1.0, 0.0, 0.0]
    run.evaluation_file.write_text(json.dumps(content), encoding="utf-8")
    return [row["image"] for row in content["strangers"]["images"]]


@pytest.fixture
def opened(open_page):
    """Opens the tab."""

    def open_tab(cell: Cell | None = None):
        app = open_page("compare")
        app.session_state["compare-tab"] = MISTAKES
        if cell:
            app.session_state[f"mistakes-cell-{RUN}"] = cell
        app = app.run()
        assert not app.exception
        return app

    return open_tab


def test_a_run_has_to_be_judged_first(opened, trained_run: Run) -> None:
    assert "Press **Judge**" in texts(opened())


def test_the_biggest_mistake_is_shown_first_the_surest_image_first(opened, judged, tiles) -> None:
    app = opened()
    assert "**2 mistakes** on 24 images" in texts(app)
    assert "**Ada was taken for Zoë in 2 of 8 images.**" in texts(app)
    assert "At the run's threshold of 0.5, 1 of them is given that name." in texts(app)
    assert ids(tiles) == TAKEN_FOR_ZOE
    assert [tile["note"] for tile in tiles.drawn["tiles"]] == ["100%", "36%, refused"]


def test_confidence_is_that_of_the_run_s_temperature(opened, judged, tiles) -> None:
    point = judged.operating_point
    judged.save_operating_point(type(point)(temperature=9.0))
    opened()
    assert [tile["note"] for tile in tiles.drawn["tiles"]] == ["58%", "34%, refused"]


def test_another_cell_in_pages(opened, judged, tiles, monkeypatch) -> None:
    monkeypatch.setattr(tab, "TILES_PER_PAGE", 5)
    app = opened(Cell(ZOE, ZOE))
    assert "**Zoë was recognised in 8 of 8 images.**" in texts(app)
    assert (len(ids(tiles)), ids(tiles)[0]) == (5, "Zoë/session0_0000.jpg")
    app.session_state[f"mistakes-page-{RUN}-{ZOE}-{ZOE}"] = 2
    app.run()
    assert ids(tiles) == [f"Zoë/session1_000{number}.jpg" for number in (1, 2, 3)]


def test_an_empty_cell(opened, judged, tiles) -> None:
    app = opened(Cell(ZOE, ADA))
    assert "**Zoë was taken for Ada in none of 8 images.**" in texts(app)
    assert not tiles.drawn


def test_without_mistakes_it_says_so(opened, judged, tiles) -> None:
    rewrite(judged, {})
    app = opened()
    assert "**No mistakes** on 24 images" in texts(app)
    assert "was recognised in 8 of 8 images" in texts(app)
    assert len(ids(tiles)) == 8


def test_scores_by_class(opened, judged, tiles) -> None:
    table = opened().dataframe[0].value.set_index("Class")
    scores = last_evaluation(judged).class_scores()
    assert list(table.index) == list(CLASSES)
    assert (table.loc["Ada", "Recall"], table.loc["Zoë", "Precision"]) == (75, 80)
    for name, expected in scores.items():
        assert table.loc[name, "F1"] == pytest.approx(100 * expected.f1)
        assert table.loc[name, "Images"] == expected.images


def test_selected_images_are_moved_to_the_class_the_network_said_and_back(
    opened, judged, tiles
) -> None:
    app = opened()
    assert button(app, "Delete").disabled
    tiles.clicked = TAKEN_FOR_ZOE
    app.run()
    assert widget(app.selectbox, "Which class do they belong to?").value == "Zoë"
    button(app, "Move them").click().run()
    assert not app.exception
    folder = FaceFolder.open(DATASET)
    assert folder.counts() == {"Ada": 6, UNKNOWN: 8, "Zoë": 10}
    assert "2 of the 24 images from colours were moved or deleted after this run was judged" in (
        texts(app)
    )
    assert "2 of the images of this cell are gone." in texts(app)
    button(app, "Undo").click().run()
    assert folder.counts()["Ada"] == 8
    assert "after this run was judged" not in texts(app)
    assert ids(tiles) == TAKEN_FOR_ZOE


def test_a_selected_image_is_deleted(opened, judged, tiles) -> None:
    app = opened()
    tiles.clicked = TAKEN_FOR_ZOE[:1]
    app.run()
    button(app, "Delete").click().run()
    assert not app.exception
    assert FaceFolder.open(DATASET).counts()["Ada"] == 7
    assert ids(tiles) == TAKEN_FOR_ZOE[1:]
    assert "1 of the images of this cell is gone." in texts(app)


def test_of_right_answers_no_class_is_suggested(opened, judged, tiles) -> None:
    tiles.clicked = ["Ada/session1_0000.jpg"]
    app = opened(Cell(ADA, ADA))
    assert widget(app.selectbox, "Which class do they belong to?").value is None
    assert button(app, "Move them").disabled


def test_a_class_that_is_no_more_is_not_suggested(opened, judged, tiles) -> None:
    editing.rename_class(FaceFolder.open(DATASET), "Zoë", "Eve")
    tiles.clicked = TAKEN_FOR_ZOE
    target = widget(opened().selectbox, "Which class do they belong to?")
    assert (target.options, target.value) == (["Eve", UNKNOWN], None)


def test_what_the_network_looked_at_is_worked_out_once(opened, judged, tiles, monkeypatch) -> None:
    asked = []
    heat = Explainer.heat

    def noted(self, faces, targets):
        asked.append(list(targets))
        return heat(self, faces, targets)

    monkeypatch.setattr(Explainer, "heat", noted)
    app = opened()
    plain, key = tiles.drawn["tiles"], tiles.key
    tiles.clicked = TAKEN_FOR_ZOE[:1]
    app.run()
    tiles.clicked = None
    toggle = widget(app.toggle, "Show what the network looked at")
    app = toggle.set_value(True).run()
    assert not app.exception
    assert asked == [[ZOE], [ZOE]]
    assert "The face glows where it spoke most for **Zoë**" in texts(app)
    # The browser draws tiles under another key anew; the same are selected.
    assert tiles.key != key
    assert tiles.drawn["chosen"] == TAKEN_FOR_ZOE[:1]
    glowing = tiles.drawn["tiles"]
    assert [tile["id"] for tile in glowing] == [tile["id"] for tile in plain]
    assert all(one["url"] != other["url"] for one, other in zip(glowing, plain, strict=True))
    app = widget(app.toggle, "Show what the network looked at").set_value(False).run()
    assert tiles.drawn["tiles"] == plain
    widget(app.toggle, "Show what the network looked at").set_value(True).run()
    assert tiles.drawn["tiles"] == glowing
    assert len(asked) == 2


def test_strangers_are_shown_and_left_alone(opened, judged, tiles, home) -> None:
    strangers_taken_for_ada(judged, home)
    app = opened(Cell(3, ADA))
    assert "**Strangers were taken for Ada in 3 of 3 images.**" in texts(app)
    assert "From the data set visitors." in texts(app)
    assert len(ids(tiles)) == 3
    assert "Delete" not in [element.label for element in app.button]


def test_without_the_data_set_there_are_no_images(opened, judged, tiles) -> None:
    FaceFolder.open(DATASET).delete()
    app = opened()
    assert "**2 mistakes** on 24 images" in texts(app)
    assert "There is no data set 'colours'" in texts(app)
    assert not tiles.drawn


def test_the_card_says_why_a_face_was_taken_for_another(opened, judged, tiles) -> None:
    app = opened()
    assert not [item for item in app.toggle if item.label == "Why was it wrong?"]
    tiles.clicked = TAKEN_FOR_ZOE[:1]
    app = app.run()
    widget(app.toggle, "Why was it wrong?").set_value(True).run()
    assert not app.exception
    shown = texts(app)
    assert "#### Ada, taken for Zoë" in shown
    assert "The most similar faces of **Zoë** that it learned from" in shown
    assert "The most similar faces of **Ada** that it learned from" in shown
    assert ":material/lightbulb:" in shown


def test_a_stranger_s_card_leads_to_refusing(opened, judged, tiles, home) -> None:
    tiles.clicked = strangers_taken_for_ada(judged, home)[:1]
    app = opened(Cell(3, ADA))
    widget(app.toggle, "Why was it wrong?").set_value(True).run()
    assert not app.exception
    assert "#### A stranger, taken for Ada" in texts(app)
    assert "Train with strangers to refuse" in [item.label for item in app.button]


def test_a_class_is_lit_with_its_formulas(open_page, trained_run) -> None:
    evaluate(trained_run)
    app = compare_tab(open_page, MISTAKES)
    widget(app.selectbox, "True and false, positive and negative for").select("Ada").run()
    assert not app.exception
    assert [element.value.strip("$\n").split("}")[0] for element in app.latex] == [
        r"\text{Precision",
        r"\text{Recall",
        r"\text{F1",
    ]
    assert "**Ada**: TP " in texts(app)
