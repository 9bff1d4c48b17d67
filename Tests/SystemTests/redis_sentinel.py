"""A Redis with two replicas, and three real `redis-sentinel` that watch it."""

import contextlib
import os
import pathlib
import signal
import subprocess

from redis_server import RedisServer, free_port
from waiting import PATIENCE, until

MASTER = "relay"


class Sentinel:
    """One sentinel process."""

    def __init__(self, folder, name, primary_port, *lines, quorum=2):
        self.folder = pathlib.Path(folder) / name
        self.folder.mkdir()
        self.port = free_port()
        self.configuration = self.folder / "sentinel.conf"
        self.configuration.write_text("\n".join([
            f"port {self.port}", "bind 127.0.0.1", f"dir {self.folder}",
            f"sentinel monitor {MASTER} 127.0.0.1 {primary_port} {quorum}",
            f"sentinel down-after-milliseconds {MASTER} 1000",
            f"sentinel failover-timeout {MASTER} 6000",
            *lines, "",
        ]))
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                ["redis-server", str(self.configuration), "--sentinel"],
                stdout=log, stderr=log, stdin=subprocess.DEVNULL,
            )

    def command(self, *words):
        """What redis-cli prints for a command, in lines."""
        command = ["redis-cli", "-h", "127.0.0.1", "-p", self.port, *words]
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=PATIENCE)
        return done.stdout.split("\n")

    def sees(self):
        """How many replicas and other sentinels it knows."""
        fields = self.command("SENTINEL", "MASTER", MASTER)
        value = dict(zip(fields[::2], fields[1::2], strict=False))
        return int(value.get("num-slaves", 0)), int(value.get("num-other-sentinels", 0))

    def end(self):
        self.process.kill()
        self.process.wait()


class Sentinels:
    """The whole of it. Use `with`."""

    def __init__(self, folder, replicas=2, sentinels=3, options=(), lines=()):
        self.folder = pathlib.Path(folder)
        self.options = options
        self._stack = contextlib.ExitStack()
        with contextlib.ExitStack() as stack:
            self.servers = [self._server(stack, "a")]
            for number in range(replicas):
                self.servers.append(self._server(stack, "bcd"[number], "--replicaof", "127.0.0.1", self.servers[0].port))
            self.sentinels = []
            for number in range(sentinels):
                self.sentinels.append(Sentinel(folder, f"sentinel-{number}", self.servers[0].port, *lines))
                stack.callback(self.sentinels[-1].end)
            self._await(lambda: all(s.sees() == (replicas, sentinels - 1) for s in self.sentinels), "know each other")
            self._stack = stack.pop_all()

    def _server(self, stack, name, *more):
        (self.folder / name).mkdir()
        return stack.enter_context(RedisServer(
            self.folder / name, "--repl-diskless-sync-delay", "0", "--repl-ping-replica-period", "1", *self.options, *more
        ))

    def _await(self, condition, what):
        until(condition, f"the sentinels do not {what}", 2 * PATIENCE)

    @property
    def url(self):
        hosts = ",".join(f"127.0.0.1:{sentinel.port}" for sentinel in self.sentinels)
        return f"redis+sentinel://{hosts}/{MASTER}/0"

    @property
    def primary(self):
        """The server that most of the sentinels call the master."""
        ports = [int(s.command("SENTINEL", "GET-MASTER-ADDR-BY-NAME", MASTER)[1]) for s in self.sentinels]
        port = max(ports, key=ports.count)
        return next(server for server in self.servers if server.port == port)

    def await_other(self, than):
        self._await(lambda: self.primary is not than, "choose another master")

    def await_replicas(self, count):
        """Until so many replicas of the present master are in step with it."""
        def state():
            return sum("state=online" in line for line in self.primary.command("INFO", "replication").splitlines())
        self._await(lambda: state() == count, f"bring {count} replicas into step")

    @staticmethod
    def stop(server):
        """As a machine that hangs: what is connected stays connected."""
        os.kill(server.process.pid, signal.SIGSTOP)

    @staticmethod
    def resume(server):
        os.kill(server.process.pid, signal.SIGCONT)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        for server in self.servers:
            if server.process.poll() is None:
                self.resume(server)
        self._stack.close()
