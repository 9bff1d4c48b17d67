"""What script/test runs beside the rest: it is waited for, and never outlives the script."""

import errno
import os
import select
import signal
import subprocess

import pytest

from relay import REPOSITORY

# Tells of a process that it has started, then waits for it.
RUNNING = "running() { sleep 100 & echo beside $!; wait; }; start_beside it running"


def bash(text, **options):
    script = f"set -euo pipefail\nsource {REPOSITORY}/script/lib/beside.sh\n{text}"
    return subprocess.Popen(["bash", "-c", script], stdout=subprocess.PIPE, text=True, **options)


def process_of(line):
    assert line.startswith("beside ")
    return int(line.split()[1])


def has_ended(process):
    """Whether it ends within a time that is far beyond what ending takes."""
    try:
        descriptor = os.pidfd_open(process)
    except OSError as error:
        # EINVAL: somebody has just collected it, and its number is not free again yet.
        assert error.errno in (errno.ESRCH, errno.EINVAL)
        return True
    try:
        return bool(select.select([descriptor], [], [], 20)[0])
    finally:
        os.close(descriptor)


def test_ends_as_its_command_did():
    script = bash("start_beside it bash -c 'exit 7'; wait_for it || echo $?; wait_for it; wait_for other; echo on")
    assert script.communicate(timeout=20)[0].split() == ["7", "on"]
    assert script.returncode == 0


def test_ends_with_the_script():
    script = bash(f"{RUNNING}; read -r; exit 3", stdin=subprocess.PIPE)
    beside = process_of(script.stdout.readline())
    script.stdin.write("\n")
    script.stdin.close()
    assert script.wait(20) == 3
    assert has_ended(beside)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_ends_with_the_script_by_a_signal(number):
    # In a group of its own, as a terminal's command is; what the script waits for is in it.
    script = bash(f"{RUNNING}; bash -c 'echo on; exec sleep 100'", start_new_session=True)
    # Then the script waits for what has the signal too: it comes to its own when that has ended.
    lines = sorted(script.stdout.readline() for _ in range(2))
    assert lines[1] == "on\n"
    beside = process_of(lines[0])
    os.killpg(script.pid, number)
    assert script.wait(20) == 128 + number
    assert has_ended(beside)
