"""How many sockets one egress process holds within 1 GiB, from what it takes at three sizes."""

import contextlib
import resource
import time

from .. import contenders
from ..errors import BenchError
from ..generator import wait_for
from ..samples import sample
from ..scenario import Configuration, Contender, Goal, Limit, Scenario
from ..servers import hookwire
from ..servers.process import descriptor_count, resident_bytes, settled_descriptors
from ..servers.redis import redis
from ..servers.target import Target
from ..settings import sizes_within

GIBIBYTE = 2**30


def line_through(points):
    """Intercept and slope of the straight line with the smallest squares."""
    count = len(points)
    mean_x = sum(x for x, _ in points) / count
    mean_y = sum(y for _, y in points) / count
    slope = sum((x - mean_x) * (y - mean_y) for x, y in points) / sum((x - mean_x) ** 2 for x, _ in points)
    return mean_y - slope * mean_x, slope


def _sizes(settings):
    return sizes_within(settings.capacity_sockets, resource.getrlimit(resource.RLIMIT_NOFILE)[0])


def _measure(context, target):
    """Opens more and more sockets on one server, each step by a generator of its own."""
    pid = target.socket_holder
    points = []
    with contextlib.ExitStack() as stack:
        before, opened = settled_descriptors(pid), 0
        for size in _sizes(context.settings):
            step = (size - opened) // 10 * 10
            process = stack.enter_context(context.generator.hold(target, secrets=10, sockets=step // 10))
            opened += step
            wait_for(
                lambda wanted=before + opened: descriptor_count(pid) >= wanted, process, f"{opened} sockets do not open"
            )
            time.sleep(context.settings.idle_hold)
            held = descriptor_count(pid) - before
            if held < opened:
                raise BenchError(f"only {held} of {opened} sockets are still open")
            points.append((opened, resident_bytes(pid)))
    start, slope = line_through(points)
    details = {f"{size:,} sockets, MiB": memory / 2**20 for size, memory in points}
    return sample((GIBIBYTE - start) / slope, **details, **{"bytes a socket": slope})


@contextlib.contextmanager
def _egress(context, loops):
    with redis(context.folder) as store:
        flags = ("--redis-url", f"redis://127.0.0.1:{store.port}/0", *context.settings.idle_flags)
        with hookwire.node(context.binary, "egress", context.folder, loops, *flags) as (server, port):
            socket = f"ws://127.0.0.1:{port}/ws?secret={{secret}}"
            # Nothing is posted, and the generator wants an address for it nevertheless.
            yield Target(f"http://127.0.0.1:{port}/", socket, True, {"egress": server.pid, "redis": store.pid})


def scenarios(settings):
    sizes = ", ".join(f"{size:,}" for size in _sizes(settings))
    loops = settings.plain_event_loops
    configuration = Configuration(contenders.count(loops, "event loop"), lambda context: _egress(context, loops))
    yield Scenario(
        name="capacity",
        title="Sockets within 1 GiB, by extrapolation",
        text=(
            f"The resident memory of one egress process, and of one worker of nginx with nchan in memory, with {sizes} "
            "idle sockets of 10 to 30 bots, and from there by a straight line to 1 GiB: descriptors are limited here. "
            "Centrifugo has published 39,800 for its defaults."
        ),
        unit="sockets",
        more_is_better=True,
        contenders=(
            Contender("hookwire", "Hookwire egress", True, (configuration,), _measure),
            contenders.nchan_in_memory(_measure, (settings.plain_nchan_workers,)),
        ),
        comparisons=(),
        limits=(Limit("hookwire", Goal(at_least=250_000)),),
    )
