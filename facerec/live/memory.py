"""Memory of a live pipeline: what is known of each tracked face, and which faces are due."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from facerec.decisions.scores import Outputs
from facerec.faces import quality
from facerec.live.frames import LiveLook, SeenFace
from facerec.recognition.recogniser import NamesFaces

Recognisers = Mapping[str, NamesFaces]
MOST_LOOKS = 10


class Glance(NamedTuple):
    """One recognition of a face: its time in seconds, the weight of its quality, its outputs."""

    time: float
    weight: float
    outputs: Outputs


class Said(NamedTuple):
    """A recogniser, and its last recognitions of one face, the newest last."""

    recogniser: NamesFaces
    glances: tuple[Glance, ...]


@dataclass(frozen=True)
class KnownTrack:
    """What is known of a track.

    Parameters
    ----------
    time : float
        Time of the frame in which it was recognised last, in seconds.
    said : mapping of str to Said
        What each recogniser said, by its name.
    """

    time: float
    said: Mapping[str, Said]


@dataclass(frozen=True)
class LiveMemory:
    """Last recognitions of each track: a value, so that all threads may read it.

    Outputs count only for the very recogniser that gave them. Another one under the same name, such
    as after an enrolment, begins anew.

    Parameters
    ----------
    tracks : mapping of int to KnownTrack
        By the id of the track.
    """

    tracks: Mapping[int, KnownTrack] = field(default_factory=dict)

    def outputs(self, track: int, name: str, recogniser: NamesFaces, looks: int) -> Outputs | None:
        """Outputs of a recogniser for a track: the quality-weighted mean of its last looks.

        None before it has looked at that face so many times: one bad frame names nobody.
        """
        last = self.glances(track, name, recogniser)[-looks:]
        return _mean(last) if len(last) == looks else None

    def glances(self, track: int, name: str, recogniser: NamesFaces) -> tuple[Glance, ...]:
        """A recogniser's last recognitions of a track, at most one more than ``MOST_LOOKS``."""
        known = self.tracks.get(track)
        said = known.said.get(name) if known else None
        return said.glances if said and said.recogniser is recogniser else ()

    def only(self, tracks: Collection[int]) -> "LiveMemory":
        """The memory of these tracks; the others are forgotten."""
        return LiveMemory({track: known for track, known in self.tracks.items() if track in tracks})

    def due(
        self,
        faces: Sequence[SeenFace],
        time: float,
        recognisers: Recognisers,
        recognise_every: float,
    ) -> tuple[SeenFace, ...]:
        """The faces to recognise now; if there are any, the largest face is the first of them.

        Due are faces that one of the recognisers has not seen yet, and those whose last recognition
        is too long ago.

        Parameters
        ----------
        faces : sequence of SeenFace
            All faces of a frame, the largest first.
        time : float
            Time of the frame, in seconds.
        recognisers : mapping of str to NamesFaces
            Those that are asked, by name.
        recognise_every : float
            Seconds after which a face is due again.
        """

        def is_due(face: SeenFace) -> bool:
            known = self.tracks.get(face.track)
            if known is None or time - known.time >= recognise_every:
                return True
            return any(
                not self.glances(face.track, name, recogniser)
                for name, recogniser in recognisers.items()
            )

        due = {face.track for face in faces if is_due(face)}
        # Listeners count the first face as the frame's largest.
        return tuple(
            face for number, face in enumerate(faces) if due and (number == 0 or face.track in due)
        )

    def after(self, look: LiveLook, recognisers: Recognisers) -> "LiveMemory":
        """The memory after a recognition.

        Parameters
        ----------
        look : LiveLook
        recognisers : mapping of str to NamesFaces
            Those that gave the outputs of ``look``, by the same names.
        """
        tracks = dict(self.tracks)
        for row, face in enumerate(look.faces):
            weight = quality.weight(face.pixels)
            said = {}
            for name, recogniser in recognisers.items():
                glance = Glance(look.time, weight, look.outputs[name][row : row + 1])
                past = self.glances(face.track, name, recogniser)
                said[name] = Said(recogniser, (*past, glance)[-MOST_LOOKS - 1 :])
            tracks[face.track] = KnownTrack(look.time, said)
        return LiveMemory(tracks)


def _mean(glances: Sequence[Glance]) -> Outputs:
    """Outputs of at least one recognition, each with the weight of its quality."""
    every = Outputs.joined([glance.outputs for glance in glances])
    weights = np.array([glance.weight for glance in glances], np.float32)
    return every.mean(weights / weights.sum())
