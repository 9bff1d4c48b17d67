"""The instruction budget: what is counted as an event's cost, and when it is too much."""

import subprocess
import sys

import pytest

from relay import REPOSITORY

# Two runs as callgrind writes them: 100 instructions an event of ours, 40 of libcrypto's, and what starting takes.
RUN = """# callgrind format
fl=(1) a.swift
ob=(1) /build/relayed-event
fn=(1) relay
1 {ours}
cob=(2) /usr/lib/libcrypto.so.3
cfn=(2) SHA512
calls=7 0
1 {called}
ob=(2)
fn=(2)
1 {theirs}
"""


def run(folder, events, each):
    text = RUN.format(ours=5_000 + events * each, called=events * 40, theirs=events * 40)
    (folder / f"{events}-02").write_text(text)


def check(folder, budget):
    file = folder / "budget"
    file.write_text(f"# what an event may take\n{budget}\n")
    command = [sys.executable, REPOSITORY / "script/lib/instructions.py", folder, "500", "2500", file]
    return subprocess.run(command, capture_output=True, text=True)


def test_within_the_budget(tmp_path):
    run(tmp_path, 500, 100)
    run(tmp_path, 2500, 100)
    result = check(tmp_path, 105)
    assert result.returncode == 0, result.stderr
    assert result.stdout == "100 instructions an event of ours, and 40 of the system's libraries; the budget is 105.\n"


@pytest.mark.parametrize("budget, code, words", [(99, 1, "1.0% over the budget"), (112, 0, "10.7% below the budget")])
def test_beside_the_budget(tmp_path, budget, code, words):
    run(tmp_path, 500, 100)
    run(tmp_path, 2500, 100)
    result = check(tmp_path, budget)
    assert result.returncode == code
    assert words in result.stdout + result.stderr


def test_nothing_counted(tmp_path):
    assert check(tmp_path, 100).returncode == 2
    run(tmp_path, 500, 0)
    run(tmp_path, 2500, 0)
    assert check(tmp_path, 100).returncode == 2
