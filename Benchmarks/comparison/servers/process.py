"""Child processes that end with this one, whatever ends it."""

import contextlib
import ctypes
import http.client
import os
import pathlib
import signal
import socket
import subprocess
import time

from ..errors import BenchError
from ..priority import Priority

PATIENCE = 30  # seconds until a server that ought to be ready counts as broken
_LIBC = ctypes.CDLL(None, use_errno=True)
_PR_SET_PDEATHSIG = 1  # prctl(2)


def before_exec(priority=Priority.ORDINARY):
    """What a child does before it becomes another program: the kernel ends it when this process is killed."""

    def prepare():
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        priority.take()

    return prepare


def environment():
    """This process's environment without what would configure Hookwire."""
    return {name: value for name, value in os.environ.items() if not name.startswith("HOOKWIRE_")}


class Server:
    """One server process with a log. A session of its own keeps Ctrl-C away from it: leaving the context ends it."""

    def __init__(self, name, command, folder, *, stdout=None, cwd=None):
        self.name = name
        self.log_path = pathlib.Path(folder) / f"{name.replace(' ', '-')}.log"
        with self.log_path.open("wb") as log:
            try:
                self.process = subprocess.Popen(
                    list(map(str, command)),
                    stdin=subprocess.DEVNULL,
                    stdout=stdout or log,
                    stderr=log,
                    cwd=cwd or folder,
                    env=environment(),
                    start_new_session=True,
                    preexec_fn=before_exec(),
                )
            except FileNotFoundError as error:
                raise BenchError(f"{command[0]} is not installed. script/bench installs what it needs.") from error

    @property
    def pid(self):
        return self.process.pid

    def children(self):
        """The processes that this one has started."""
        text = pathlib.Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text()
        return [int(pid) for pid in text.split()]

    def last_words(self):
        lines = self.log_path.read_text(errors="replace").strip().splitlines()
        return "; ".join(lines[-5:]) or "it said nothing"

    def wait_until(self, ready, what="answer"):
        """Asks until it is ready: that is what a probe is for."""
        deadline = time.monotonic() + PATIENCE
        while not ready():
            if self.process.poll() is not None:
                raise BenchError(f"{self.name} ended with exit code {self.process.returncode}: {self.last_words()}")
            if time.monotonic() > deadline:
                raise BenchError(f"{self.name} does not {what} within {PATIENCE} s: {self.last_words()}")
            time.sleep(0.02)

    def stop(self, number=signal.SIGKILL):
        """Ends it. Nobody is connected any more, so there is nothing to wait for; nginx ends its workers if asked."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self.process.stdout:
            self.process.stdout.close()


def free_port():
    """A port that nothing listens on just now."""
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def status_of(port, method, target, body=None):
    """The status of one request's answer; None where there is none."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        with contextlib.closing(connection):
            connection.request(method, target, body)
            return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None


def descriptor_count(pid):
    """How many files and sockets a process has open."""
    return len(os.listdir(f"/proc/{pid}/fd"))


def settled_descriptors(pid):
    """How many it has open once that does not change any more: a probe's connection may just be ending."""
    seen = []
    while len(seen) < 5 or len(set(seen[-5:])) > 1:
        seen.append(descriptor_count(pid))
        time.sleep(0.03)
    return seen[-1]


def cpu_seconds(pid):
    """What a process has used since it started, from proc(5)."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_bytes(pid):
    """A process's resident memory, from proc(5)."""
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) << 10
    raise BenchError(f"process {pid} has no memory: it has ended")
