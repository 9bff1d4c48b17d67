"""Keeps what was measured as JSON, a file a scenario, and adds it up."""

import dataclasses
import json
import statistics

from .errors import BenchError


@dataclasses.dataclass(frozen=True)
class Spread:
    median: float
    minimum: float
    maximum: float

    @classmethod
    def of(cls, values):
        return cls(statistics.median(values), min(values), max(values))


@dataclasses.dataclass(frozen=True)
class Series:
    """One contender in one configuration: its samples, round by round."""

    contender: object
    configuration: str
    samples: list

    @property
    def spread(self):
        return Spread.of([sample["value"] for sample in self.samples])

    @property
    def name(self):
        return f"{self.contender.label}, {self.configuration}"

    @property
    def failed(self):
        return [sample for sample in self.samples if sample["failures"]]

    def detail(self, name):
        """The median of a figure beside the main one; None where it was not taken."""
        values = [sample["details"].get(name) for sample in self.samples]
        values = [value for value in values if value is not None]
        return statistics.median(values) if values else None

    @property
    def full_runs(self):
        """In how many runs the generator was busy all the time."""
        return sum(1 for sample in self.samples if sample["details"].get("generator full"))


@dataclasses.dataclass(frozen=True)
class Row:
    """One line of a scenario's table."""

    ours: Series
    other: Series | None
    ratio: Spread | None
    goal: object
    is_reached: bool | None


class Results:
    """A scenario with what it came to."""

    def __init__(self, scenario, outcome):
        self.scenario = scenario
        self.outcome = outcome
        self.series = [
            Series(contender, configuration.label, samples)
            for contender in scenario.contenders
            for configuration in contender.configurations
            if (samples := self._samples(contender.key, configuration.label))
        ]

    def _samples(self, contender, configuration):
        found = [
            sample
            for sample in self.outcome["samples"]
            if (sample["contender"], sample["configuration"]) == (contender, configuration)
        ]
        return sorted(found, key=lambda sample: sample["round"])

    def best(self, key):
        """A contender's best configuration, by its median."""
        series = [series for series in self.series if series.contender.key == key]
        if not series:
            raise BenchError(f"The kept results of {self.scenario.name} are of another form: measure it again.")
        choose = max if self.scenario.more_is_better else min
        return choose(series, key=lambda series: series.spread.median)

    def rows(self):
        for limit in self.scenario.limits:
            ours = self.best(limit.contender)
            yield Row(ours, None, None, limit.goal, limit.goal.is_reached(ours.spread.median))
        for comparison in self.scenario.comparisons:
            ours, other = self.best(comparison.contender), self.best(comparison.other)
            ratio = Spread.of([
                our["value"] / their["value"] if their["value"] else float("inf")
                for our, their in zip(ours.samples, other.samples, strict=True)
            ])  # fmt: skip
            goal = comparison.goal
            yield Row(ours, other, ratio, goal, goal.is_reached(ratio.median) if goal else None)

    def missed(self):
        return [row for row in self.rows() if row.is_reached is False]

    def our_failures(self):
        """Sentences about runs of ours in which something went wrong."""
        return [
            f"{self.scenario.name}, {series.name}: {', '.join(sample['failures'])}"
            for series in self.series
            if series.contender.is_ours
            for sample in series.failed
        ]


def keep(folder, outcome):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{outcome['scenario']}.json").write_text(json.dumps(outcome, indent=1))


def load(folder, scenarios):
    """The kept results of these scenarios; what was never measured is left out."""
    for name, scenario in scenarios.items():
        path = folder / f"{name}.json"
        if path.exists():
            yield Results(scenario, json.loads(path.read_text()))
