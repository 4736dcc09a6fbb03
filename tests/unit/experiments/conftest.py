import pytest

from facerec.experiments.experiment import Experiment
from facerec.experiments.plan import Plan
from tests.examples import tiny_config


@pytest.fixture
def plan(small_dataset) -> Plan:
    """Four trainings of a second each."""
    return Plan(tiny_config(side=32, epochs=1, fields=2), "batch_size", (4, 8), 2)


@pytest.fixture
def experiment(plan: Plan) -> Experiment:
    return Experiment.create("sizes", plan, 12.5)
