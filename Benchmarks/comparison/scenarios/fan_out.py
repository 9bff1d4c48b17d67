"""How many deliveries a second one bot with many sockets gets."""

from .. import contenders
from ..samples import sample
from ..scenario import Comparison, Goal, Scenario


def _measure(context, target):
    chosen = context.settings
    report = context.generator.closed_loop(
        target, chosen.events("fan-out"), secrets=1, sockets=chosen.fan_out_sockets, duration=chosen.closed_loop
    )
    return sample(report["load"]["deliveredPerSecond"], report)


def scenarios(settings):
    text = (
        f"One bot has {settings.fan_out_sockets:,} sockets, and every event of {settings.body_size} bytes goes to all of "
        f"them. {settings.connections} connections post for {settings.closed_loop:g} s, each the next event when the last "
        "is answered."
    )
    yield Scenario(
        name="fan-out-one-process",
        title="Fan-out, one process",
        text=text,
        unit="deliveries/s",
        more_is_better=True,
        contenders=(
            contenders.one_process(_measure, settings.event_loops),
            contenders.nchan_in_memory(_measure, settings.nchan_workers),
            contenders.fastapi(_measure),
        ),
        comparisons=(Comparison("hookwire", "nchan", Goal(at_least=4)), Comparison("hookwire", "seed")),
    )
    yield Scenario(
        name="fan-out-two-tiers",
        title="Fan-out, two tiers on Redis",
        text=text,
        unit="deliveries/s",
        more_is_better=True,
        contenders=(
            contenders.two_tiers(_measure, settings.event_loops),
            contenders.nchan_on_redis(_measure, settings.nchan_workers),
        ),
        comparisons=(Comparison("hookwire", "nchan", Goal(at_least=4)),),
    )
