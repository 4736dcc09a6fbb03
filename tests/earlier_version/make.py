"""How this folder was made: by ``python -m tests.earlier_version.make``, at commit 76b402b.

That is the last version whose modules lay side by side in ``facerec/``, which are imported here: no
later version runs this, and none has to. It wrote

- ``home``: a data set of drawn people and one of strangers, a saved recipe, a training that was
  stopped in its third epoch, an embedding recogniser made of it, a study and a learning rate test,
- ``sources``: drawn pictures to import, to enrol and to recognise,
- ``printed``: what each command printed on a copy of ``home``, as ``transcript`` keeps it, and its
  help.

The faces are drawn by ``facerec.sample_data``: nobody real is in here.
"""

import os
import shutil
import socket
import tempfile
import zipfile
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from unittest.mock import patch

import cv2
import numpy as np
from facerec.dataset import UNKNOWN
from facerec.live_assessments import LiveAssessment
from facerec.robustness import measure_robustness

from facerec import images, live_assessments, recipes, sample_data, training_jobs
from facerec.augmentation import Augmentation
from facerec.evaluation import evaluate
from facerec.runs import Run
from facerec.training import BatchEnd, Event

from .transcript import (
    DATASET,
    GALLERY,
    HERE,
    HOME,
    PRINTED,
    RUN,
    SOURCES,
    STUDY,
    Printed,
    few_drawings,
    play,
    write,
)

CLASSES = ("Ada", "Bruno", "Dalia", UNKNOWN)
TRAINING = (
    f"--dataset {DATASET} --epochs 3 --batch-size 8 --fields 2 --validation 0.3 --precision fp32 "
    "--threads 1 --augmentation 'School desk'"
)
TRANSCRIPTS = {
    # Nothing of this changes a file.
    "reading.txt": f"""
        runs --json
        runs
        evaluate {RUN} --json
        evaluate {RUN}
        evaluate {GALLERY} --json
        evaluate {GALLERY}
        recognize {RUN} ada.jpg --detector haar --json
        recognize {RUN} ada.jpg --detector haar
        recognize {RUN} ada.jpg --detector haar --threshold 0.999 --json
        recognize {RUN} two-people.mp4 --detector haar --json
        recognize {GALLERY} ada.jpg --detector haar --json
        recognize {GALLERY} newcomer.jpg --detector haar --json
        recognize {GALLERY} two-people.mp4 --detector haar
        """,
    "judging.txt": f"""
        evaluate {RUN} --dataset {DATASET} --strangers visitors --json
        evaluate {GALLERY} --strangers visitors --json
        evaluate {GALLERY} --dataset {DATASET} --json
        """,
    "people.txt": f"""
        forget {GALLERY} --person Zoë --json
        recognize {GALLERY} newcomer.jpg --detector haar --json
        enrol {GALLERY} newcomers.zip --person Zoë --detector haar --json
        enrol {GALLERY} newcomer.jpg --person zoë --detector haar
        recognize {GALLERY} newcomer.jpg --detector haar --json
        embed --dataset {DATASET} --embedder {RUN} --json
        embed --dataset {DATASET} --embedder {RUN} --matcher neighbours --run club --json
        recognize club ada.jpg --detector haar --json
        embed --dataset {DATASET} --embedder {GALLERY} --matcher svm --run svm
        recognize svm ada.jpg --detector haar --json
        evaluate svm --strangers visitors --json
        embed --dataset {DATASET} --embedder {RUN} --nobody --run nobody --json
        recognize nobody ada.jpg --detector haar --json
        enrol nobody ada.jpg --person Ada --detector haar --json
        recognize nobody ada.jpg --detector haar --json
        runs --json
        """,
    "pictures.txt": f"""
        import photographs.zip --dataset {DATASET} --detector haar --json
        import photographs.zip --dataset fresh --detector haar --json
        import photographs.zip --dataset fresh --detector haar
        import ada.jpg --dataset fresh --class Ada --session later --raw --detector none --json
        import two-people.mp4 --dataset fresh --class Bruno --detector haar --json
        import newcomers.zip --dataset fresh --unknown --detector haar --json
        augment --dataset {DATASET} --into more --copies 1 --recipe 'School desk' --seed 7 --json
        augment --dataset {DATASET} --into {DATASET}-2 --copies 2
        sample-data demo --json
        """,
    "training.txt": f"""
        train --run {RUN} --resume --json
        train {TRAINING} --run again --json
        train --run again --resume
        train {TRAINING} --epochs 1 --continue-from {RUN} --json
        train --dataset {DATASET} --preset Careful --epochs 1 --share 0.5 --network custom_cnn --json
        evaluate {RUN} --json
        recognize {RUN} ada.jpg --detector haar --json
        runs --json
        runs
        find-learning-rate {TRAINING} --json
        """,  # noqa: E501
    "searching.txt": f"""
        tune --study {STUDY} --json
        tune --study {STUDY}
        tune --study {STUDY} --trials 3 --minutes 5 --json
        tune --study second {TRAINING} --epochs 1 --search dropout --trials 1 --json
        """,
    "refusals.txt": f"""
        import missing.zip --dataset {DATASET}
        import missing.zip
        import ada.jpg --dataset {DATASET}
        import ada.jpg --dataset ../{DATASET} --class Ada
        import ada.jpg --dataset {DATASET} --class CON
        import ada.jpg --dataset {DATASET} --class Ada --unknown
        augment --dataset missing --into more --copies 1
        augment --dataset {DATASET} --into more --copies 0
        augment --dataset {DATASET} --into {DATASET} --copies 1
        train
        train --dataset missing
        train --resume
        train --resume --run missing
        train --resume --run {GALLERY}
        train --dataset {DATASET} --run {RUN}
        train --dataset {DATASET} --run a/b
        train --dataset {DATASET} --epochs 0
        train --dataset {DATASET} --epochs many
        train --dataset {DATASET} --validation 0.9
        train --dataset {DATASET} --continue-from {RUN} --loss arcface --run other
        find-learning-rate --settings missing.json
        find-learning-rate --dataset {DATASET} --learning-rate 7
        tune --study missing
        tune --study {STUDY} --dropout 0.5
        tune --study {STUDY} --dataset {DATASET} --search dropout --trials 1
        embed --dataset {DATASET} --embedder missing
        embed --dataset {DATASET} --embedder {RUN} --run {GALLERY}
        embed --dataset {DATASET}
        enrol {RUN} ada.jpg --person Ada --detector none
        enrol {GALLERY} missing.jpg --person Ada --detector none
        enrol {GALLERY} ada.jpg --person a/b --detector none
        forget {RUN} --person Ada
        forget {GALLERY} --person Nobody
        evaluate missing
        evaluate {RUN} --dataset visitors
        evaluate {RUN} --strangers missing
        recognize missing ada.jpg --detector none
        recognize {RUN} missing.jpg --detector none
        recognize {RUN} ada.jpg --detector none --threshold 2
        recognize {RUN} ada.jpg --detector none --output labelled.mp4
        runs --all
        """,
}
COMMANDS = (
    "sample-data", "import", "augment", "train", "find-learning-rate", "tune", "embed", "enrol",
    "forget", "evaluate", "recognize", "runs",
)  # fmt: skip


def make() -> None:
    """Write the three folders anew."""
    for folder in (HOME, SOURCES, PRINTED):
        shutil.rmtree(folder, ignore_errors=True)
    os.environ["FACEREC_HOME"] = str(HOME)
    with tempfile.TemporaryDirectory() as desk:
        os.chdir(desk)
        draw(Path(desk))
        make_datasets()
    # Of the computer that a study's worker was on, the database keeps the name.
    with patch.object(socket, "gethostname", lambda: "earlier"):
        make_runs()
        run(f"tune --study {STUDY} {TRAINING} --epochs 1 --search dropout,learning_rate --trials 2")
    run(f"find-learning-rate {TRAINING}")
    for lock in HOME.rglob("*.lock"):
        lock.unlink()
    shutil.rmtree(HOME / "data" / "_cache")
    for name, text in TRANSCRIPTS.items():
        with tempfile.TemporaryDirectory() as folder:
            keep(name, [line.strip() for line in text.strip().splitlines()], Path(folder))
    os.environ["COLUMNS"] = "100"
    for command in ("", *COMMANDS):
        name = f"help/{command or 'commands'}.txt"
        write(name, [play(f"{command} --help".strip(), HOME)])
    shutil.rmtree(HERE / "__pycache__", ignore_errors=True)


def draw(desk: Path) -> None:
    """Photographs to make the data sets of in ``desk``, and the pictures of ``sources``."""
    numbers: Counter[tuple[str, str]] = Counter()
    for photograph in sample_data.photographs(10, 2):
        if photograph.class_name in CLASSES:
            key = photograph.class_name, photograph.session
            numbers[key] += 1
            name = f"{photograph.session}_{numbers[key]:04d}.jpg"
            write_small(desk / "people" / photograph.class_name / name, photograph.frame)
    newcomers = list(sample_data.strangers(9))
    for number, photograph in enumerate(newcomers[:6]):
        name = f"{photograph.session}_{number % 3 + 1:04d}.jpg"
        write_small(desk / "visitors" / "Visitors" / name, photograph.frame)
    *zipped, alone = newcomers[6:]
    write_small(SOURCES / "newcomer.jpg", alone.frame)
    shutil.copy(desk / "people" / "Ada" / "session-1_0001.jpg", SOURCES / "ada.jpg")
    film = list(islice(film_frames(), 4))
    with images.VideoWriter(SOURCES / "two-people.mp4") as writer:
        for frame in film:
            writer.write(frame)
    with zipfile.ZipFile(SOURCES / "photographs.zip", "w") as archive:
        for name in CLASSES:
            first = sorted((desk / "people" / name).iterdir())[0]
            archive.write(first, f"{name}/{first.name}")
        archive.writestr("Ada/both_0001.jpg", small(film[0]))
        archive.writestr("Ada/broken_0001.jpg", b"\xff\xd8 no picture")
        archive.writestr("Bruno/wall_0001.jpg", small(np.full((240, 320, 3), 128, np.uint8)))
    with zipfile.ZipFile(SOURCES / "newcomers.zip", "w") as archive:
        for number, photograph in enumerate(zipped, start=1):
            archive.writestr(f"newcomer/picture_{number:04d}.jpg", small(photograph.frame))


def film_frames() -> Iterator[np.ndarray]:
    """Every twelfth frame of the drawn video, in which two people move."""
    return islice(sample_data.video_frames(frames=60), 0, None, 12)


def write_small(path: Path, frame: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(small(frame))


def small(frame: np.ndarray) -> bytes:
    """A JPEG file's content, of a lower quality than facerec's own files."""
    bgr = cv2.cvtColor(frame, cv2.COLOR_RGB2BGR)
    return cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, 80])[1].tobytes()


def make_datasets() -> None:
    run(f"import people --dataset {DATASET} --detector haar")
    run("import visitors --dataset visitors --detector haar")
    desk_lamp = Augmentation.from_dict({"rotation": 8, "brightness": 0.2, "horizontal_flip": 0.5})
    recipes.save("School desk", desk_lamp)


def make_runs() -> None:
    """A training that was stopped in its third epoch and judged, and a gallery made of it."""
    with patch.object(training_jobs, "train", lambda *arguments, **options: False):
        run(f"train {TRAINING} --run {RUN}")
    trained = Run.open(RUN)
    (trained.folder / "job.json").unlink()

    def stop(event: Event) -> None:
        if isinstance(event, BatchEnd) and (event.epoch, event.batch) == (3, 2):
            trained.job.stop_file.touch()

    assert not training_jobs.run_training(trained, stop)
    evaluation = evaluate(trained)
    point = evaluation.point_for("similarity", evaluation.best_temperature())
    trained.save_operating_point(point)
    run(f"evaluate {RUN} --strangers visitors")
    measure_robustness(trained)
    assessment = LiveAssessment(
        point, {"Ada": {"Ada": 40, "Bruno": 3, UNKNOWN: 7}, "Bruno": {"Bruno": 28}}, {UNKNOWN: 9}
    )
    live_assessments.add(trained, assessment)
    trained.add_remark("2 images were deleted from class-7b after the training.")
    run(f"embed --dataset {DATASET} --embedder {RUN} --run {GALLERY}")
    os.chdir(SOURCES)
    run(f"enrol {GALLERY} newcomers.zip --person Zoë --detector haar")
    run(f"evaluate {GALLERY} --strangers visitors")


def run(command: str) -> None:
    """Run a command that must succeed, and show what it says."""
    printed = play(command, HOME)
    print(f"$ {command}", *printed.lines, sep="\n", flush=True)
    assert not any(line.startswith(("! ", "= ")) for line in printed.lines)


def keep(name: str, commands: list[str], folder: Path) -> None:
    """Play commands in a folder with the sources, on a copy of the home, and keep what they say."""
    home, desk = folder / "home", folder / "desk"
    shutil.copytree(HOME, home)
    shutil.copytree(SOURCES, desk)
    os.environ["FACEREC_HOME"] = str(home)
    os.chdir(desk)
    played: list[Printed] = []
    with few_drawings(), patch.object(socket, "gethostname", lambda: "earlier"):
        for command in commands:
            played.append(play(command, home))
            print(f"$ {command}", *played[-1].lines, sep="\n", flush=True)
    write(name, played)
    os.chdir(HERE)


if __name__ == "__main__":
    make()
