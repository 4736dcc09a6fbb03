"""The panels of the Live page: a new one is one entry here."""

from collections.abc import Callable

from pages.live_panels import assessment, corrections, inside, map, people
from pages.live_panels.view import LiveView

PANELS: dict[str, Callable[[LiveView], None]] = {
    ":material/checklist: Live assessment": assessment.panel,
    ":material/group: People": people.panel,
    ":material/edit: This is wrong": corrections.panel,
    ":material/scatter_plot: Map": map.panel,
    ":material/layers: Inside": inside.panel,
}
