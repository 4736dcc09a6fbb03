"""What the panels of the Live page are drawn from."""

from dataclasses import dataclass

from facerec.live.assessment import LiveCounts
from facerec.live.enrolment import FaceTaking
from facerec.live.pipeline import LivePipeline
from facerec.live.settings import LiveSettings
from facerec.runs.run import Run


@dataclass(frozen=True)
class LiveView:
    """The webcam at one run of the page.

    Parameters
    ----------
    settings : LiveSettings
    pipeline : LivePipeline
        A panel subscribes to it once a session. The subscription goes on if the camera is stopped
        and started again.
    playing : bool
        Whether the camera plays.
    counts : LiveCounts
        The live assessment, which goes on while its panel is closed.
    taking : FaceTaking
        Enrolment, likewise.
    """

    settings: LiveSettings
    pipeline: LivePipeline
    playing: bool
    counts: LiveCounts
    taking: FaceTaking

    @property
    def run(self) -> Run:
        """The run in use."""
        return self.settings.first
