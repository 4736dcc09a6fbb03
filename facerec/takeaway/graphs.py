"""What a run does with an arranged face, as ONNX graphs: network, people and score in one."""

from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional

from facerec.decisions.face_space import FaceSpace
from facerec.decisions.matchers import matcher_of
from facerec.decisions.operating_point import OperatingPoint
from facerec.decisions.scores import SCORES
from facerec.decisions.second_opinion import NETWORK, SCORE, SecondOpinion
from facerec.errors import FacerecError
from facerec.networks.catalogue import network_named
from facerec.networks.metric import similarities_of_tensors
from facerec.networks.network import Network
from facerec.networks.quantised import parameters_of
from facerec.recognition.exporting import WholeNetwork, onnx_program
from facerec.runs.run import Run

PROBABILITIES, POINTS = "probabilities", "score"


@dataclass(frozen=True)
class Graph:
    """A network with all that follows it.

    Parameters
    ----------
    file : str
        Name of its ONNX file.
    network : Network
        Says how a face is arranged for it.
    outputs : tuple of str
        What it gives of ``PROBABILITIES``, float32 (faces, people), and ``POINTS``, the score that
        is compared with the threshold, float32 (faces,).
    module : torch.nn.Module
        Arranged faces, RGB uint8 (faces, side, side, 3), to the outputs.
    """

    file: str
    network: Network
    outputs: tuple[str, ...]
    module: nn.Module

    def content(self) -> bytes:
        """Content of the ONNX file."""
        program = onnx_program(self.module, self.network.arranged_size, self.outputs)
        return program.model_proto.SerializeToString()


def graphs_of(run: Run, point: OperatingPoint) -> list[Graph]:
    """The graphs that decide about a face at an operating point: together, they give both outputs.

    Raises
    ------
    FacerecError
        If the run has no usable weights, nobody is enrolled in it, or it lacks what the score
        needs.
    """
    network = run.config.entry
    recognition = _Recognition(run, network, point)
    if point.score != SCORE:
        return [Graph("network.onnx", network, (PROBABILITIES, POINTS), recognition)]
    opinion = run.second_opinion()
    if opinion is None:
        raise FacerecError(
            f"SFace was not asked about the people of {run.name} yet: judge it on the Compare page."
        )
    sface = network_named(NETWORK)
    return [
        Graph("network.onnx", network, (PROBABILITIES,), recognition),
        Graph("second_opinion.onnx", sface, (POINTS,), _Asked(sface, opinion)),
    ]


def of_any_size(detector: bytes) -> bytes:
    """YuNet's ONNX file for ONNX Runtime, and for pictures of any size whose sides are whole 32s.

    OpenCV needs neither: it takes any size, and blocks of quantised weights, which ONNX Runtime
    refuses.
    """
    # Imported late, since it takes long, and few need it.
    import onnx
    from onnx import numpy_helper

    model = onnx.load_from_string(detector)
    graph = model.graph
    image = graph.input[0].type.tensor_type.shape.dim
    image[2].dim_param, image[3].dim_param = "height", "width"
    for output in graph.output:
        output.type.tensor_type.shape.dim[1].dim_param = f"places of {output.name}"
    parameters = parameters_of(graph)
    nodes = [node for node in graph.node if node.op_type != "DequantizeLinear"]
    used = {name for node in nodes for name in node.input}
    del graph.node[:], graph.value_info[:], graph.initializer[:]
    graph.node.extend(nodes)
    graph.initializer.extend(
        numpy_helper.from_array(values, name) for name, values in parameters.items() if name in used
    )
    return model.SerializeToString()


class _Recognition(nn.Module):
    """Arranged faces to probabilities, and to the score if it is made of this network's outputs."""

    def __init__(self, run: Run, network: Network, point: OperatingPoint) -> None:
        super().__init__()
        self._body = WholeNetwork(network, run.load_network())
        self._temperature = point.temperature
        self._score = SCORES[point.score].of_tensors
        space = run.face_space()
        self._space = _Space(space) if space else None
        people, self._decide = None, None
        if run.is_enrolled:
            if not len(run.gallery):
                raise FacerecError(f"Nobody is enrolled in {run.name} yet: enrol somebody first.")
            matcher = matcher_of(run.gallery)
            self._decide = matcher.layer()
            people = matcher.means
        elif space:
            people = space.centres
        elif SCORES[point.score].needs == "similarities":
            raise FacerecError(
                f"How near the classes of {run.name} are is not known yet: judge it on the Compare "
                "page."
            )
        self._people = None if people is None else nn.Buffer(torch.from_numpy(people))

    def forward(self, faces: torch.Tensor) -> tuple[torch.Tensor, ...]:
        logits, embeddings = self._body(faces)
        if self._space is not None:
            embeddings = self._space(embeddings)
        if self._decide is not None:
            logits = self._decide(embeddings)
        scaled = logits / self._temperature
        probabilities = scaled.softmax(dim=1)
        if self._score is None:
            return (probabilities,)
        # A score that is made of similarities was refused above if there are no people.
        similar = embeddings[:, :0]
        if self._people is not None:
            similar = similarities_of_tensors(embeddings, self._people)
        return probabilities, self._score(scaled, self._temperature, similar)


class _Space(nn.Module):
    """Embeddings to their places in a face space, of length 1."""

    def __init__(self, space: FaceSpace) -> None:
        super().__init__()
        self._projection = nn.Buffer(torch.from_numpy(space.projection))
        self._offset = nn.Buffer(torch.from_numpy(space.offset))

    def forward(self, embeddings: torch.Tensor) -> torch.Tensor:
        placed = functional.normalize(embeddings) @ self._projection + self._offset
        return functional.normalize(placed)


class _Asked(nn.Module):
    """Arranged faces to the second opinion: their similarity to the most similar person."""

    def __init__(self, sface: Network, opinion: SecondOpinion) -> None:
        super().__init__()
        (weights, *_) = sface.pretrained
        self._body = WholeNetwork(sface, sface.build(1, weights.options))
        self._people = nn.Buffer(torch.from_numpy(opinion.means))

    def forward(self, faces: torch.Tensor) -> tuple[torch.Tensor]:
        return ((self._body(faces)[1] @ self._people.T).amax(dim=1),)
