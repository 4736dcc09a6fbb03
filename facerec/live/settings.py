"""What the presenter chose for a live pipeline."""

from dataclasses import dataclass

from facerec.decisions.operating_point import OperatingPoint
from facerec.faces.detection import FaceDetector
from facerec.live.listeners import Listeners
from facerec.live.pipeline import LivePipeline
from facerec.recognition.recogniser import Recogniser
from facerec.runs.run import Run


@dataclass(frozen=True)
class LiveSettings:
    """The presenter's settings, the same for camera, files and sample video.

    Parameters
    ----------
    runs : dict of str to Run
        Runs by name, the run in use first; the other mappings have the same keys.
    recognisers : dict of str to Recogniser
    points : dict of str to OperatingPoint
    detector : FaceDetector
    looks, recognise_every : int, float
        As in ``LivePipeline``.
    """

    runs: dict[str, Run]
    recognisers: dict[str, Recogniser]
    points: dict[str, OperatingPoint]
    detector: FaceDetector
    looks: int
    recognise_every: float

    @property
    def first(self) -> Run:
        return next(iter(self.runs.values()))

    def apply(self, pipeline: LivePipeline) -> None:
        """Set a pipeline, which may be running, to these settings."""
        # The points come first: a recogniser without a point cannot name anybody.
        pipeline.points = self.points
        pipeline.recognisers = self.recognisers
        pipeline.detector = self.detector
        pipeline.looks = self.looks
        pipeline.recognise_every = self.recognise_every

    def pipeline(self, listeners: Listeners | None = None) -> LivePipeline:
        """A new pipeline with these settings, and the listeners of an earlier one, if any."""
        return LivePipeline(
            self.detector,
            self.recognisers,
            self.points,
            self.looks,
            self.recognise_every,
            listeners,
        )
