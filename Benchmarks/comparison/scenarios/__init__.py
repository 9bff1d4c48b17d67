"""The scenarios, in the order in which they are run and written down: a file a question."""

from . import capacity, connecting, fairness, fan_out, growth, latency, memory, throughput


def all_scenarios(settings):
    """Every scenario, by its name."""
    files = (throughput, fan_out, latency, memory, capacity, connecting, growth, fairness)
    return {scenario.name: scenario for file in files for scenario in file.scenarios(settings)}
