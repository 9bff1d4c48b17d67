"""The relays that scenarios measure, each in the configurations that are asked for."""

from .scenario import Configuration, Contender
from .servers import hookwire, nchan, seed


def count(number, thing):
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"


def one_process(measure, loops, *flags, key="hookwire", label="Hookwire, one process"):
    return Contender(key, label, True, tuple(
        Configuration(
            count(number, "event loop"),
            lambda context, number=number: hookwire.one_process(context.binary, context.folder, number, *flags),
        )
        for number in loops
    ), measure)  # fmt: skip


def two_tiers(measure, loops, *ingress_flags):
    return Contender("hookwire", "Hookwire, two tiers on Redis", True, tuple(
        Configuration(
            count(number, "event loop") + " a tier",
            lambda context, number=number: hookwire.two_tiers(
                context.binary, context.folder, number, *ingress_flags
            ),
        )
        for number in loops
    ), measure)  # fmt: skip


def nchan_in_memory(measure, workers):
    return _nchan("nchan in memory", measure, workers, on_redis=False)


def nchan_on_redis(measure, workers):
    return _nchan("nchan on Redis", measure, workers, on_redis=True)


def _nchan(label, measure, workers, on_redis):
    return Contender("nchan", label, False, tuple(
        Configuration(
            count(number, "worker"),
            lambda context, number=number: nchan.nchan(context.folder, number, on_redis),
        )
        for number in workers
    ), measure)  # fmt: skip


def fastapi(measure):
    return Contender("seed", "FastAPI relay", False, (
        Configuration("plain", lambda context: seed.seed(context.folder)),
    ), measure)  # fmt: skip


def fastapi_with_uvloop(measure):
    return Contender("seed-uvloop", "FastAPI relay", False, (
        Configuration("uvloop and httptools", lambda context: seed.seed(context.folder, fast=True)),
    ), measure)  # fmt: skip
