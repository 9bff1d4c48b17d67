"""How many new sockets a second are taken."""

import resource

from .. import contenders
from ..samples import sample
from ..scenario import Comparison, Goal, Scenario
from ..settings import sizes_within


def _measure(total):
    def measure(context, target):
        report = context.generator.idle(target, secrets=10, sockets=total // 10, hold=0.5)
        return sample(report["sockets"]["handshakesPerSecond"], report)

    return measure


def scenarios(settings):
    (total,) = sizes_within((settings.idle_sockets,), resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    measure = _measure(total)
    yield Scenario(
        name="connecting",
        title="New sockets a second",
        text=(
            f"{total // 10 * 10:,} sockets of 10 bots are opened, 64 handshakes at a time, by "
            f"{contenders.count(settings.generator_threads, 'thread')} of the generator, which needs about as much CPU "
            "for a handshake as a server: neither side can be faster than it."
        ),
        unit="sockets/s",
        more_is_better=True,
        contenders=(
            contenders.one_process(measure, settings.event_loops),
            contenders.nchan_in_memory(measure, settings.nchan_workers),
        ),
        comparisons=(Comparison("hookwire", "nchan", Goal(at_least=1)),),
    )
