"""The networks by name, found by the ``ENTRIES`` of this package's modules."""

from importlib import import_module
from pkgutil import iter_modules

from facerec import networks
from facerec.errors import FacerecError
from facerec.networks.network import Network


def collect() -> dict[str, Network]:
    """The networks of all modules, by name, in their order."""
    entries: list[Network] = []
    for module in iter_modules(networks.__path__, f"{networks.__name__}."):
        entries += getattr(import_module(module.name), "ENTRIES", ())
    entries.sort(key=lambda network: (network.place, network.name))
    found = {network.name: network for network in entries}
    if len(found) < len(entries):
        names = ", ".join(network.name for network in entries)
        raise ValueError(f"Two networks have one name: {names}.")
    return found


NETWORKS = collect()


def network_named(name: str) -> Network:
    """The network with this name.

    Raises
    ------
    FacerecError
        If there is none.
    """
    if name not in NETWORKS:
        raise FacerecError(f"There is no network {name!r}: choose one of {', '.join(NETWORKS)}.")
    return NETWORKS[name]
