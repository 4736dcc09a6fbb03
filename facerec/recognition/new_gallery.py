"""New embedding recognisers, made without training."""

import shutil
from dataclasses import asdict, replace

from facerec.datasets.folder import FaceFile, FaceFolder
from facerec.datasets.reading import CountedFaces
from facerec.decisions.gallery import Gallery
from facerec.errors import FacerecError
from facerec.networks.catalogue import NETWORKS
from facerec.networks.network import parameter_count
from facerec.recognition.enrolment import enrollable, need_matcher, with_files
from facerec.recognition.face_space_fitting import fit_space, images_to_fit
from facerec.recognition.fastest_engine import take_over_measurements
from facerec.recognition.recogniser import Recogniser
from facerec.runs.info import RunInfo
from facerec.runs.run import Run
from facerec.runs.settings import TrainingConfig
from facerec.system import files, paths
from facerec.system.progress import Progress

# Title and settings of each network with published weights, by its name on the command line. The
# networks that learned most about faces are the last of the catalogue.
PRETRAINED = {
    weights.name: (weights.title, TrainingConfig(network=network.name, **asdict(weights.options)))
    for network in reversed(NETWORKS.values())
    for weights in network.pretrained
}


def create(
    name: str,
    embedder: Run | str,
    dataset: FaceFolder,
    matcher: str = "means",
    enrol_all: bool = True,
    progress: Progress = lambda done, total: None,
) -> Run:
    """Make a run that recognises people by comparing embeddings, without training.

    The data set is split as by a training with the embedder's settings, and its training images are
    enrolled. The held-out images can then evaluate this run, as they evaluate the classifiers. If
    the data set cannot be split, all its images are enrolled. Augmented copies never are.

    Parameters
    ----------
    name : str
        Name of the new run.
    embedder : Run or str
        The network that gives the embeddings: a trained run, or a name of ``PRETRAINED``.
    dataset : FaceFolder
    matcher : str
        A name of ``MATCHERS``.
    enrol_all : bool
        Whether to enrol the people of the data set; otherwise the gallery is empty.
    progress : callable
        Called with the number of images done and in all; may raise to stop. Nothing of the new run
        is then left.

    Raises
    ------
    FacerecError
        If the name is taken or not allowed, there is no such matcher, an image cannot be read, the
        embedder is not trained or is being trained, or its weights are missing or useless.
    """
    folder = paths.run_folder(name)
    need_matcher(matcher)
    with files.arriving(folder, "run") as place:
        run = Run(place)
        if isinstance(embedder, Run):
            needed = _take_network(run, embedder, dataset)
        else:
            needed = _take_pretrained(run, embedder, dataset)
        faces = enrollable(run, dataset) if enrol_all else []
        counted = CountedFaces(progress, 2 * len(needed) + len(faces))
        if isinstance(embedder, Run):
            _take_space(run, embedder, needed, counted)
        recogniser = Recogniser(run)
        gallery = Gallery.empty(matcher, recogniser.dimensions, recogniser.metric)
        run.save_gallery(with_files(gallery, run, recogniser, faces, counted))
    return Run(folder)


def _take_network(run: Run, embedder: Run, dataset: FaceFolder) -> list[FaceFile]:
    """Copy a trained run's network; the images that its face space must still be fitted to."""
    if embedder.job.status().active:
        raise FacerecError(f"{embedder.name} is being trained: stop it, or wait until it is done.")
    weights = embedder.weights_hash
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
    if own and not embedder.is_enrolled and info.dataset_hash != run.info.dataset_hash:
        run.add_remark(
            f"{dataset.name} has changed since {embedder.name} was trained on it, so its network "
            "may have learned from images that this run is judged by."
        )
    take_over_measurements(embedder, run)
    return images_to_fit(embedder)


def _take_space(run: Run, embedder: Run, needed: list[FaceFile], counted: CountedFaces) -> None:
    """Copy a trained run's face space, which is fitted first if there is none."""
    if needed:
        fit_space(embedder, Recogniser(embedder), needed, counted, run.weights_hash)
    if (space := embedder.face_space()) is not None:
        run.save_face_space(space, run.weights_hash)


def _take_pretrained(run: Run, name: str, dataset: FaceFolder) -> list[FaceFile]:
    """Save a network with its published weights; no images, since it gets no face space."""
    if name not in PRETRAINED:
        raise FacerecError(
            f"There are no pretrained weights {name!r}: choose one of {', '.join(PRETRAINED)}."
        )
    title, config = PRETRAINED[name]
    config = replace(config, dataset=dataset.reference)
    # Its classifier is never used, but every network has one.
    classes = dataset.class_names()
    module = config.entry.build(len(classes), config.network_options)
    run.save_config(config, RunInfo.now(classes, dataset, parameter_count(module), title))
    run.save_weights(module)
    return []
