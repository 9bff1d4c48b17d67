"""How long an event takes from the time when it was due to its delivery, at a fixed rate."""

from .. import contenders
from ..samples import end_to_end, sample
from ..scenario import Comparison, Goal, Scenario


def _measure(context, target):
    chosen = context.settings
    report = context.generator.fixed_rate(target, chosen.rate, chosen.rate_duration, chosen.secrets)
    lateness = (report["load"].get("lateness") or {}).get("p99")
    return sample(end_to_end(report, "p99"), report, **{"sent late by, p99 ms": lateness})


def scenarios(settings):
    text = (
        f"{settings.rate:,} events a second of {settings.body_size} bytes for {settings.secrets} bots with one socket "
        f"each, for {settings.rate_duration:g} s. The time counts from the moment when an event was due, so a server "
        "that stalls is charged for every event that it held up. The figure is the 99th percentile; the median stands "
        "in the table of all configurations."
    )
    yield Scenario(
        name="latency-one-process",
        title="End to end at a fixed rate, one process",
        text=text,
        unit="ms",
        more_is_better=False,
        contenders=(
            contenders.one_process(_measure, settings.event_loops),
            contenders.nchan_in_memory(_measure, settings.nchan_workers),
            contenders.fastapi(_measure),
        ),
        comparisons=(Comparison("hookwire", "nchan", Goal(at_most=1)), Comparison("hookwire", "seed")),
    )
    yield Scenario(
        name="latency-two-tiers",
        title="End to end at a fixed rate, two tiers on Redis",
        text=text,
        unit="ms",
        more_is_better=False,
        contenders=(
            contenders.two_tiers(_measure, settings.event_loops),
            contenders.nchan_on_redis(_measure, settings.nchan_workers),
        ),
        comparisons=(Comparison("hookwire", "nchan", Goal(at_most=1)),),
    )
