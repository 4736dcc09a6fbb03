from facerec.collecting import samples
from facerec.datasets.folder import list_datasets
from tests.pages.conftest import button, texts


def test_loading_the_sample_data_makes_both_data_sets_and_the_video(
    open_page, yunet, monkeypatch
) -> None:
    monkeypatch.setattr(samples, "IMAGES_PER_CLASS", 6)
    monkeypatch.setattr(samples, "VIDEO_FRAMES", 3)
    app = open_page("home")
    button(app, "Load the sample data").click().run()
    assert not app.exception
    counts = {folder.name: folder.counts() for folder in list_datasets()}
    assert set(counts) == {"sample", "sample-strangers"}
    assert counts["sample"] == {"Ada": 6, "Bruno": 6, "Chen": 6, "Dalia": 6, "Unknown": 6}
    assert samples.loaded()
    assert "Next: train a network" in texts(app)
    assert app.session_state["dataset"] == "sample"
    assert "Load the sample data" not in [element.label for element in app.button]


def test_tables_list_data_sets_and_runs(open_page, trained_run) -> None:
    app = open_page("home")
    datasets, runs = (element.value for element in app.dataframe)
    assert datasets["Data set"].tolist() == ["colours"]
    assert datasets["People"].tolist() == [2]
    assert datasets["Images"].tolist() == [24]
    assert runs["Run"].tolist() == [trained_run.name]
    assert runs["Epochs"].tolist() == ["2 of 2"]
    last = trained_run.history()[-1]
    assert runs["Validation accuracy"].tolist() == [last["validation_accuracy"]]
