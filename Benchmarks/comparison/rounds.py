"""Runs a scenario's contenders in turns: in each round all of them, in every other round in the opposite order."""

import dataclasses
import datetime
import itertools
import os
import pathlib
import shutil
import tempfile
import time

from .output import note, say
from .scenario import Context
from .wakefulness import lateness


def in_turns(scenario):
    """Contenders beside each other rather than one after the other: ours, the peer's, ours, the peer's."""
    columns = [
        [(contender, configuration) for configuration in contender.configurations] for contender in scenario.contenders
    ]
    return [pair for row in itertools.zip_longest(*columns) for pair in row if pair]


def measure(contender, configuration, **parts):
    """One run: a fresh server, the load, the end of the server."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="hookwire-bench-"))
    try:
        context = Context(folder=folder, **parts)
        with configuration.serve(context) as target:
            return contender.measure(context, target)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def run(scenario, runs, **parts):
    """Everything that a scenario comes to, as it is kept: plain values only."""
    outcome = {
        "scenario": scenario.name,
        "started": datetime.datetime.now().astimezone().isoformat(timespec="seconds"),
        "load average before": os.getloadavg()[0],
        "lateness before": lateness(),
        "runs": runs,
        "samples": [],
    }
    start = time.monotonic()
    turns = in_turns(scenario)
    for number in range(runs):
        say(f"{scenario.name}, round {number + 1} of {runs}")
        for contender, configuration in turns if number % 2 == 0 else reversed(turns):
            sample = measure(contender, configuration, **parts)
            problems = f"; {', '.join(sample.failures)}" if sample.failures else ""
            note(f"{contender.label}, {configuration.label}: {figure(sample.value)} {scenario.unit}{problems}")
            outcome["samples"].append(
                {"round": number, "contender": contender.key, "configuration": configuration.label}
                | dataclasses.asdict(sample)
            )
    outcome["seconds"] = time.monotonic() - start
    return outcome


def figure(value):
    """A number with three digits that count, or more before the point."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) >= 0.001 or value == 0 else f"{value:.1g}"
