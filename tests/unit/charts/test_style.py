from facerec.charts import style
from facerec.networks.catalogue import NETWORKS


def test_every_kind_of_run_has_a_colour_of_its_own() -> None:
    assert set(style.NETWORK_COLORS) == {*NETWORKS, "gallery"}
    assert len(set(style.NETWORK_COLORS.values())) == len(NETWORKS) + 1
