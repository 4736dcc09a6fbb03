"""Embedding recognisers: made without training, and people added and removed in seconds."""

import shutil
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import cv2
import numpy as np
from filelock import FileLock

from facerec.datasets.folder import FaceFile, FaceFolder
from facerec.datasets.reading import CountedFaces
from facerec.decisions.gallery import Gallery
from facerec.decisions.matchers import MATCHERS, matcher_of
from facerec.engines import take_over_measurements
from facerec.errors import FacerecError
from facerec.face_space_fitting import fit_space, images_to_fit, need_numbers
from facerec.faces import images
from facerec.faces.preprocessing import FACE_SIZE
from facerec.networks.catalogue import network_named
from facerec.networks.network import parameter_count
from facerec.recognition import Classifier
from facerec.runs.held_out import split_of
from facerec.runs.run import Run, RunInfo
from facerec.runs.settings import TrainingConfig
from facerec.system import paths
from facerec.system.progress import Progress

PICTURE_SIDE = 64
USUAL_FACES = 20
# What learned to see elsewhere, by its name on the command line: its title, and its network.
PRETRAINED = {
    "dlib": ("Face ResNet, dlib", TrainingConfig(network="dlib_resnet")),
    "vggface2": (
        "InceptionResnetV1, VGGFace2",
        TrainingConfig(network="inception_resnet_v1", pretrained="vggface2"),
    ),
    "casia-webface": (
        "InceptionResnetV1, CASIA-WebFace",
        TrainingConfig(network="inception_resnet_v1", pretrained="casia-webface"),
    ),
    "imagenet": ("ResNet50, ImageNet", TrainingConfig(network="resnet50_imagenet")),
}


def create(
    name: str,
    embedder: Run | str,
    dataset: FaceFolder,
    matcher: str = "means",
    enrol_all: bool = True,
    progress: Progress = lambda done, total: None,
) -> Run:
    """A run that recognises people by comparing embeddings; nothing is trained.

    The images that a training with the embedder's split would learn from are enrolled, so that it
    can be judged by the others, as the classifiers are. Where the data set cannot be split so, all
    are.

    Parameters
    ----------
    name : str
    embedder : Run or str
        Whose network sees the faces: a trained run, or a name of ``PRETRAINED``.
    dataset : FaceFolder
    matcher : str
        A name of ``MATCHERS``.
    enrol_all : bool
        Whether the people of the data set are enrolled; else nobody is at first.
    progress : callable
        Called with the number of images done and in all; may raise to stop: nothing is left then.

    Raises
    ------
    FacerecError
        If the name is taken or unusable, there is no such matcher, the embedder is not trained, is
        being trained, or its weights cannot be had or are useless, or an image cannot be read.
    """
    folder = paths.run_folder(name)
    if folder.exists():
        raise FacerecError(f"There is a run named {folder.name} already: choose another name.")
    _need_matcher(matcher)
    run = Run(folder.with_name(f".enrolling-{folder.name}"))
    shutil.rmtree(run.folder, ignore_errors=True)
    try:
        if isinstance(embedder, Run):
            needed = _take_network(run, embedder, dataset)
        else:
            needed = _take_pretrained(run, embedder, dataset)
        faces = enrollable(run, dataset) if enrol_all else []
        counted = CountedFaces(progress, 2 * len(needed) + len(faces))
        if isinstance(embedder, Run):
            _take_space(run, embedder, needed, counted)
        classifier = Classifier(run)
        gallery = Gallery.empty(matcher, classifier.dimensions)
        run.save_gallery(_with_files(gallery, run, classifier, faces, counted))
        run.folder.rename(folder)
    finally:
        shutil.rmtree(run.folder, ignore_errors=True)
    return Run(folder)


def enrol(run: Run, person: str, faces: np.ndarray) -> None:
    """Let a run know somebody, or know more of somebody's faces.

    Parameters
    ----------
    run : Run
        With a gallery.
    person : str
        A name; one that is known already, be it in other capitals, gets more faces.
    faces : numpy.ndarray
        RGB uint8, shape (faces, 224, 224, 3).

    Raises
    ------
    FacerecError
        If the run has no gallery, the name is unusable, there is no face, or the disk is full.
    """
    classifier = _embedder(run)
    embeddings = classifier.embeddings(faces) if len(faces) else np.empty((0, 0), np.float32)
    with _changing(run) as gallery:
        pictures = [_picture(pixels) for pixels in faces]
        run.save_gallery(gallery.with_faces(person, embeddings, pictures))


def enrol_class(
    run: Run,
    dataset: FaceFolder,
    class_name: str,
    progress: Progress = lambda done, total: None,
) -> None:
    """The same with the images of a class; of the run's own data set, those not held out.

    Raises
    ------
    FacerecError
        As ``enrol``, or if an image cannot be read.
    """
    classifier = _embedder(run)
    faces = [face for face in enrollable(run, dataset) if face.class_name == class_name]
    if not faces:
        raise FacerecError(f"There are no images of {class_name} in {dataset.name}.")
    counted = CountedFaces(progress, len(faces))
    found = _with_files(
        Gallery.empty("means", classifier.dimensions), run, classifier, faces, counted
    )
    with _changing(run) as gallery:
        run.save_gallery(gallery.with_faces(class_name, found.embeddings, found.pictures))


def remove(run: Run, person: str) -> None:
    """Let a run forget somebody.

    Raises
    ------
    FacerecError
        If the run has no gallery, or does not know anybody of that name.
    """
    with _changing(run) as gallery:
        run.save_gallery(gallery.without(person))


def undo(run: Run, earlier: Gallery, since: str) -> None:
    """Take a change of a run's gallery back.

    Parameters
    ----------
    run : Run
    earlier : Gallery
        As it was before the change.
    since : str
        ``Run.knowledge_hash`` after the change.

    Raises
    ------
    FacerecError
        If the gallery has been changed since.
    """
    with _changing(run):
        if run.knowledge_hash != since:
            raise FacerecError(
                f"This cannot be undone any more: whom {run.name} knows has been changed since."
            )
        run.save_gallery(earlier)


def change_matcher(run: Run, matcher: str) -> None:
    """Let a run compare faces in another way.

    Raises
    ------
    FacerecError
        If the run has no gallery, or there is no such matcher.
    """
    _need_matcher(matcher)
    with _changing(run) as gallery:
        run.save_gallery(replace(gallery, matcher=matcher))


def enrollable(run: Run, dataset: FaceFolder) -> list[FaceFile]:
    """The originals of a data set that a run may learn from.

    Of its own data set those that are not held out to judge it by, where it can be split so.
    """
    faces = dataset.face_files()
    if dataset.reference == run.config.dataset:
        try:
            faces = split_of(run)[0]
        except FacerecError:
            pass  # Judging it says why.
    return [face for face in faces if not face.is_copy]


def seconds_to_enrol(run: Run, faces: int = USUAL_FACES) -> float:
    """How long this computer takes to make so many faces of a new person known to a run."""
    pixels = np.random.default_rng(0).integers(0, 256, (faces, FACE_SIZE, FACE_SIZE, 3), np.uint8)
    began = time.perf_counter()
    classifier, gallery = _embedder(run), run.gallery
    pictures = [_picture(face) for face in pixels]
    known = gallery.with_faces("somebody new", classifier.embeddings(pixels), pictures)
    matcher = matcher_of(known)
    matcher.outputs(known.embeddings[:1])
    matcher.operating_point()
    return time.perf_counter() - began


def _take_network(run: Run, embedder: Run, dataset: FaceFolder) -> list[FaceFile]:
    """The network of a trained run; the images that its face space is still to be fitted to."""
    if embedder.job.status().active:
        raise FacerecError(f"{embedder.name} is being trained: stop it, or wait until it is done.")
    weights = embedder.weights_hash
    run.folder.mkdir(parents=True)
    shutil.copy(embedder.weights_file, run.folder)
    if run.weights_hash != weights:
        raise FacerecError(f"{embedder.name} has just been trained on: try again.")
    config = replace(embedder.config, dataset=dataset.reference, continue_from="")
    info = embedder.info
    run.save_config(
        config,
        RunInfo.now(
            info.classes, dataset, (info.parameters, info.trained_parameters), embedder.name
        ),
    )
    own = dataset.reference == embedder.config.dataset
    if own and embedder.gallery is None and info.dataset_hash != run.info.dataset_hash:
        run.add_remark(
            f"{dataset.name} has changed since {embedder.name} was trained on it, so its network "
            "may have learned from images that this run is judged by."
        )
    take_over_measurements(embedder, run)
    return images_to_fit(embedder)


def _take_space(run: Run, embedder: Run, needed: list[FaceFile], counted: CountedFaces) -> None:
    """The face space of a trained run, fitted now if it has none yet."""
    if needed:
        fit_space(embedder, Classifier(embedder), needed, counted, run.weights_hash)
    if (space := embedder.face_space()) is not None:
        run.save_face_space(space, run.weights_hash)


def _take_pretrained(run: Run, name: str, dataset: FaceFolder) -> list[FaceFile]:
    """A network that learned elsewhere, as it is; it needs no images to be fitted to."""
    if name not in PRETRAINED:
        raise FacerecError(
            f"There are no pretrained weights {name!r}: choose one of {', '.join(PRETRAINED)}."
        )
    title, config = PRETRAINED[name]
    config = replace(config, dataset=dataset.reference)
    # Its classifier is never asked, but a network has one.
    classes = dataset.class_names()
    module = network_named(config.network).build(len(classes), config.network_options)
    run.save_config(config, RunInfo.now(classes, dataset, parameter_count(module), title))
    run.save_weights(module)
    return []


def _with_files(
    gallery: Gallery,
    run: Run,
    classifier: Classifier,
    faces: Iterable[FaceFile],
    counted: CountedFaces,
) -> Gallery:
    """With the faces in these files, each under the name of its class."""
    by_class: dict[str, list[FaceFile]] = defaultdict(list)
    for face in faces:
        by_class[face.class_name].append(face)
    for name, own in by_class.items():
        embeddings, pictures = [], []
        for batch in counted.batches(own):
            embeddings.append(classifier.embeddings(batch))
            need_numbers(run, embeddings[-1])
            pictures += [_picture(pixels) for pixels in batch]
        gallery = gallery.with_faces(name, np.concatenate(embeddings), pictures)
    return gallery


def _need_matcher(name: str) -> None:
    if name not in MATCHERS:
        raise FacerecError(f"There is no matcher {name!r}: choose one of {', '.join(MATCHERS)}.")


def _picture(pixels: np.ndarray) -> bytes:
    """A small JPEG of a face, RGB uint8 (224, 224, 3)."""
    side = (PICTURE_SIDE, PICTURE_SIDE)
    return images.encode(cv2.resize(pixels, side, interpolation=cv2.INTER_AREA))


def _embedder(run: Run) -> Classifier:
    _need_gallery(run)
    return Classifier(run)


def _need_gallery(run: Run) -> Gallery:
    if (gallery := run.gallery) is None:
        raise FacerecError(
            f"{run.name} is a classifier: to know somebody new, it has to be trained again. Make "
            "an embedding recogniser of it, and people can be added at once."
        )
    return gallery


@contextmanager
def _changing(run: Run) -> Iterator[Gallery]:
    """The gallery as it is now, for one at a time to change."""
    with FileLock(run.folder / ".gallery.lock"):
        yield _need_gallery(run)
