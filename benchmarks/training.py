"""Speed of training, next to the report's loop and to the network alone on ready batches.

    python -m benchmarks.training [FOLDER] [--batch-size 128] [--epochs 6] [--resnet-epochs 2]
        [--network custom_cnn] [--precision fp32]

FOLDER holds a folder of face images for each class. The report's loop is written as the report
describes it: a DataLoader without workers, imread and a resize by PIL, 32-bit floats, Adam. The
limit is the network alone, on batches that are ready in memory, at the same precision. All three
use one process, and train on the same split with the same seed. If the ImageNet weights cannot be
downloaded, the weights are random, since speed does not depend on them.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import cv2
import torch
from PIL import Image
from torch.nn import functional
from torch.utils.data import DataLoader, Dataset
from torchvision.transforms import v2

from benchmarks.home import in_new_home
from benchmarks.table import show
from facerec.augmentation.recipe import PRESETS
from facerec.datasets.folder import FaceFile
from facerec.errors import FacerecError
from facerec.networks.catalogue import NETWORKS, network_named
from facerec.networks.network import Network
from facerec.runs import creating
from facerec.runs.held_out import split_of
from facerec.runs.history import best_record
from facerec.runs.run import Run
from facerec.runs.settings import TrainingConfig
from facerec.system.accelerator import chosen_precision
from facerec.system.processor import keep_freed_memory
from facerec.training.loop import train

FACES = Path(__file__).resolve().parents[2] / "shared" / "data" / "faces"
LIMIT_SECONDS = 20.0
TRAINED = ("custom_cnn", "resnet50_imagenet")


@dataclass(frozen=True)
class Result:
    """Images a second in training, and the best validation accuracy if there is one."""

    rate: float
    accuracy: float | None = None


class ReportImages(Dataset):
    """Images as the report reads them: one at a time, and again in each epoch."""

    def __init__(self, faces: Sequence[FaceFile], classes: Sequence[str], network: Network) -> None:
        self._faces = faces
        self._classes = classes
        self._transform = v2.Compose([
            v2.ToImage(),
            v2.ToDtype(torch.float32, scale=True),
            v2.Normalize(list(network.mean), list(network.std)),
        ])  # fmt: skip

    def __len__(self) -> int:
        return len(self._faces)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
        face = self._faces[index]
        pixels = cv2.cvtColor(cv2.imread(str(face.path)), cv2.COLOR_BGR2RGB)
        image = Image.fromarray(pixels).resize((224, 224))
        return self._transform(image), self._classes.index(face.class_name)


def report_loop(run: Run) -> Result:
    """Train as the report does."""
    config, classes = run.config, run.info.classes
    network = network_named(config.network)
    torch.manual_seed(config.seed)
    module = network.build(len(classes), config.network_options)
    optimizer = torch.optim.Adam(
        [parameter for parameter in module.parameters() if parameter.requires_grad],
        config.learning_rate,
    )
    training, validation = (
        DataLoader(ReportImages(faces, classes, network), config.batch_size, shuffle=shuffle)
        for faces, shuffle in zip(split_of(run), (True, False), strict=True)
    )
    seconds, accuracies = 0.0, []
    for _ in range(config.epochs):
        began = time.perf_counter()
        module.train()
        for images, labels in training:
            optimizer.zero_grad()
            functional.cross_entropy(module(images), labels).backward()
            optimizer.step()
        seconds += time.perf_counter() - began
        module.eval()
        with torch.no_grad():
            right = sum(
                int((module(images).argmax(1) == labels).sum()) for images, labels in validation
            )
        accuracies.append(right / len(validation.dataset))
    return Result(config.epochs * len(training.dataset) / seconds, max(accuracies))


def in_app(run: Run) -> Result:
    """Train as the app does; the speed is that of the last epoch, with warm caches."""
    train(run)
    history = run.history()
    return Result(history[-1]["images_per_second"], best_record(history)["validation_accuracy"])


def limit(run: Run) -> Result:
    """Train the network alone on ready batches; its frozen part needs no gradients."""
    config, classes = run.config, len(run.info.classes)
    network = network_named(config.network)
    module = network.build(classes, config.network_options).to(memory_format=torch.channels_last)
    frozen, trained = module.train().parts()
    optimizer = torch.optim.AdamW(trained.parameters(), config.learning_rate)
    images = torch.randn(config.batch_size, 3, 224, 224).contiguous(
        memory_format=torch.channels_last
    )
    labels = torch.randint(0, classes, (config.batch_size,))
    bf16 = chosen_precision(config.precision, torch.device("cpu")) == "bf16"

    def step() -> float:
        began = time.perf_counter()
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            with torch.no_grad():
                features = frozen(images)
            logits = trained(features)
        functional.cross_entropy(logits.float(), labels).backward()
        optimizer.step()
        optimizer.zero_grad()
        return time.perf_counter() - began

    step()
    times: list[float] = []
    while sum(times) < LIMIT_SECONDS or len(times) < 5:
        times.append(step())
    return Result(config.batch_size / statistics.median(times))


def settings(network: str, folder: Path, options: argparse.Namespace) -> TrainingConfig:
    return TrainingConfig(
        dataset=str(folder),
        network=network,
        epochs=options.epochs if network == "custom_cnn" else options.resnet_epochs,
        batch_size=options.batch_size,
        learning_rate=1e-4,
        precision="fp32",
        augmentation=PRESETS["None"],
    )


def measure(config: TrainingConfig, report: Result, only: str | None) -> list[tuple]:
    """The rows of the table for one network."""
    bf16, webcam = {"precision": "bf16"}, {"augmentation": PRESETS["Webcam"]}
    ways = {
        "limit, fp32": (limit, {}),
        "facerec, Webcam, fp32": (in_app, webcam),
        "facerec, no augmentation, fp32": (in_app, {}),
        "limit, bf16": (limit, bf16),
        "facerec, Webcam, bf16": (in_app, bf16 | webcam),
        "facerec, no augmentation, bf16": (in_app, bf16),
    }
    ways = {name: way for name, way in ways.items() if not only or name.endswith(only)}
    results = {"report's loop, fp32": report}
    for number, (name, (way, changes)) in enumerate(ways.items()):
        results[name] = way(
            creating.create(f"{config.network}-{number}", replace(config, **changes))
        )
        print(f"{config.network}: {name}: {results[name].rate:.1f} images/s", file=sys.stderr)
    # Another machine on the same processor may have slowed the limit down: it is taken twice.
    for name, (way, changes) in ways.items():
        if way is limit:
            run = creating.create(f"{config.network}-{name}", replace(config, **changes))
            results[name] = max(results[name], limit(run), key=lambda result: result.rate)
    return [
        (
            name,
            f"{result.rate:.1f}",
            f"{result.rate / report.rate:.2f}",
            f"{result.rate / results.get(f'limit, {name[-4:]}', report).rate:.2f}",
            "" if result.accuracy is None else f"{result.accuracy:.3f}",
        )
        for name, result in results.items()
    ]


def without_download(network: Network) -> None:
    """Let the network begin with random parameters if its weights cannot be downloaded."""
    try:
        network.build(2, TrainingConfig().network_options)
    except FacerecError as error:
        print(f"{network.title}: random weights, since {error}", file=sys.stderr)
        NETWORKS[network.name] = replace(network, build=network.skeleton)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, default=FACES)
    parser.add_argument("--batch-size", type=int, default=128)
    parser.add_argument("--epochs", type=int, default=6, help="of the custom CNN")
    parser.add_argument("--resnet-epochs", type=int, default=2)
    parser.add_argument("--network", choices=TRAINED, help="one of the networks only")
    parser.add_argument("--precision", choices=("fp32", "bf16"), help="one of the precisions only")
    options = parser.parse_args()
    return in_new_home(partial(measure_all, options))


def measure_all(options: argparse.Namespace) -> None:
    without_download(NETWORKS["resnet50_imagenet"])
    configs = [
        settings(network, options.folder, options)
        for network in ([options.network] if options.network else TRAINED)
    ]
    reports = [report_loop(creating.create(f"{c.network}-report", c)) for c in configs]
    # The app keeps freed memory; the report's script does not, so it ran before.
    keep_freed_memory()
    for config, report in zip(configs, reports, strict=True):
        title = f"{NETWORKS[config.network].title}, batches of {config.batch_size}"
        head = ("", "images/s", "x report", "x limit", "accuracy")
        show(title, head, measure(config, report, options.precision))


if __name__ == "__main__":
    sys.exit(main())
