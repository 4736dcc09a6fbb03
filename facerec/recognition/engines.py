"""Inference engines for a run's network: PyTorch in fp32 or bf16, and ONNX Runtime."""

import copy
import json
import logging
import os
import platform
from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import cache, cached_property
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from facerec.networks.catalogue import network_named
from facerec.networks.face_module import FaceModule
from facerec.networks.metric import Metric
from facerec.networks.network import Network
from facerec.recognition.exporting import INPUT, WholeNetwork, onnx_program
from facerec.runs.run import Run
from facerec.system import files
from facerec.system.accelerator import chosen_precision
from facerec.system.processor import THREADS

EXACT = "torch-fp32"
_NOTE = "made_of"
_OUTPUTS = ["logits", "embeddings"]
# ONNX Runtime 1.32 reports its use to its maker unless this is set before its import, here and in
# processes that are started from here.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
_VERSIONS = ("torch", "onnx", "onnxscript", "onnxruntime")
# So many faces go through a network at once. The outputs of its first layers then stay in the
# processor's cache, and need no memory that the system must clear first: twice as fast as 32.
_AT_ONCE = 4
_logger = logging.getLogger(__name__)


class Engine(ABC):
    """A network ready for inference.

    Parameters
    ----------
    name : str
        Identifier in files: "torch-fp32", "torch-bf16" or "onnxruntime".
    shape : tuple of int
        Number of classes, and dimensions of an embedding.
    """

    def __init__(self, name: str, shape: tuple[int, int]) -> None:
        self.name = name
        self.shape = shape

    @property
    def title(self) -> str:
        """Name of the engine on pages."""
        return TITLES[self.name]

    @abstractmethod
    def __call__(self, faces: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Logits and embeddings of faces; may be called from any thread.

        Parameters
        ----------
        faces : numpy.ndarray
            RGB uint8, shape (faces, 224, 224, 3); at least one.

        Returns
        -------
        logits : numpy.ndarray
            Float32, shape (faces, classes).
        embeddings : numpy.ndarray
            Float32, shape (faces, dimensions), as the network's metric compares them.
        """


class _TorchEngine(Engine):
    """PyTorch; the features are computed in ``dtype``, the classifier in float32."""

    def __init__(
        self,
        name: str,
        network: Network,
        body: FaceModule,
        classifier: nn.Linear,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        with torch.inference_mode():
            embedding = body.embedding(torch.zeros(1, classifier.in_features))
        super().__init__(name, (classifier.out_features, embedding.shape[1]))
        self._network = network
        self._arrange = network.batch_arranger()
        self._body = body.to(dtype=dtype).to(memory_format=torch.channels_last)
        self._classifier = classifier
        self._dtype = dtype

    def __call__(self, faces: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        with torch.inference_mode():
            images = torch.from_numpy(self._arrange(faces)).permute(0, 3, 1, 2)
            features = torch.cat([self._features(some) for some in images.split(_AT_ONCE)])
            logits = self._classifier(features)
            embeddings = self._network.metric.scaled_tensor(self._body.embedding(features))
            return logits.numpy(), embeddings.numpy()

    def _features(self, images: torch.Tensor) -> torch.Tensor:
        inputs = self._network.prepare(images)
        inputs = inputs.to(self._dtype).contiguous(memory_format=torch.channels_last)
        return self._body.features(inputs).float()


class _OnnxEngine(Engine):
    """ONNX Runtime."""

    def __init__(self, name: str, network: Network, file: Path) -> None:
        self._arrange = network.batch_arranger()
        self._session = _session(file)
        sizes = {output.name: output.shape[1] for output in self._session.get_outputs()}
        super().__init__(name, tuple(sizes[output] for output in _OUTPUTS))

    @property
    def note(self) -> str:
        """The ``made_of`` of the exported network, as JSON; empty if the file has none."""
        return self._session.get_modelmeta().custom_metadata_map.get(_NOTE, "")

    def __call__(self, faces: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        logits, embeddings = self._session.run(_OUTPUTS, {INPUT: self._arrange(faces)})
        return logits, embeddings


def exact_engine(run: Run) -> Engine:
    """PyTorch in fp32, with which all reported figures are calculated.

    Raises
    ------
    FacerecError
        If the run has no usable weights.
    """
    return _exact(Source(run))


@cache
def published_engine(name: str) -> Engine:
    """PyTorch in fp32 with the published weights of a network, loaded once, for its embeddings.

    Raises
    ------
    FacerecError
        If the weights cannot be read.
    """
    network = network_named(name)
    (weights, *_) = network.pretrained
    module = network.build(1, weights.options).eval()
    return _TorchEngine(EXACT, network, _folded(module), module.fc)


class Source:
    """A run's network, loaded once for several engines, with its cache key ``made_of``."""

    def __init__(self, run: Run) -> None:
        self.run = run
        # Computed before the weights are read: training may replace them meanwhile.
        self.made_of = made_of(run)
        self.network = run.config.entry

    @cached_property
    def module(self) -> FaceModule:
        return self.run.load_network()


def _exact(source: Source) -> Engine:
    return _TorchEngine(EXACT, source.network, _folded(source.module), source.module.fc)


def _bfloat16(source: Source) -> Engine:
    if chosen_precision("auto", torch.device("cpu")) != "bf16":
        # Emulated bf16 may take many seconds for a single face.
        raise RuntimeError("This processor does not calculate with bf16 natively.")
    body = _folded(source.module)
    return _TorchEngine("torch-bf16", source.network, body, source.module.fc, torch.bfloat16)


def _onnxruntime(source: Source) -> Engine:
    file, note = exported_file(source.run), json.dumps(source.made_of)
    if engine := _exported(source.network, file, note):
        return engine
    whole = WholeNetwork(source.network, source.module)
    program = onnx_program(whole, source.network.arranged_size, _OUTPUTS)
    program.model.metadata_props[_NOTE] = note
    with files.replacing(file) as temporary:
        program.save(temporary)
    return _OnnxEngine("onnxruntime", source.network, file)


def _exported(network: Network, file: Path, note: str) -> Engine | None:
    """The engine of an exported file, or None if there is none for these weights."""
    if not file.exists():
        return None
    try:
        engine = _OnnxEngine("onnxruntime", network, file)
    except ImportError:
        raise
    except Exception as error:  # ONNX Runtime has no common exception for damaged files
        _logger.warning("%s is exported again: %s", file, error)
        return None
    return engine if engine.note == note else None


def _session(file: Path) -> Any:
    # Imported late: the other engines must work on a computer where ONNX Runtime does not load.
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = THREADS
    # Waiting threads must not take a core from the stream's encoder or from a training.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])


def _folded(module: FaceModule) -> FaceModule:
    """A copy for inference with each batch normalisation folded into the convolution before it.

    A module's children must be registered in the order in which it calls them.
    """
    module = copy.deepcopy(module)
    for parent in list(module.modules()):
        for (name, layer), (following, norm) in pairwise(list(parent.named_children())):
            if isinstance(layer, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
                setattr(parent, name, fuse_conv_bn_eval(layer, norm))
                setattr(parent, following, nn.Identity())
    return module


def exported_file(run: Run) -> Path:
    """File of a run's network exported to ONNX."""
    return run.folder / "network.onnx"


def made_of(run: Run) -> dict[str, Any]:
    """Cache key of inference results: weights, this computer, package versions and the metric."""
    metric = run.config.entry.metric
    return {
        "weights": run.weights_hash,
        "computer": [platform.node(), platform.machine(), os.cpu_count()],
        "versions": {package: version(package) for package in _VERSIONS},
        # Earlier versions scaled all embeddings to length 1, and noted no metric.
        **({} if metric is Metric.COSINE else {"metric": metric.value}),
    }


TITLES = {
    EXACT: "PyTorch, fp32",
    "torch-bf16": "PyTorch, bf16",
    "onnxruntime": "ONNX Runtime, fp32",
}
# A builder may raise any exception if its engine is not available on this computer.
ENGINES: dict[str, Callable[[Source], Engine]] = {
    EXACT: _exact,
    "torch-bf16": _bfloat16,
    "onnxruntime": _onnxruntime,
}
