"""Whether an event costs more where there are more bots, or more sockets that have nothing to do with it."""

import resource

from .. import contenders
from ..generator import wait_for
from ..samples import cpu_per_event, sample
from ..scenario import Comparison, Goal, Scenario
from ..servers.process import descriptor_count
from ..settings import sizes_within


def _with_secrets(secrets):
    def measure(context, target):
        report = context.generator.closed_loop(target, context.settings.growth_events, secrets)
        return sample(cpu_per_event(report), report)

    return measure


def _with_idle(sockets):
    def measure(context, target):
        chosen = context.settings
        secrets = min(10, sockets)
        before = descriptor_count(target.socket_holder)
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
    load = (
        f"User and system time of one process with {contenders.count(settings.plain_event_loops, 'event loop')} for each "
        f"of {settings.growth_events:,} events, {settings.connections} connections in a closed loop"
    )
    full_logs = f"Logs retain {settings.growth_flags[-1]} events a bot, so that they are full in both."
    for name, what, text, sizes, measure in (
        (
            "growth-secrets", "bot",
            f"{load}, spread over so many bots with a socket each. {full_logs}",
            settings.growth_secrets, _with_secrets,
        ),
        (
            "growth-idle-sockets", "idle socket",
            f"{load} for {settings.secrets} bots, while another generator holds so many idle sockets, which are pinged "
            f"as usual. {full_logs}",
            settings.growth_sockets, _with_idle,
        ),
    ):  # fmt: skip
        sizes = sizes_within(sizes, descriptors)
        keys = ("small", "large")
        yield Scenario(
            name=name,
            title=f"Growth: CPU an event, from {contenders.count(sizes[0], what)} to {contenders.count(sizes[1], what)}",
            text=text,
            unit="µs an event",
            more_is_better=False,
            contenders=tuple(
                contenders.one_process(
                    measure(size),
                    (settings.plain_event_loops,),
                    *settings.growth_flags,
                    key=key,
                    label=f"Hookwire, {contenders.count(size, what)}",
                )
                for key, size in zip(keys, sizes, strict=True)
            ),
            comparisons=(Comparison("large", "small", Goal(at_most=1.2)),),
        )
