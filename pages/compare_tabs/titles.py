"""The titles of the Compare page's tabs, by which pages open a tab."""

SIDE_BY_SIDE = ":material/bar_chart: Side by side"
MISTAKES = ":material/grid_on: Mistakes"
MAP = ":material/scatter_plot: Map"
TWO_FACES = ":material/compare: Two faces"
THRESHOLD = ":material/tune: Threshold"
GAP = ":material/compare_arrows: The gap"
TAKE_AWAY = ":material/download: Take away"
