"""Whether a run learned from faces that were cropped as the faces that it meets now."""

from facerec.faces.detection import WholeImage
from facerec.runs.run import Run


def other_crop(run: Run, detector: str) -> str:
    """A sentence if a run learned from another crop than a detector's, else "".

    Networks that align faces see the same face in every crop, so the sentence is never about them.

    Parameters
    ----------
    run : Run
    detector : str
        Name of the detector that finds the faces now.
    """
    if run.config.entry.mean_face is not None:
        return ""
    others = {name: count for name, count in run.info.detectors.items() if name != detector}
    if not others:
        return ""
    ways = " and ".join(f"{count} {_way(name)}" for name, count in others.items())
    return (
        f"It learned from {sum(run.info.detectors.values())} pictures: {ways}. Here, faces are "
        f"{_way(detector)}, so it sees them larger or smaller than it learned them."
    )


def _way(detector: str) -> str:
    return "taken whole" if detector == WholeImage.name else f"cut out where {detector} finds them"
