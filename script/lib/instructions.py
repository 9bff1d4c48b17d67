"""Holds the instructions of a relayed event against the budget.

Usage: instructions.py FOLDER FEWER MORE BUDGET [--top N]

FOLDER/FEWER-02 and FOLDER/MORE-02 are what callgrind wrote of the event loop's thread, the second that the process
starts. Exit code: 0 within the budget, 1 beyond it, 2 where nothing could be counted.
"""

import argparse
import collections
import pathlib
import re
import subprocess
import sys

# What runs besides our binary picks its code by the processor, so that its counts differ between machines.
SYSTEM = re.compile(r"/(libcrypto|libssl|libc|libm|libstdc\+\+|libgcc_s|ld-linux[^/]*|libz)[.-]")
# A budget this much above what is counted is no budget.
SLACK = 0.10


def self_costs(path):
    """The instructions of each function, calls left out; those of the system's libraries under one name."""
    names, objects = {}, {}
    costs = collections.Counter()
    function = library = None
    is_call = False

    def resolve(table, text):
        number, _, name = text.partition(" ")
        if name:
            table[number] = name
        return table[number]

    with open(path) as lines:
        for line in lines:
            if line.startswith("ob="):
                library = resolve(objects, line[3:].strip())
            elif line.startswith("cob="):
                resolve(objects, line[4:].strip())
            elif line.startswith("fn="):
                function = resolve(names, line[3:].strip())
            elif line.startswith("cfn="):
                resolve(names, line[4:].strip())
            elif line.startswith("calls="):
                is_call = True
            elif line[:1] in "0123456789+-*" and " " in line:
                if not is_call:
                    name = "(system libraries)" if SYSTEM.search(library or "") else function
                    costs[name] += int(line.split()[1])
                is_call = False
    return costs


def demangled(names):
    try:
        result = subprocess.run(
            ["swift", "demangle", "--simplified"], input="\n".join(names), capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return names
    return result.stdout.splitlines()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("fewer", type=int)
    parser.add_argument("more", type=int)
    parser.add_argument("budget", type=pathlib.Path)
    parser.add_argument("--top", type=int, default=0)
    arguments = parser.parse_args()
    try:
        before = self_costs(arguments.folder / f"{arguments.fewer}-02")
        after = self_costs(arguments.folder / f"{arguments.more}-02")
        budget = int(re.search(r"^\d+$", arguments.budget.read_text(), re.MULTILINE)[0])
    except (OSError, TypeError, KeyError, ValueError) as error:
        print(f"Nothing could be counted: {error!r}", file=sys.stderr)
        return 2
    events = arguments.more - arguments.fewer
    costs = {name: (after[name] - before[name]) / events for name in after}
    system = costs.pop("(system libraries)", 0)
    total = round(sum(costs.values()))
    if total <= 0:
        print("Nothing could be counted: the event loop's thread did nothing", file=sys.stderr)
        return 2
    if arguments.top:
        names = sorted(costs, key=costs.get, reverse=True)[: arguments.top]
        for name, text in zip(names, demangled(names), strict=True):
            print(f"{costs[name]:8.0f}  {text}")
    print(f"{total} instructions an event of ours, and {system:.0f} of the system's libraries; the budget is {budget}.")
    if total > budget:
        print(
            f"That is {total / budget - 1:.1%} over the budget. script/instructions --top 40 shows where they go; where "
            f"they are worth it, raise {arguments.budget}.",
            file=sys.stderr,
        )
        return 1
    if total < budget * (1 - SLACK):
        print(f"That is {1 - total / budget:.1%} below the budget: lower {arguments.budget}.")
    return 0


sys.exit(main())
