"""How many events a second are accepted and delivered."""

from .. import contenders
from ..samples import events_per_second, sample
from ..scenario import Comparison, Goal, Scenario


def _measure(kind):
    def measure(context, target):
        chosen = context.settings
        report = context.generator.closed_loop(
            target, chosen.events(kind), chosen.secrets, duration=chosen.closed_loop
        )
        return sample(events_per_second(report), report)

    return measure


def scenarios(settings):
    load = (
        f"{settings.connections} connections post events of {settings.body_size} bytes for {settings.secrets} bots, "
        f"each connection the next one when the last is answered, for {settings.closed_loop:g} s; every bot has one "
        "socket."
    )
    verifies = "Hookwire verifies every signature; the peer verifies none."
    yield Scenario(
        name="throughput-two-tiers",
        title="Throughput, two tiers on Redis",
        text=f"{load} {verifies} Both sides use a Redis of the same kind on the same machine.",
        unit="events/s",
        more_is_better=True,
        contenders=(
            contenders.two_tiers(_measure("two tiers"), settings.event_loops),
            contenders.nchan_on_redis(_measure("two tiers"), settings.nchan_workers),
        ),
        comparisons=(Comparison("hookwire", "nchan", Goal(at_least=2.3)),),
    )
    yield Scenario(
        name="throughput-one-process",
        title="Throughput, one process",
        text=f"{load} {verifies}",
        unit="events/s",
        more_is_better=True,
        contenders=(
            contenders.one_process(_measure("one process"), settings.event_loops),
            contenders.nchan_in_memory(_measure("one process"), settings.nchan_workers),
        ),
        comparisons=(Comparison("hookwire", "nchan", Goal(at_least=1.2)),),
    )
    yield Scenario(
        name="throughput-fastapi",
        title="Throughput beside a FastAPI relay",
        text=(
            f"{load} {verifies} The relay is the one of Benchmarks/peers/relay.py, as FastAPI, uvicorn and websockets "
            "install without extras; for comparison also with uvloop and httptools."
        ),
        unit="events/s",
        more_is_better=True,
        contenders=(
            contenders.one_process(_measure("one process"), settings.event_loops),
            contenders.fastapi(_measure("seed")),
            contenders.fastapi_with_uvloop(_measure("seed")),
        ),
        comparisons=(
            Comparison("hookwire", "seed", Goal(at_least=12)),
            Comparison("hookwire", "seed-uvloop"),
        ),
    )
