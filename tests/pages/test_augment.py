import pytest

from facerec.augmentation import saved as recipes
from facerec.augmentation.recipe import PRESETS, Augmentation
from facerec.datasets.folder import FaceFolder
from facerec.system import paths
from tests.examples import CLASSES
from tests.pages.conftest import button, texts, widget

DARK = Augmentation(brightness=0.6, noise=0.1)


def shown_pictures(app) -> dict[str, str]:
    """Addresses of the pictures shown, which are made from their content, and captions."""
    return {image.url: image.caption for group in app.get("image") for image in group.proto.imgs}


def look_at(app, view: str):
    """Choose what the pictures are to show."""
    group = next(group for group in app.get("button_group") if group.label == "View")
    return group.set_value(view).run()


def changed_slider(app):
    return widget(app.slider, "Rotation (degrees)").set_value(45.0).run()


def save_as(app, name: str):
    widget(app.text_input, "Name").set_value(name)
    return button(app, "Save").click().run()


def test_a_preset_fills_the_sliders(open_page, small_dataset) -> None:
    app = open_page("augment")
    widget(app.selectbox, "Start from").set_value("As in the report").run()
    sliders = {slider.label: slider.value for slider in app.slider}
    assert sliders["Rotation (degrees)"] == PRESETS["As in the report"].rotation
    assert sliders["Random resized crop"] == PRESETS["As in the report"].crop
    assert app.session_state["augment-recipe"] == PRESETS["As in the report"]
    assert "not saved" not in texts(app)


def test_sliders_and_new_draws_change_the_pictures(open_page, small_dataset) -> None:
    app = open_page("augment")
    before = list(shown_pictures(app))
    assert len(before) == 15
    turned = list(shown_pictures(changed_slider(app)))
    assert turned[0] == before[0]
    assert not set(turned[1:]) & set(before[1:])
    assert "changed, not saved" in texts(app)
    redrawn = list(shown_pictures(button(app, "New draws").click().run()))
    assert redrawn[0] == before[0]
    assert not set(redrawn[1:]) & set(turned[1:])


def test_one_draw_changes_faces_of_all_classes(open_page, small_dataset) -> None:
    app = look_at(open_page("augment"), "Many faces, one draw")
    before = shown_pictures(app)
    assert sorted(before.values()) == sorted(4 * CLASSES)
    assert not before.keys() & shown_pictures(button(app, "New draws").click().run()).keys()


def test_each_change_that_is_on_is_shown_and_explained(open_page, small_dataset) -> None:
    app = look_at(open_page("augment"), "Each change alone")
    assert len(shown_pictures(app)) > 0
    assert texts(app).count("mirror image") == 1
    assert {"tilted left", "darkest", "brightest"} <= set(shown_pictures(app).values())
    assert "noisiest" not in shown_pictures(app).values()
    widget(app.slider, "Noise").set_value(0.1).run()
    assert "noisiest" in shown_pictures(app).values()
    widget(app.selectbox, "Start from").set_value("None").run()
    assert not shown_pictures(app)
    assert "Nothing is switched on" in texts(app)


def test_a_recipe_is_saved_and_stays_chosen(open_page, small_dataset) -> None:
    app = save_as(changed_slider(open_page("augment")), "tilted")
    assert not app.exception
    assert recipes.named("tilted").rotation == 45
    assert widget(app.selectbox, "Start from").value == "tilted"
    assert "not saved" not in texts(app)
    widget(app.selectbox, "Start from").set_value("None").run()
    widget(app.selectbox, "Start from").set_value("tilted").run()
    assert widget(app.slider, "Rotation (degrees)").value == 45


@pytest.mark.parametrize(("name", "message"), [("webcam", "preset"), ("a/b", "folders"), ("", "")])
def test_names_that_cannot_be_are_refused(open_page, small_dataset, name, message) -> None:
    app = save_as(changed_slider(open_page("augment")), name)
    assert len(app.error) == 1 and message in app.error[0].value
    assert not paths.recipes_folder().exists()
    assert widget(app.slider, "Rotation (degrees)").value == 45


def test_a_deleted_recipe_can_be_saved_again(open_page, small_dataset) -> None:
    recipes.save("dark", DARK)
    app = open_page("augment")
    widget(app.selectbox, "Start from").set_value("dark").run()
    button(app, "Delete dark").click().run()
    assert not app.exception
    assert list(recipes.all_recipes().by_name) == list(PRESETS)
    assert app.session_state["augment-recipe"] == DARK
    save_as(app, "dark")
    assert recipes.named("dark") == DARK


def test_a_shared_file_is_opened(open_page, small_dataset) -> None:
    app = open_page("augment")
    file = ("dark room.json", recipes.to_json(DARK).encode(), "application/json")
    app.file_uploader[0].set_value(file).run()
    assert not app.exception
    assert recipes.named("dark room") == DARK
    assert widget(app.selectbox, "Start from").value == "dark room"
    assert app.session_state["augment-recipe"] == DARK


def test_a_file_that_is_no_recipe_is_refused(open_page, small_dataset) -> None:
    app = open_page("augment")
    app.file_uploader[0].set_value(("dark.json", b"[1, 2]", "application/json")).run()
    assert app.error[0].value.startswith("dark.json is no recipe")
    assert app.session_state["augment-recipe"] == PRESETS["Gentle"]


def test_a_damaged_recipe_is_remarked_on(open_page, small_dataset) -> None:
    recipes.save("dark", DARK)
    (paths.recipes_folder() / "broken.json").write_text("{")
    app = open_page("augment")
    assert "broken.json is no recipe" in texts(app)
    assert "dark" in widget(app.selectbox, "Start from").options


def test_train_with_it_goes_to_the_train_page(open_page, small_dataset, trained_run) -> None:
    # The sidebar keeps what is not the first in its box in the address.
    FaceFolder.create("another")
    app = open_page("augment")
    widget(app.selectbox, "Data set in use").set_value(small_dataset.name).run()
    app.query_params["dataset"] = small_dataset.name
    changed_slider(app)
    button(app, "Train with it").click().run()
    assert not app.exception
    assert app.title[0].value == "Train"
    assert app.session_state["dataset"] == small_dataset.name
    assert app.session_state["run"] == trained_run.name
    assert widget(app.selectbox, "Augmentation").value == "Augment page (not saved)"


def test_copies_are_written_to_a_new_data_set(open_page, small_dataset) -> None:
    app = open_page("augment")
    widget(app.text_input, "New data set").set_value("more")
    widget(app.slider, "Copies of each image").set_value(2)
    button(app, "Write the copies").click().run()
    assert not app.exception
    assert sum(FaceFolder.open("more").counts().values()) == 24 * 3
    assert app.session_state["dataset"] == "more"


def test_copies_never_mix_with_other_images(open_page, small_dataset) -> None:
    app = open_page("augment")
    widget(app.text_input, "New data set").set_value(small_dataset.name)
    button(app, "Write the copies").click().run()
    assert "There is a data set colours already" in texts(app)
    assert sum(small_dataset.counts().values()) == 24


def test_copies_that_change_nothing_are_not_offered(open_page, small_dataset) -> None:
    app = open_page("augment")
    widget(app.selectbox, "Start from").set_value("None").run()
    assert button(app, "Write the copies").disabled


def test_leaving_the_page_and_coming_back_changes_nothing(open_page, small_dataset) -> None:
    recipes.save("dark", DARK)
    app = open_page("augment")
    widget(app.selectbox, "Start from").set_value("dark").run()
    changed_slider(app)
    app.switch_page("pages/train.py").run()
    app.switch_page("pages/augment.py").run()
    assert widget(app.selectbox, "Start from").value == "dark"
    assert widget(app.slider, "Rotation (degrees)").value == 45
    assert widget(app.slider, "Noise").value == 0.1
