"""The picture of a run's learning curves in its folder."""

from pathlib import Path

from matplotlib.figure import Figure

from facerec import files

_CURVES = {"loss": "Loss", "macro_f1": "Macro F1", "accuracy": "Accuracy"}


def save_curves(history: list[dict[str, float]], path: Path) -> None:
    """Draw loss, macro F1 and accuracy by epoch into a PNG file, as the report does.

    Raises
    ------
    FacerecError
        If the file cannot be written.
    """
    figure = Figure(figsize=(12, 3.6), layout="constrained")
    epochs = [record["epoch"] for record in history]
    for axes, (name, title) in zip(figure.subplots(1, 3), _CURVES.items(), strict=True):
        for part, label in (("train", "training"), ("validation", "validation")):
            values = [record[f"{part}_{name}"] for record in history]
            axes.plot(epochs, values, marker="o", label=label)
        axes.set(title=title, xlabel="Epoch")
        axes.grid(alpha=0.3)
        axes.legend()
    with files.replacing(path) as temporary:
        figure.savefig(temporary, format="png", dpi=100)
