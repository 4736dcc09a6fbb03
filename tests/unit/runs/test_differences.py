from dataclasses import replace

from facerec.augmentation.recipe import PRESETS
from facerec.datasets.folder import FaceFolder
from facerec.runs import creating, differences
from facerec.runs.settings import TrainingConfig, training_settings
from tests.examples import DATASET, tiny_config


def test_all_settings_of_a_run_are_in_words() -> None:
    words = differences.in_words(tiny_config(label_smoothing=0.25))
    assert (words["Data set"], words["Network"]) == (DATASET, "Custom CNN")
    assert words["Learning rate"] == "5e-05" and words["Label smoothing"] == "0.25"
    assert words["Loss"] == "cross-entropy" and words["Augmentation"] == "none"
    assert {setting.title for setting in training_settings("custom_cnn")} < set(words)
    assert (
        differences.in_words(tiny_config(augmentation=PRESETS["Gentle"]))["Augmentation"]
        == "Gentle"
    )


def test_a_table_says_in_what_runs_differ() -> None:
    rows, differing = differences.table(
        {
            "a": tiny_config(),
            "b": tiny_config(epochs=9),
            "c": TrainingConfig(**{**vars(tiny_config()), "network": "resnet50_scratch"}),
        }
    )
    assert rows["Epochs"] == ["2", "9", "2"]
    assert rows["Batch size"] == ["4", "4", "4"] and "Batch size" not in differing
    assert rows["Fields of the picture"][:2] == rows["Fields of the picture"][:1] * 2
    assert rows["Fields of the picture"][2] == differences.MISSING
    assert {"Network", "Epochs", "Fields of the picture"} <= set(differing)


def test_a_name_says_what_is_different_from_the_last_run(small_dataset: FaceFolder) -> None:
    config = tiny_config(augmentation=PRESETS["Webcam"])
    names = []
    for changes in (
        {},
        {},
        {"learning_rate": 0.01},
        {"augmentation": PRESETS["None"], "learning_rate": 5e-5},
        {"epochs": 3, "batch_size": 8, "label_smoothing": 0.5, "seed": 7},
        {"threads": 1},
    ):
        config = replace(config, **changes)
        names.append(differences.free_name(config))
        creating.create(names[-1], config)
    assert names == [
        "colours-custom_cnn",
        "colours-custom_cnn-2",
        "colours-custom_cnn lr 0.01",
        "colours-custom_cnn lr 5e-05, no augmentation",
        "colours-custom_cnn epochs 3, batch size 8, and more",
        "colours-custom_cnn-3",
    ]
