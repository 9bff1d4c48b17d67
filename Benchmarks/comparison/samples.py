"""Reads the generator's reports into samples."""

from .scenario import Sample


def sample(value, *reports, failures=(), **details):
    """A sample with what every report says beside its figure."""
    problems = [*failures, *(problem for report in reports for problem in report["problems"])]
    last = reports[-1] if reports else None
    if last:
        details["generator full"] = last["generatorIsFull"]
        load = last.get("load")
        if load:
            for name in ("p50", "p99"):
                details[f"{name} ms"] = (load.get("endToEnd") or {}).get(name)
            details["CPU µs/event"] = cpu_per_event(last)
            details["generator's cores"] = last["generator"]["cores"]
        resident = [one.get("residentBytes") or 0 for one in last["processes"] if one["name"] != "redis"]
        details["RSS without Redis, MiB"] = sum(resident) / 2**20
    return Sample(value, problems, details, list(reports))


def cpu_per_event(report):
    """Microseconds of user and system time, of all of the server's processes."""
    return sum(
        (process.get("userMicrosecondsPerEvent") or 0) + (process.get("systemMicrosecondsPerEvent") or 0)
        for process in report["processes"]
    )


def events_per_second(report):
    """Events that were both accepted and delivered."""
    return min(report["load"]["acceptedPerSecond"], report["load"]["deliveredPerSecond"])


def end_to_end(report, percentile):
    """A latency in milliseconds; where nothing was delivered, the minute at which the generator stops to count."""
    return (report["load"].get("endToEnd") or {}).get(percentile, 60_000.0)
