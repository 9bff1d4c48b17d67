"""Whether a bot whose events go to very many sockets keeps other bots waiting."""

import time

from .. import contenders
from ..errors import BenchError
from ..generator import wait_for
from ..priority import Priority
from ..samples import end_to_end, sample
from ..scenario import Comparison, Goal, Scenario
from ..servers.process import cpu_seconds

# How much of a core the server uses once the flood is on.
BUSY = 0.3


def _others(context, target):
    chosen = context.settings
    return context.generator.fixed_rate(
        target, chosen.fairness_rate, chosen.fairness_duration, chosen.secrets, priority=Priority.URGENT
    )


def _quiet(context, target):
    report = _others(context, target)
    return sample(end_to_end(report, "p99"), report)


def _is_busy(pid):
    start, used = time.monotonic(), cpu_seconds(pid)
    time.sleep(0.3)
    return cpu_seconds(pid) - used > BUSY * (time.monotonic() - start)


def _flooded(context, target):
    chosen = context.settings
    duration = chosen.fairness_duration + chosen.warm_up + chosen.fairness_margin
    flood = context.generator.flood(
        target,
        events=chosen.fan_out_events(chosen.fairness_sockets, duration),
        sockets=chosen.fairness_sockets,
        duration=duration,
    )
    with flood as process:
        wait_for(lambda: _is_busy(target.socket_holder), process, "the flood does not begin")
        report = _others(context, target)
        if process.poll() is not None:
            raise BenchError("The flood ended before the measurement: make fairness_margin in settings.py longer.")
        flood_report = context.generator.finish(process, duration)
    deliveries = flood_report["load"]["deliveredPerSecond"]
    outcome = sample(end_to_end(report, "p99"), flood_report, report, **{"flood's deliveries/s": deliveries})
    # The server's time was spent on the flood: it says nothing about these events.
    del outcome.details["CPU µs/event"]
    return outcome


def scenarios(settings):
    loops = (settings.plain_event_loops,)
    yield Scenario(
        name="fairness",
        title="Fairness: other bots beside a flood",
        text=(
            f"{settings.secrets} bots get {settings.fairness_rate:,} events a second together, with one socket each, "
            f"while another bot's events go to {settings.fairness_sockets:,} sockets as fast as the server takes them "
            f"({settings.connections} connections, closed loop). The figure is the 99th percentile from the moment "
            "when an event was due to its delivery. All share the machine's cores: the generator that measures goes "
            "first (SCHED_FIFO, where it is allowed, as for root), and the flood's yields to everyone (SCHED_IDLE), so that "
            "the wait for the server is measured, not that for a core."
        ),
        unit="ms",
        more_is_better=False,
        contenders=(
            contenders.one_process(_flooded, loops, key="flooded", label="Hookwire, beside the flood"),
            contenders.one_process(_quiet, loops, key="quiet", label="Hookwire, without it"),
        ),
        comparisons=(Comparison("flooded", "quiet", Goal(at_most=3)),),
    )
