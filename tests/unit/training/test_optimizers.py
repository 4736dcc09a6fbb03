import pytest
import torch
from torch import nn, optim

from facerec.runs.settings import OPTIMIZERS, SCHEDULES, TrainingConfig
from facerec.training.optimizers import make_optimizer, make_schedule

BATCHES = 10


def rates(**settings: object) -> list[float]:
    """The learning rate of each batch of a run."""
    config = TrainingConfig(learning_rate=1e-2, epochs=3, **settings)
    optimizer = make_optimizer(config, [nn.Parameter(torch.ones(1))])
    schedule = make_schedule(config, optimizer, BATCHES)
    found = []
    for _ in range(3 * BATCHES):
        found.append(schedule.get_last_lr()[0])
        optimizer.step()
        schedule.step()
    return found


def test_schedules_are_the_curves_their_names_say() -> None:
    assert rates(schedule="constant") == pytest.approx([1e-2] * 30)
    assert rates(schedule="step") == pytest.approx([1e-2] * 10 + [1e-3] * 10 + [1e-4] * 10)
    exponential = rates(schedule="exponential")
    assert exponential[0] == 1e-2 and exponential[-1] * 0.01 ** (1 / 30) == pytest.approx(1e-4)
    cosine = rates(schedule="cosine")
    assert (cosine[0], cosine[15]) == pytest.approx((1e-2, 5e-3)) and cosine[-1] < 1e-4
    one_cycle = rates(schedule="one_cycle")
    assert max(one_cycle) == pytest.approx(1e-2) and one_cycle.index(max(one_cycle)) == 8
    assert one_cycle[0] == pytest.approx(1e-2 / 25) and one_cycle[-1] < 1e-6


@pytest.mark.parametrize("schedule", sorted(set(SCHEDULES) - {"one_cycle"}))
def test_a_warm_up_comes_before_the_schedule(schedule: str) -> None:
    found = rates(schedule=schedule, warmup_epochs=0.5)
    assert found[0] == pytest.approx(1e-4)
    assert all(earlier < later for earlier, later in zip(found[:5], found[1:6], strict=True))
    assert found[5] == pytest.approx(1e-2)


def test_one_cycle_warms_up_by_itself() -> None:
    assert rates(schedule="one_cycle", warmup_epochs=1.0) == rates(schedule="one_cycle")


def test_a_warm_up_longer_than_the_run_leaves_one_batch() -> None:
    found = rates(schedule="cosine", warmup_epochs=40.0)
    assert found == sorted(found) and found[-1] == pytest.approx(1e-2)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("adam", optim.AdamW),
        ("sgd", optim.SGD),
        ("adagrad", optim.Adagrad),
        ("rmsprop", optim.RMSprop),
    ],
)
def test_optimizers_by_name(name: str, kind: type) -> None:
    config = TrainingConfig(optimizer=name, learning_rate=0.1, weight_decay=0.2)
    frozen = nn.Parameter(torch.ones(1), requires_grad=False)
    trained = nn.Parameter(torch.ones(1))
    optimizer = make_optimizer(config, [frozen, trained])
    (group,) = optimizer.param_groups
    assert type(optimizer) is kind and group["params"] == [trained]
    assert (group["lr"], group["weight_decay"]) == (0.1, 0.2)
    assert set(OPTIMIZERS) == {"adam", "sgd", "adagrad", "rmsprop"}


def test_adam_without_decay_is_adam() -> None:
    values = []
    for kind in (make_optimizer, None):
        parameter = nn.Parameter(torch.tensor([1.0, -2.0]))
        config = TrainingConfig(learning_rate=0.1)
        optimizer = kind(config, [parameter]) if kind else optim.Adam([parameter], 0.1)
        for _ in range(3):
            (parameter**2).sum().backward()
            optimizer.step()
            optimizer.zero_grad()
        values.append(parameter.detach())
    torch.testing.assert_close(values[0], values[1])


def test_gradient_descent_has_inertia() -> None:
    parameter = nn.Parameter(torch.zeros(1))
    optimizer = make_optimizer(TrainingConfig(learning_rate=0.1, optimizer="sgd"), [parameter])
    for moved in (0.1, 0.1 + 0.19):
        parameter.grad = torch.full((1,), -1.0)
        optimizer.step()
        assert parameter.item() == pytest.approx(moved)


def test_the_cyclic_rate_swings_between_itself_and_a_tenth_four_times() -> None:
    found = rates(schedule="cyclic")
    assert max(found) == pytest.approx(1e-2) and 1e-3 <= min(found) < 2e-3
    turns = [
        before < now >= after
        for before, now, after in zip(found, found[1:], found[2:], strict=False)
    ]
    assert sum(turns) == 3, "and one peak at the start"


@pytest.mark.parametrize("optimizer", sorted(OPTIMIZERS))
@pytest.mark.parametrize("schedule", sorted(SCHEDULES))
def test_every_schedule_goes_with_every_optimizer(optimizer: str, schedule: str) -> None:
    parameter = nn.Parameter(torch.ones(2))
    config = TrainingConfig(epochs=3, learning_rate=1e-2, optimizer=optimizer, schedule=schedule)
    made = make_optimizer(config, [parameter])
    steps = make_schedule(config, made, batches=10)
    for _ in range(30):
        parameter.square().sum().backward()
        made.step()
        made.zero_grad()
        steps.step()
    assert torch.isfinite(parameter).all() and float(parameter.abs().sum()) < 2
