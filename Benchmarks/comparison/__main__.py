"""The command line of `script/bench`."""

import argparse
import dataclasses
import json
import os
import pathlib
import resource
import signal
import sys

from . import document, machine, results, rounds
from .errors import BenchError
from .generator import Generator
from .output import complain, say
from .scenarios import all_scenarios
from .settings import FULL, QUICK, Settings
from .wakefulness import kept_awake

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]


def from_the_caller(text):
    """A path as whoever called the script means it, which runs in the repository's folder."""
    return pathlib.Path(os.environ.get("CALLED_FROM", ".")) / text


def arguments():
    parser = argparse.ArgumentParser(prog="script/bench", add_help=False, allow_abbrev=False)
    parser.add_argument("scenarios", nargs="*", metavar="scenario")
    parser.add_argument("--runs", type=int)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--binary", type=from_the_caller)
    parser.add_argument("--output", type=from_the_caller)
    parser.add_argument("--render", action="store_true")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--list", action="store_true")
    chosen = parser.parse_args()
    if chosen.runs is not None and chosen.runs < 1:
        parser.error("--runs must be at least 1")
    return chosen


def main():
    chosen = arguments()
    # Servers, generators and nginx's workers inherit it.
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))

    settings = QUICK if chosen.quick else FULL
    folder = REPOSITORY / ".build/bench" / ("quick" if chosen.quick else "")
    output = chosen.output or (folder if chosen.quick else REPOSITORY / "docs") / "performance.md"
    known = all_scenarios(settings)
    if chosen.list:
        for scenario in known.values():
            print(f"{scenario.name:24} {scenario.title}")
        return 0
    unknown = [name for name in chosen.scenarios if name not in known]
    if unknown:
        raise BenchError(f"There is no scenario {', '.join(unknown)}. script/bench --list names all.")
    wanted = {name: known[name] for name in known if not chosen.scenarios or name in chosen.scenarios}

    broken = []
    if not chosen.render:
        with kept_awake() as is_awake:
            broken = measure(wanted, settings, folder, chosen, is_awake)
    return write(folder, output, settings, wanted, broken, named=chosen.scenarios, check=chosen.check)


def measure(wanted, settings, folder, chosen, is_awake):
    """Measures and keeps what came out. A scenario that breaks down does not keep others from being measured."""
    binary = (chosen.binary or REPOSITORY / ".build/release/hookwire").absolute()
    if not (binary.is_file() and os.access(binary, os.X_OK)):
        raise BenchError(f"{binary} is no program. Build it with script/build, or name another with --binary.")
    surroundings = {
        "machine": machine.machine() | {"idle processors": "kept from halting" if is_awake else "may halt"},
        "settings": dataclasses.asdict(settings),
    }
    broken = []
    for scenario in wanted.values():
        try:
            outcome = rounds.run(
                scenario,
                chosen.runs or (1 if chosen.quick else 5),
                binary=binary,
                settings=settings,
                generator=Generator(binary, settings),
            )
        except BenchError as error:
            complain(f"{scenario.name}: {error}")
            broken.append(scenario.name)
            continue
        # Asked for only now, because a scenario may install a peer.
        outcome |= surroundings | {"versions": machine.versions(binary, REPOSITORY, built_here=chosen.binary is None)}
        results.keep(folder, outcome)
    return broken


def write(folder, output, settings, wanted, broken, named, check):
    """Writes the document from all that is kept, and says what is wrong with what was asked for."""
    known = all_scenarios(kept_settings(folder) or settings)
    kept = list(results.load(folder, known))
    if not kept and broken:
        raise BenchError(f"Could not be measured: {', '.join(broken)}")
    if not kept:
        raise BenchError(f"There are no results in {folder}: measure without --render first, with --quick or without.")
    latest = max(kept, key=lambda one: one.outcome["started"]).outcome
    output.parent.mkdir(parents=True, exist_ok=True)
    document.write(output, [scenario.title for scenario in known.values()], kept, latest)
    say(f"Wrote {output}")

    asked = [one for one in kept if one.scenario.name in wanted]
    absent = sorted(set(named) - {one.scenario.name for one in asked} - set(broken))
    if absent:
        raise BenchError(f"There are no results of {', '.join(absent)}: run script/bench {' '.join(absent)} first.")
    failures = [failure for one in asked for failure in one.our_failures()]
    missed = [one.scenario.name for one in asked if one.missed() and one.scenario.name not in broken]
    for failure in failures:
        complain(failure)
    if broken:
        complain(f"Could not be measured: {', '.join(broken)}")
    if missed:
        (complain if check else say)(f"Goals missed: {', '.join(missed)}")
    return 1 if failures or broken or (check and missed) else 0


def kept_settings(folder):
    """The settings with which the latest results were made: titles and texts follow from them."""
    files = sorted(folder.glob("*.json"), key=lambda path: path.stat().st_mtime)
    if not files:
        return None
    kept = json.loads(files[-1].read_text())["settings"]
    names = {field.name for field in dataclasses.fields(Settings)}
    values = {name: tuple(value) if isinstance(value, list) else value for name, value in kept.items() if name in names}
    return Settings(**values)


def terminated(*_):
    raise KeyboardInterrupt


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, terminated)
    try:
        code = main()
    except BenchError as error:
        complain(str(error))
        code = 1
    except KeyboardInterrupt:
        complain("Interrupted; every process that was started has been ended.")
        code = 130
    sys.exit(code)
