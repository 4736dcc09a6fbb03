"""Setting: all that is known of a value that a user sets, in one place.

The form, the flag on the command line, the check and the search for good settings are made from it.
"""

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Generic, TypeVar

from facerec.errors import FacerecError

NETWORK, LEARNING, AGAINST_OVERFITTING, DATA, MACHINE = (
    "Network",
    "Learning",
    "Against over-fitting",
    "Data",
    "This computer",
)
# The order of the form.
GROUPS = (LEARNING, AGAINST_OVERFITTING, NETWORK, DATA, MACHINE)

Value = TypeVar("Value")


@dataclass(frozen=True)
class Space:
    """Search space of a setting: a range, or single values.

    Parameters
    ----------
    minimum, maximum : float
        Limits of the range.
    logarithmic : bool
        Whether each order of magnitude is tried equally often.
    values : sequence
        Values to choose from, instead of a range.
    usual : bool
        Whether a new search has the setting chosen at first.
    """

    minimum: float = 0.0
    maximum: float = 0.0
    logarithmic: bool = False
    values: tuple[Any, ...] = ()
    usual: bool = False


@dataclass(frozen=True)
class Setting(Generic[Value]):
    """A value that a user sets: a number with limits, or one of several names.

    Parameters
    ----------
    group : str
        One of ``GROUPS``.
    default : int, float or str
        Its type is the type of all values.
    label : str
        Its name in the form and in messages.
    help : str
        A sentence or two for students.
    minimum, maximum : float
        Limits of a number, both allowed.
    choices : mapping, optional
        The names, each with a sentence about it. The words before a colon are its title.
    unit : str
        Unit of a number, if it has one.
    every : int
        Whole numbers are ``minimum`` and each ``every``-th after it.
    step : float, optional
        What a click on the form's plus adds to a fraction; by default a tenth of the value, for
        what is set by its order of magnitude.
    prominent : bool
        Whether it stands at the top of the form.
    shapes_network : bool
        Whether a network takes over another's parameters only if they agree in it.
    sways_learning_rate : bool
        Whether a learning rate test says little once it is changed.
    space : Space, optional
        What a search tries; without it, the setting cannot be searched.
    name : str
        Name of the field that it belongs to, which ``settings_of`` fills in.
    """

    group: str
    default: Value
    label: str
    help: str
    minimum: float = -math.inf
    maximum: float = math.inf
    choices: Mapping[str, str] | None = None
    unit: str = ""
    every: int = 1
    step: float | None = 0.05
    prominent: bool = False
    shapes_network: bool = False
    sways_learning_rate: bool = False
    space: Space | None = None
    name: str = ""

    def field(self) -> Value:
        """The field of a dataclass that has this setting."""
        return dataclasses.field(default=self.default, metadata={"setting": self})

    @property
    def kind(self) -> type[Value]:
        return type(self.default)

    @property
    def title(self) -> str:
        """The label with the unit."""
        return f"{self.label} ({self.unit})" if self.unit else self.label

    @property
    def flag(self) -> str:
        """The flag on the command line."""
        return "--" + self.name.replace("_", "-")

    def shown(self, value: Value) -> str:
        """A value as pages name it: a choice by its title, a fraction in few digits."""
        if self.choices is not None:
            title, colon, _ = self.choices[str(value)].partition(":")
            return title if colon else str(value).replace("_", " ")
        return f"{value:g}" if isinstance(value, float) else str(value)

    def checked(self, value: Any) -> Value:
        """The value as the setting's type: whole numbers stand for fractions.

        Raises
        ------
        FacerecError
            If it has another type, is out of range, or is none of the choices.
        """
        if self.kind is float and isinstance(value, int):
            value = float(value)
        if not isinstance(value, self.kind) or isinstance(value, bool):
            raise FacerecError(f"{self.title}: {value!r} is no {self.kind.__name__}.")
        if self.choices is not None:
            if value not in self.choices:
                raise FacerecError(f"{self.title}: {value!r} is none of {', '.join(self.choices)}.")
        elif isinstance(value, int | float) and not self.minimum <= value <= self.maximum:
            raise FacerecError(
                f"{self.title} is {value}, but must lie between {self.minimum:g} "
                f"and {self.maximum:g}."
            )
        elif isinstance(value, int) and (value - self.minimum) % self.every:
            found = range(int(self.minimum), int(self.maximum) + 1, self.every)
            raise FacerecError(f"{self.title}: {value} is none of {', '.join(map(str, found))}.")
        return value


@cache
def settings_of(holder: type) -> tuple[Setting[Any], ...]:
    """The settings that a dataclass holds, with their names, in the order of its fields."""
    return tuple(
        replace(item.metadata["setting"], name=item.name)
        for item in dataclasses.fields(holder)
        if "setting" in item.metadata
    )
