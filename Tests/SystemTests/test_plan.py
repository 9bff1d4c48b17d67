"""`script/plan`: what it says of nodes, Redis and memory."""

import json
import pathlib
import subprocess

PLAN = pathlib.Path(__file__).parents[2] / "script/plan"


def run(*arguments):
    return subprocess.run([PLAN, *map(str, arguments)], capture_output=True, text=True, timeout=60)


def plans(*arguments):
    done = run("--json", *arguments)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_three_sizes():
    """Ten thousand sockets are two small nodes of a tier and a Redis; a hundred million are more than 128 Redis can hold,
    and it says so rather than to count on."""
    small, middle, large = plans()
    assert (small["ingress_nodes"], small["egress_nodes"], small["redis"]) == (2, 2, 1)
    assert small["limits"] == middle["limits"] == []
    assert small["egress_nodes"] <= middle["egress_nodes"] < large["egress_nodes"]
    assert small["redis"] < middle["redis"] < large["redis"] <= 128
    assert any("128 partitions" in limit for limit in large["limits"])
    text = run().stdout
    assert "100,000,000" in text and "used up first" in text


def test_what_is_asked_counts():
    """More sockets, events or retention never need less; a dearer cost needs more; less room for a registry is a limit."""
    def needs(*arguments):
        (plan,) = plans("--sockets", 2_000_000, *arguments)
        return plan["ingress_nodes"] + plan["egress_nodes"] + plan["redis"]

    assert needs("--events-per-hour", 2_000) > needs()
    assert needs("--retention", 24) > needs("--retention", 1)
    assert needs("--cost", "socket=20000") > needs()
    assert needs("--cost", "redis_check=0") <= needs()
    (plan,) = plans("--sockets", 50_000_000, "--registered")
    assert any("registry" in limit for limit in plan["limits"])


def test_refuses_nonsense():
    """What cannot be meant is named."""
    for arguments, words in [
        (["--sockets", "0"], "at least 1"),
        (["--cost", "sockets=3"], "no such cost"),
        (["--cost", "socket=many"], "must be a number"),
        (["--load", "2"], "--load"),
        (["--events-per-hour", "many"], "no number to count with"),
        (["--events-per-hour", "1e308"], "too large"),
        (["--retention", "-1"], "cannot be negative"),
        (["--cost", "socket=-1"], "cannot be negative"),
        (["--cost", "egress_open=0"], "too small"),
    ]:
        check_refused(arguments, words)


def test_refuses_what_is_no_number():
    """Python's float takes nan and inf, with which nothing can be counted."""
    for value in ("nan", "inf", "-inf"):
        for flag in ("--events-per-hour", "--retention", "--memory", "--redis-memory", "--load", "--back"):
            check_refused([f"{flag}={value}"], f"argument {flag}: {value} is no number")
        check_refused(["--cost", f"socket={value}"], "--cost socket must be a number")


def check_refused(arguments, words):
    done = run(*arguments)
    assert done.returncode != 0 and words in done.stderr and "Traceback" not in done.stderr, done.stderr


def test_costs_have_sources():
    """Each cost says where it comes from."""
    lines = run("--costs").stdout.splitlines()
    assert len(lines) >= 15
    assert all("(" in line for line in lines if "nothing to do" not in line)
