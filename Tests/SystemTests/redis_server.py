"""A real `redis-server` of a test's own."""

import contextlib
import pathlib
import socket
import subprocess

import leaks
from waiting import PATIENCE, until

# Keeps what it acknowledged when its process is killed: each command is in the kernel before its answer leaves. The disk
# is not waited for, which only a power cut would show, and which holds up all commands for seconds on a busy machine.
DURABLE = ("--appendonly", "yes", "--appendfsync", "no")


def free_port():
    """A port that nothing listens on just now."""
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class RedisServer:
    """One server on loopback, which keeps its data in a folder so that it can be killed and started again."""

    configuration = ()  # the file that it may rewrite, where it has one

    def __init__(self, folder, *options, bus=False):
        self.folder = pathlib.Path(folder) / "redis"
        self.folder.mkdir()
        self.port = free_port()
        self.bus_port = free_port() if bus else None  # where the nodes of a cluster talk to each other
        self.options = (*options, "--cluster-port", self.bus_port) if bus else options
        self.process = None
        self.start()

    @property
    def url(self):
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self):
        """Starts it and returns when it answers, its data loaded."""
        command = ["redis-server", *self.configuration, "--port", self.port, "--bind", "127.0.0.1"]
        command += ["--dir", self.folder, "--save", ""]
        with (self.folder / "redis.log").open("ab") as log:
            self.process = subprocess.Popen(
                list(map(str, [*command, *self.options])), stdout=log, stderr=log, stdin=subprocess.DEVNULL
            )
        until(self._answers, "redis-server does not start")

    def _answers(self):
        if "PONG" in self._try("PING"):
            return True
        assert self.process.poll() is None, "redis-server has ended"
        return False

    def kill(self):
        """As a power cut would end it."""
        self.process.kill()
        self.process.wait()

    def command(self, *words):
        """What redis-cli prints for a command."""
        answer = self._run(*words)
        assert answer.returncode == 0 and not answer.stdout.startswith("ERR"), answer.stdout + answer.stderr
        return answer.stdout.strip()

    def _try(self, *words):
        return self._run(*words).stdout

    def _run(self, *words):
        command = ["redis-cli", "-h", "127.0.0.1", "-p", self.port, *words]
        return subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=PATIENCE)

    def __enter__(self):
        return self

    def leaked_secrets(self):
        """Secrets in what Redis would write to disk now: all keys and all values."""
        self._run("CONFIG", "SET", "rdbcompression", "no")
        self._run("CONFIG", "SET", "appendonly", "no")
        if "OK" not in self._try("SAVE"):
            return set()  # it is down, or a test forbade it to answer
        return leaks.found_in((self.folder / "dump.rdb").read_bytes().decode(errors="replace"))

    def __exit__(self, *_):
        leaked = self.leaked_secrets() if self.process.poll() is None else set()
        self.kill()
        assert not leaked, f"Redis keeps {leaked}"
