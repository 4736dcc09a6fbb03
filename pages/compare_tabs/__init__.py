"""The tabs of the Compare page and their names."""

SIDE_BY_SIDE = ":material/bar_chart: Side by side"
MISTAKES = ":material/grid_on: Mistakes"
MAP = ":material/scatter_plot: Map"
TWO_FACES = ":material/compare: Two faces"
THRESHOLD = ":material/tune: Threshold"
GAP = ":material/compare_arrows: The gap"
TAKE_AWAY = ":material/download: Take away"
