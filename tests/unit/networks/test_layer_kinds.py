import subprocess
import sys

from facerec.system import paths

ADDED = """
import importlib.util, sys
from torch import nn
name = "facerec.networks.options"
spec = importlib.util.find_spec(name)
source = spec.loader.get_source(name)
entry = '"softsign": LayerKind(nn.Softsign, "softsign: values are squeezed slowly"),'
source = source.replace("ACTIVATIONS = {", "ACTIVATIONS = {" + entry, 1)
module = importlib.util.module_from_spec(spec)
sys.modules[name] = module
exec(compile(source, spec.origin, "exec"), module.__dict__)

from facerec.experiments.factors import factor_named, value_from
from facerec.networks.layout import layers
from facerec.runs.settings import TrainingConfig

factor = factor_named("activation", "custom_cnn")
config = TrainingConfig(activation=value_from("softsign", factor), side=32)
kinds = [layer.kind for layer in layers(config.entry, 3, config.network_options)]
print(factor.shown("softsign"), kinds.count("Softsign"))
"""


def test_a_kind_of_layer_is_one_entry() -> None:
    """In a process of its own, whose ``options.py`` has one entry more from the start."""
    done = subprocess.run(
        [sys.executable, "-c", ADDED], cwd=paths.PROJECT, capture_output=True, encoding="utf-8"
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["softsign", "3"]
