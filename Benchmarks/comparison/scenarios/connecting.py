"""How many new sockets a second are taken."""

import resource

from .. import contenders
from ..samples import sample
from ..scenario import Comparison, Goal, Scenario
from ..servers.process import cpu_seconds
from ..settings import sizes_within


def _used(target):
    return sum(cpu_seconds(pid) for pid in target.processes.values())


def _used_by_children():
    """By the children that have ended, which in between is the generator."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _measure(total):
    def measure(context, target):
        before, generator_before = _used(target), _used_by_children()
        report = context.generator.idle(target, secrets=10, sockets=total // 10, hold=0.5)
        opened = report["sockets"]["opened"]
        return sample(
            report["sockets"]["handshakesPerSecond"],
            report,
            **{
                "server's CPU, µs a socket": (_used(target) - before) / opened * 1e6,
                "generator's CPU, µs a socket": (_used_by_children() - generator_before) / opened * 1e6,
            },
        )

    return measure


def scenarios(settings):
    (total,) = sizes_within((settings.idle_sockets,), resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    measure = _measure(total)
    yield Scenario(
        name="connecting",
        title="New sockets a second",
        text=(
            f"{total // 10 * 10:,} sockets of 10 bots are opened, 64 handshakes at a time, by "
            f"{contenders.count(settings.generator_threads, 'thread')} of the generator. Neither side can be faster "
            "than the generator, whose own time for a socket, its start and its end included, is in the last table."
        ),
        unit="sockets/s",
        more_is_better=True,
        contenders=(
            contenders.one_process(measure, settings.event_loops),
            contenders.nchan_in_memory(measure, settings.nchan_workers),
        ),
        comparisons=(Comparison("hookwire", "nchan", Goal(at_least=1)),),
    )
