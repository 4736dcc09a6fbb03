"""The picture of a run's three curves that is kept in its folder."""

from pathlib import Path

from matplotlib.figure import Figure

from facerec.system import files

_CURVES = {"loss": "Loss", "macro_f1": "Macro F1", "accuracy": "Accuracy"}


def save_curves(history: list[dict[str, float]], path: Path) -> None:
    """Draw loss, macro F1 and accuracy by epoch, as the report does, to a PNG file."""
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
