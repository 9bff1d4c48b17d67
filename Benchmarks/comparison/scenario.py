"""What a scenario is: who is measured, how, and what is to be reached."""

import dataclasses
import pathlib
from collections.abc import Callable

from .generator import Generator
from .settings import Settings


@dataclasses.dataclass(frozen=True)
class Context:
    """What a measurement works with. The folder is its own and is gone afterwards."""

    binary: pathlib.Path
    settings: Settings
    generator: Generator
    folder: pathlib.Path


@dataclasses.dataclass(frozen=True)
class Sample:
    """What one run came to."""

    value: float
    # A sentence for each kind of failure; none is how it should be.
    failures: list
    # Figures beside the one that counts, by name.
    details: dict
    # The generator's reports, as they came.
    reports: list


@dataclasses.dataclass(frozen=True)
class Configuration:
    """One way to run a contender. `serve` gives a context manager of a Target."""

    label: str
    serve: Callable


@dataclasses.dataclass(frozen=True)
class Contender:
    key: str
    label: str
    is_ours: bool
    configurations: tuple
    # From a Context and a Target to a Sample.
    measure: Callable


@dataclasses.dataclass(frozen=True)
class Goal:
    """A bound on a figure, or on the ratio of two; either side may be left out."""

    at_least: float | None = None
    at_most: float | None = None

    def is_reached(self, value):
        return (self.at_least is None or value >= self.at_least) and (self.at_most is None or value <= self.at_most)

    @property
    def bound(self):
        return self.at_least if self.at_least is not None else self.at_most

    @property
    def words(self):
        return "at least" if self.at_least is not None else "at most"


@dataclasses.dataclass(frozen=True)
class Comparison:
    """One contender beside another, round by round. Without a goal it is there for the reader."""

    contender: str
    other: str
    goal: Goal | None = None


@dataclasses.dataclass(frozen=True)
class Limit:
    """One contender's figure for itself."""

    contender: str
    goal: Goal


@dataclasses.dataclass(frozen=True)
class Scenario:
    name: str
    title: str
    # What is measured and how, in a few sentences.
    text: str
    unit: str
    more_is_better: bool
    contenders: tuple
    comparisons: tuple = ()
    limits: tuple = ()

    def contender(self, key):
        return next(contender for contender in self.contenders if contender.key == key)
