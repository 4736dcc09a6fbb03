"""The model card: what a run learned from, what was measured, and what it must not be used for.

Mitchell et al., Model Cards for Model Reporting, 2019.
"""

from pathlib import Path

import jinja2

from facerec.datasets.folder import UNKNOWN, FaceFolder
from facerec.decisions.operating_point import OperatingPoint
from facerec.decisions.scores import SCORES
from facerec.decisions.second_opinion import NETWORK, SCORE
from facerec.errors import FacerecError
from facerec.evaluation.kept import last_evaluation
from facerec.networks.catalogue import network_named
from facerec.runs.geometry import other_crop
from facerec.runs.run import Run
from facerec.system.markdown import plain

_TEMPLATE = Path(__file__).with_name("card.md.jinja")


def model_card(run: Run, point: OperatingPoint) -> str:
    """The model card of a run at an operating point, in Markdown.

    Raises
    ------
    FacerecError
        If the run's evaluation is damaged.
    """
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, trim_blocks=True)
    environment.filters["plain"] = plain
    evaluation = last_evaluation(run)
    networks = [run.config.entry, *([network_named(NETWORK)] if point.score == SCORE else [])]
    strangers = run.strangers_at(point.score)
    return environment.from_string(_TEMPLATE.read_text(encoding="utf-8")).render(
        name=run.name,
        kind=run.kind_title,
        created=run.info.created[:10],
        people=[name for name in run.classes if name != UNKNOWN],
        has_unknown=UNKNOWN in run.classes,
        learned=_learned_from(run),
        score=SCORES[point.score].title.lower(),
        threshold=f"{point.threshold:.3g}",
        summary=evaluation.summary(point) if evaluation else None,
        judged_on=Path(evaluation.held_out.dataset).name if evaluation else "",
        strangers_of=Path(evaluation.strangers.dataset).name
        if evaluation and evaluation.strangers
        else "",
        expected=" ".join(strangers[0].in_words(point.threshold, strangers[1]))
        if strangers
        else "",
        crop=other_crop(run, "yunet"),
        terms=[network.terms for network in networks if network.terms],
    )


def _learned_from(run: Run) -> str:
    """What the run learned from, in sentences."""
    if run.is_enrolled:
        counts = run.gallery.counts()
        return (
            f"{sum(counts.values())} enrolled faces of {len(counts)} people, "
            f"{min(counts.values())} to {max(counts.values())} of each. The network itself was not "
            f"trained on them: it comes from {plain(run.info.embedder)}."
        )
    where = f"The data set {plain(run.dataset_name)}"
    try:
        folder = FaceFolder.open(run.config.dataset)
    except FacerecError:
        return f"{where}, which is not on the computer that wrote this."
    counts, sessions = folder.counts(), folder.sessions()
    changed = folder.content_hash() != run.info.dataset_hash
    return (
        f"{where}: {sum(counts.values())} images of {len(counts)} classes, "
        f"{min(counts.values())} to {max(counts.values())} of each, from "
        f"{sum(map(len, sessions.values()))} sessions. {run.config.validation:.0%} of them, "
        f"chosen by {run.config.split}, were kept apart to judge it."
        + (" It has changed since." if changed else "")
    )
