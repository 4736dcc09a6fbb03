"""."""

from pages.compare_tabs.evaluations import Candidate


def show(candidates: list[Candidate]) -> None:
    """."""
