"""Whether an event costs more where there are more bots, or more sockets that have nothing to do with it."""

import resource

from .. import contenders
from ..generator import wait_for
from ..samples import cpu_per_event, sample
from ..scenario import Comparison, Goal, Scenario
from ..servers.process import descriptor_count, settled_descriptors
from ..settings import sizes_within


def _with_secrets(secrets):
    def measure(context, target):
        chosen = context.settings
        report = context.generator.fixed_rate(
            target, chosen.growth_rate, chosen.growth_duration, secrets, chosen.growth_warm_up
        )
        return sample(cpu_per_event(report), report)

    return measure


def _with_secrets_in_closed_loop(secrets):
    def measure(context, target):
        report = context.generator.closed_loop(target, context.settings.growth_events, secrets)
        return sample(cpu_per_event(report), report)

    return measure


def _with_idle(sockets):
    def measure(context, target):
        chosen = context.settings
        secrets = min(10, sockets)
        before = settled_descriptors(target.socket_holder)
        with context.generator.hold(target, secrets, sockets // secrets) as process:
            wanted = before + sockets // secrets * secrets
            wait_for(
                lambda: descriptor_count(target.socket_holder) >= wanted, process, f"{sockets} sockets do not open"
            )
            report = context.generator.closed_loop(target, chosen.growth_events, chosen.secrets)
            lost = wanted - descriptor_count(target.socket_holder)
            failures = [f"{lost} idle sockets ended early"] if lost > 0 else []
        return sample(cpu_per_event(report), report, failures=failures)

    return measure


def scenarios(settings):
    descriptors = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    full_logs = f"Logs retain {settings.growth_flags[-1]} events a bot, so that they are full in both."
    loops = contenders.count(settings.plain_event_loops, "event loop")
    used = f"User and system time of one process with {loops} for an event"

    def sized(sizes, what, measure, prefix="", note=""):
        """The smaller and the larger size as contenders."""
        return tuple(
            contenders.one_process(
                measure(size),
                (settings.plain_event_loops,),
                *settings.growth_flags,
                key=prefix + key,
                label=f"Hookwire, {contenders.count(size, what)}{note}",
            )
            for key, size in zip(("small", "large"), sizes, strict=True)
        )

    def title(sizes, what):
        return f"Growth: CPU an event, from {contenders.count(sizes[0], what)} to {contenders.count(sizes[1], what)}"

    secrets = sizes_within(settings.growth_secrets, descriptors)
    yield Scenario(
        name="growth-secrets",
        title=title(secrets, "bot"),
        text=(
            f"{used}, where each bot has one socket. The goal is for {settings.growth_rate:,} events a second, where "
            "nearly every event is a write of its own. In a closed loop, the events of few bots can share writes, and "
            f"those of many cannot. {full_logs}"
        ),
        unit="µs an event",
        more_is_better=False,
        contenders=(
            *sized(secrets, "bot", _with_secrets),
            *sized(secrets, "bot", _with_secrets_in_closed_loop, "loop-", ", closed loop"),
        ),
        comparisons=(Comparison("large", "small", Goal(at_most=1.2)), Comparison("loop-large", "loop-small")),
    )
    sockets = sizes_within(settings.growth_sockets, descriptors)
    yield Scenario(
        name="growth-idle-sockets",
        title=title(sockets, "idle socket"),
        text=(
            f"{used}, of {settings.growth_events:,} for {settings.secrets} bots over {settings.connections} "
            "connections in a closed loop, while another generator holds so many idle sockets, which are pinged as "
            f"usual. {full_logs}"
        ),
        unit="µs an event",
        more_is_better=False,
        contenders=sized(sockets, "idle socket", _with_idle),
        comparisons=(Comparison("large", "small", Goal(at_most=1.2)),),
    )
