"""Writes the document and its plots from the kept results."""

import collections
import re
import textwrap

from . import plot
from .rounds import figure

HEAD = """\
# Performance

Hookwire beside other relays: all contenders of a scenario in the same minutes on one machine, loaded by the same
generator, `hookwire bench`. It runs on the same cores as what it measures, and so does Redis: the ratios count, and the
figures by themselves say as much about the machine and what else ran on its host. `script/bench` measures all of it again
and writes this page; with the names of scenarios it writes their sections anew, and leaves the others.

The goals were set from a prototype without time limits, bounded queues, a reading of the bodies and, in one process, a
search for duplicates. What misses one says **no**.

## How

A scenario runs in rounds. In each round every contender gets a fresh server process, and a fresh Redis where it uses
one, and in every other round the order is reversed. A table has the median of the rounds, with the smallest and the
largest in brackets, and a ratio is taken round by round. Where the table at the end of a section names several
configurations, all of them were measured in every round, and each side is represented by the one with the best median.

Every event has an id, and every socket is checked for events that are lost, double, out of order or altered, during the
warm-up too: that is the column "failures", of all runs of both configurations that a line compares. Events are signed
before a run begins. Hookwire logs warnings only; nginx writes no access log and ends no connection by the number of its
requests; Redis writes nothing to disk.

"CPU µs/event" is the user and system time of all processes of the server, Redis among them, for an event that was
accepted. "Generator full" counts the runs in which the generator had no idle time, so that the server may do more.
"Sent late by" is how long after its time an event was sent, for want of a free connection or of a processor; it is part
of the latencies.
"""

# With it, a 99th percentile can be told from what the machine does by itself.
LATENESS = "a sleep of 2 ms before a scenario ends late by, p99"


def write(output, titles, all_results, context):
    """The page at `output`, and its plots in a folder of the same name beside it.

    It has a section for each of `titles` that was measured, in that order. One of which there are no results here stays
    as it is: a fresh clone has none, and what it does not measure is not to be lost.
    """
    plots = output.with_suffix("")
    plots.mkdir(parents=True, exist_ok=True)
    sections = _sections(output)
    measured = {results.scenario.title for results in all_results}
    is_mixed = any(title in sections for title in titles if title not in measured)
    for results in all_results:
        name = results.scenario.name
        (plots / f"{name}.svg").write_text(_plot(results))
        sections[results.scenario.title] = "\n".join(_section(results, f"{plots.name}/{name}.svg"))
    parts = [HEAD, *_surroundings(all_results, context, is_mixed)]
    parts += [sections[title] for title in titles if title in sections]
    output.write_text("\n".join(parts))


def _sections(output):
    """The sections that a page has, by their titles."""
    if not output.exists():
        return {}
    parts = re.split(r"^(?=## )", output.read_text(), flags=re.MULTILINE)[1:]
    return {part.partition("\n")[0].removeprefix("## "): part.rstrip("\n") + "\n" for part in parts}


def _surroundings(all_results, context, is_mixed):
    dates = sorted(results.outcome["started"][:10] for results in all_results)
    loads = [results.outcome["load average before"] for results in all_results]
    late = [results.outcome["lateness before"] for results in all_results if "lateness before" in results.outcome]
    counts = sorted({results.outcome["runs"] for results in all_results})
    rounds = " or ".join(str(count) for count in counts)
    facts = {
        "date": dates[0] if dates[0] == dates[-1] else f"{dates[0]} to {dates[-1]}",
        "rounds": rounds + ("" if counts[0] >= 5 else ": fewer than five, for a look only"),
        **context["machine"],
        "load average before a scenario": f"{min(loads):.2f} to {max(loads):.2f}",
        **({LATENESS: f"{figure(min(late) * 1000)} to {figure(max(late) * 1000)} ms"} if late else {}),
        **context["versions"],
    }
    yield "## Machine and versions\n\n| | |\n|---|---|"
    yield "\n".join(f"| {name} | {text} |" for name, text in facts.items()) + "\n"
    if is_mixed or len({str(results.outcome.get("versions")) for results in all_results}) > 1:
        yield "Not all scenarios were measured at the same time and with the same versions; these are the latest.\n"


def _section(results, image):
    scenario = results.scenario
    yield f"## {scenario.title}\n\n{textwrap.fill(scenario.text, 120)}\n"
    yield textwrap.fill(_occasion(results.outcome), 120) + "\n"
    yield f"![{scenario.title}: bars of the medians]({image})\n"
    yield f"| ours, {scenario.unit} | compared with | ratio | goal | reached | failures |\n|---|---|---|---|---|---|"
    rows = list(results.rows())
    yield "\n".join(_row(row) for row in rows) + "\n"
    notes = list(_notes(results, rows))
    if notes:
        yield textwrap.fill(" ".join(notes), 120) + "\n"
    yield from _all_configurations(results)


def _occasion(outcome):
    """When, how often and with what a scenario was measured."""
    text = f"Measured on {outcome['started'][:10]} in {outcome['runs']} rounds"
    for name, words in (("Hookwire", "Hookwire {}"), ("system", "{}")):
        value = {**outcome.get("machine", {}), **outcome.get("versions", {})}.get(name)
        text += f", {words.format(value)}" if value else ""
    text += f"; load average before {outcome['load average before']:.2f}"
    late = outcome.get("lateness before")
    return text + (f", a sleep of 2 ms ended late by {figure(late * 1000)} ms at p99." if late is not None else ".")


def _row(row):
    goal = "" if row.goal is None else f"{row.goal.words} {_bound(row.goal.bound)}{' ×' if row.ratio else ''}"
    reached = {None: "", True: "yes", False: "**no**"}[row.is_reached]
    other = f"{row.other.name}: {_spread(row.other.spread)}" if row.other else ""
    ratio = f"{_spread(row.ratio, ' ×')}" if row.ratio else ""
    failures = "; ".join(filter(None, (_failures(row.ours), row.other and _failures(row.other)))) or "none"
    return f"| {row.ours.name}: {_spread(row.ours.spread)} | {other} | {ratio} | {goal} | {reached} | {failures} |"


def _spread(spread, unit=""):
    return f"{figure(spread.median)}{unit} [{figure(spread.minimum)}–{figure(spread.maximum)}]"


def _bound(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:g}"


def _failures(series):
    """What failed in a series, of each kind how much and in how many runs; nothing where nothing did."""
    amounts, runs = collections.Counter(), collections.Counter()
    for sample in series.failed:
        for failure in sample["failures"]:
            # Each begins with its number, as the generator writes it.
            amount, kind = re.fullmatch(r"(\d*) ?(.+)", failure).groups()
            amounts[kind] += int(amount or 1)
            runs[kind] += 1
    total = len(series.samples)
    text = ", ".join(f"{amounts[kind]:,} {kind} in {count} of {total} runs" for kind, count in runs.items())
    return f"{series.name}: {text}" if text else ""


def _notes(results, rows):
    named = {id(series): series for row in rows for series in (row.ours, row.other) if series}
    for series in named.values():
        if series.full_runs:
            yield (
                f"The generator was busy all the time in {series.full_runs} of {len(series.samples)} runs of "
                f"{series.name}: the server can do more than the figure says."
            )


def _all_configurations(results):
    """Every configuration with the figures beside the main one."""
    names = []
    for series in results.series:
        for sample in series.samples:
            names += [name for name in sample["details"] if name not in (*names, "generator full")]
    yield f"| configuration | {results.scenario.unit} | {' | '.join([*names, 'generator full'])} | runs with failures |"
    yield "|" + "---|" * (len(names) + 4)
    for series in results.series:
        values = [series.detail(name) for name in names]
        cells = ["" if value is None else figure(value) for value in values]
        total = len(series.samples)
        cells += [f"{series.full_runs} of {total}", f"{len(series.failed)} of {total}"]
        yield f"| {series.name} | {_spread(series.spread)} | {' | '.join(cells)} |"
    yield ""


def _plot(results):
    scenario = results.scenario
    bars = []
    for contender in scenario.contenders:
        series = results.best(contender.key)
        spread = series.spread
        bars.append(
            plot.Bar(
                series.name, figure(spread.median), spread.median, spread.minimum, spread.maximum, contender.is_ours
            )
        )
    return plot.bars(scenario.title, scenario.unit, bars, figure, _goal_line(results))


def _goal_line(results):
    """Where our bar should end: at a limit, or at the peer's median times the ratio."""
    for row in results.rows():
        if row.goal is None:
            continue
        bound = row.goal.bound * (row.other.spread.median if row.other else 1)
        suffix = f" {_bound(row.goal.bound)} ×" if row.ratio else ""
        return bound, f"goal: {row.goal.words}{suffix or ' ' + _bound(bound)}"
    return None
