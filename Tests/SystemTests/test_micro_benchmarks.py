"""The micro-benchmarks run: every one of them gives right results, and is told as people and programs read it. No times are
judged."""

import json
import subprocess

import pytest

from relay import BINARY, REPOSITORY

PROGRAM = BINARY.with_name("micro-benchmarks")
SUBJECTS = {"signature", "resp", "fan-out", "frame", "http"}


@pytest.fixture(autouse=True)
def built():
    # The whole package is built for these tests, unless the binary comes from somewhere else.
    if not PROGRAM.exists() and BINARY.parent != REPOSITORY / ".build/debug":
        pytest.skip(f"HOOKWIRE_BINARY has no {PROGRAM.name} beside it")


def run(*arguments):
    return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=60)


def names():
    return run("--list").stdout.splitlines()


def test_all_of_them():
    """All that are listed are measured, and those that are held against another have a ratio."""
    done = run("--quick", "--json")
    assert done.returncode == 0, done.stderr
    measured = json.loads(done.stdout)
    assert [each["name"] for each in measured] == names()
    assert {name.split("/")[0] for name in names()} == SUBJECTS
    medians = {each["name"]: each["median"] for each in measured}
    for each in measured:
        assert 0 < each["min"] <= each["median"] <= each["max"]
        assert ("against" in each) == ("ratio" in each)
        if "against" in each:
            assert each["ratio"] == pytest.approx(each["median"] / medians[each["against"]])


def test_table():
    """A row a benchmark, below the heads of the columns."""
    done = run("--quick")
    assert done.returncode == 0, done.stderr
    head, *rows = done.stdout.splitlines()
    assert head.split() == ["ns", "per", "operation", "median", "min", "max", "ratio"]
    assert [row.split()[0] for row in rows] == names()


def test_filter():
    """Part of a name chooses; a part that no name has is an error."""
    assert run("--list", "--filter", "http/plain").stdout.split() == ["http/plain-reader", "http/nio-decoder"]
    done = run("--filter", "no such")
    assert done.returncode == 64 and "--list" in done.stderr


def test_script():
    """The script says what it does, and takes nothing else."""
    script = REPOSITORY / "script/micro-benchmarks"
    done = subprocess.run([script, "--help"], capture_output=True, text=True)
    assert done.returncode == 0
    for flag in ("--filter", "--quick", "--json", "--list"):
        assert flag in done.stdout and flag in run("--help").stdout
    assert subprocess.run([script, "--unknown"], capture_output=True).returncode == 2
