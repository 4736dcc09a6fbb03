from facerec.augmentation import PRESETS
from facerec.dataset import FaceFolder
from tests.pages.conftest import button, texts, widget


def shown_pictures(app) -> list[str]:
    """Addresses of the pictures shown: they are made from the pictures' content."""
    return [image.url for group in app.get("image") for image in group.proto.imgs]


def test_a_preset_fills_the_sliders(open_page, small_dataset) -> None:
    app = open_page("augment")
    widget(app.selectbox, "Start from").set_value("As in the report").run()
    sliders = {slider.label: slider.value for slider in app.slider}
    assert sliders["Rotation (degrees)"] == PRESETS["As in the report"].rotation
    assert sliders["Random resized crop"] == PRESETS["As in the report"].crop
    assert app.session_state["augment-recipe"] == PRESETS["As in the report"]


def test_sliders_and_new_draws_change_the_pictures(open_page, small_dataset) -> None:
    app = open_page("augment")
    before = shown_pictures(app)
    assert len(before) == 12
    widget(app.slider, "Rotation (degrees)").set_value(45.0).run()
    turned = shown_pictures(app)
    assert turned[0] == before[0]
    assert not set(turned[1:]) & set(before[1:])
    button(app, "New draws").click().run()
    assert shown_pictures(app)[0] == before[0]
    assert not set(shown_pictures(app)[1:]) & set(turned[1:])


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
    assert "has images already" in texts(app)
    assert sum(small_dataset.counts().values()) == 24
