"""Memory of a live pipeline: what is known of each tracked face, and which faces are due."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from facerec.decisions.scores import Outputs
from facerec.live.frames import LiveLook, SeenFace
from facerec.recognition.recogniser import Recogniser

Recognisers = Mapping[str, Recogniser]


class Said(NamedTuple):
    """A recogniser, and its smoothed outputs for one face: a single row."""

    recogniser: Recogniser
    outputs: Outputs


@dataclass(frozen=True)
class KnownTrack:
    """A track's last recognition.

    Parameters
    ----------
    time : float
        Time of its frame, in seconds.
    said : mapping of str to Said
        What each recogniser said, by its name.
    """

    time: float
    said: Mapping[str, Said]


@dataclass(frozen=True)
class LiveMemory:
    """Last recognition of each track: a value, so that all threads may read it.

    Outputs count only for the very recogniser that gave them. Another one under the same name, such
    as after an enrolment, begins anew.

    Parameters
    ----------
    tracks : mapping of int to KnownTrack
        By the id of the track.
    """

    tracks: Mapping[int, KnownTrack] = field(default_factory=dict)

    def outputs(self, track: int, name: str, recogniser: Recogniser) -> Outputs | None:
        """Smoothed outputs of a recogniser for a track; None before it has seen that face."""
        known = self.tracks.get(track)
        said = known.said.get(name) if known else None
        return said.outputs if said and said.recogniser is recogniser else None

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
        recognisers : mapping of str to Recogniser
            Those that are asked, by name.
        recognise_every : float
            Seconds after which a face is due again.
        """

        def is_due(face: SeenFace) -> bool:
            known = self.tracks.get(face.track)
            if known is None or time - known.time >= recognise_every:
                return True
            return any(
                self.outputs(face.track, name, recogniser) is None
                for name, recogniser in recognisers.items()
            )

        due = {face.track for face in faces if is_due(face)}
        # Listeners count the first face as the frame's largest.
        return tuple(
            face for number, face in enumerate(faces) if due and (number == 0 or face.track in due)
        )

    def after(self, look: LiveLook, recognisers: Recognisers, smoothing: float) -> "LiveMemory":
        """The memory after a recognition.

        Parameters
        ----------
        look : LiveLook
        recognisers : mapping of str to Recogniser
            Those that gave the outputs of ``look``, by the same names.
        smoothing : float
            Weight of the past in exponential smoothing, 0 to below 1.
        """
        tracks = dict(self.tracks)
        for row, face in enumerate(look.faces):
            said = {
                name: Said(
                    recogniser,
                    _smoothed(
                        look.outputs[name][row : row + 1],
                        self.outputs(face.track, name, recogniser),
                        smoothing,
                    ),
                )
                for name, recogniser in recognisers.items()
            }
            tracks[face.track] = KnownTrack(look.time, said)
        return LiveMemory(tracks)


def _smoothed(outputs: Outputs, past: Outputs | None, weight: float) -> Outputs:
    """Outputs of one face, averaged with its smoothed past ones, which have that weight."""
    if not weight or past is None:
        return outputs
    return Outputs(
        weight * past.logits + (1 - weight) * outputs.logits,
        None
        if outputs.similarities is None or past.similarities is None
        else weight * past.similarities + (1 - weight) * outputs.similarities,
    )
