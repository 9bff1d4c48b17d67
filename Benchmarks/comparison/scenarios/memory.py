"""What an idle socket costs in memory."""

import resource

from .. import contenders
from ..samples import sample
from ..scenario import Comparison, Goal, Limit, Scenario
from ..settings import sizes_within


def _measure(secrets, sockets):
    def measure(context, target):
        report = context.generator.idle(target, secrets, sockets, context.settings.idle_hold)
        grown = sum(process.get("residentBytesPerSocket") or 0 for process in report["processes"])
        return sample(grown, report)

    return measure


def scenarios(settings):
    (total,) = sizes_within((settings.idle_sockets,), resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    text = (
        "The growth of the server's resident memory from before the sockets were opened until they had been held "
        f"for {settings.idle_hold:g} s, divided by their number. Hookwire pinged every socket once in that time; "
        "nchan's pings are off, as they are by default. The kernel's own memory is not in it."
    )
    for name, secrets, limit in (("ten-channels", 10, 3_000), ("own-channels", total, 4_000)):
        sockets = total // secrets
        layout = (
            f"{secrets * sockets:,} raw sockets, one for each of as many bots"
            if sockets == 1 else f"{secrets * sockets:,} raw sockets of {secrets} bots"
        )  # fmt: skip
        measure = _measure(secrets, sockets)
        yield Scenario(
            name=f"memory-{name}",
            title=f"Memory of an idle socket: {layout}",
            text=text,
            unit="bytes a socket",
            more_is_better=False,
            contenders=(
                contenders.one_process(measure, (settings.plain_event_loops,), *settings.idle_flags),
                contenders.nchan_in_memory(measure, (settings.plain_nchan_workers,)),
                contenders.fastapi(measure),
            ),
            comparisons=(Comparison("hookwire", "nchan"), Comparison("hookwire", "seed")),
            limits=(Limit("hookwire", Goal(at_most=limit)),),
        )
