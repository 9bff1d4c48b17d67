"""How many deliveries a second one bot with many sockets gets."""

from .. import contenders
from ..samples import sample
from ..scenario import Comparison, Goal, Scenario


def _measure(context, target):
    chosen = context.settings
    sockets, duration = chosen.fan_out_sockets, chosen.closed_loop
    events = chosen.fan_out_events(sockets, duration)
    report = context.generator.closed_loop(target, events, secrets=1, sockets=sockets, duration=duration)
    return sample(report["load"]["deliveredPerSecond"], report)


def scenarios(settings):
    text = (
        f"One bot has {settings.fan_out_sockets:,} sockets, and every event of {settings.body_size} bytes goes to all "
        f"of them. {settings.connections} connections post for {settings.closed_loop:g} s, each the next event when "
        "the last is answered."
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
        text=(
            f"{text} Redis answers for the log rather than for the sockets, so that senders may run ahead of the "
            f"deliveries; Hookwire's log retains {int(settings.fan_out_flags[-1]):,} events here instead of 1,000, "
            "because what is no longer retained when its turn comes is lost."
        ),
        unit="deliveries/s",
        more_is_better=True,
        contenders=(
            contenders.two_tiers(_measure, settings.event_loops, *settings.fan_out_flags),
            contenders.nchan_on_redis(_measure, settings.nchan_workers),
        ),
        comparisons=(Comparison("hookwire", "nchan", Goal(at_least=4)),),
    )
