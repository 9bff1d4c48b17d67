"""Runs `hookwire bench` and reads its report."""

import contextlib
import json
import subprocess
import time

from .errors import BenchError
from .priority import Priority
from .servers.process import before_exec, environment

# Beyond what a run should take: signing, stragglers, a slow server.
GRACE = 240


class Generator:
    """The load generator, always the same binary, for every server."""

    def __init__(self, binary, settings):
        self.binary = binary
        self.settings = settings

    def command(self, target, *flags, threads=None):
        processes = [f"--pid={name}={pid}" for name, pid in target.processes.items()]
        return [
            str(self.binary), "bench", "--json", "--webhook", target.webhook, "--socket", target.socket,
            "--threads", str(threads or self.settings.generator_threads),
            *([] if target.signed else ["--unsigned"]), *processes, *map(str, flags),
        ]  # fmt: skip

    @contextlib.contextmanager
    def start(self, target, *flags, priority=Priority.ORDINARY):
        """A run in the background; leaving the context ends it."""
        process = subprocess.Popen(
            self.command(target, *flags),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(),
            start_new_session=True,
            preexec_fn=before_exec(priority),
        )
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()
            process.stdout.close()
            process.stderr.close()

    def finish(self, process, seconds=0):
        """The report of a run, once it has ended."""
        try:
            stdout, stderr = process.communicate(timeout=seconds + GRACE)
        except subprocess.TimeoutExpired as error:
            raise BenchError(f"hookwire bench has not ended {GRACE} s after its time; the server hangs.") from error
        # 1 says that something was lost, and the report says what.
        if process.returncode not in (0, 1):
            said = stderr.decode(errors="replace").strip()
            raise BenchError(said or f"hookwire bench ended with exit code {process.returncode}")
        try:
            return json.loads(stdout)
        except ValueError as error:
            raise BenchError(f"hookwire bench wrote no report: {stderr.decode(errors='replace').strip()}") from error

    def run(self, target, *flags, seconds=0, priority=Priority.ORDINARY):
        with self.start(target, *flags, priority=priority) as process:
            return self.finish(process, seconds)

    # What scenarios ask for

    def _load(self, secrets, sockets=1, warm_up=None):
        chosen = self.settings
        return (
            "--secrets", secrets, "--sockets", sockets, "--body-size", chosen.body_size,
            "--connections", chosen.connections, "--warm-up", milliseconds(warm_up or chosen.warm_up),
        )  # fmt: skip

    def closed_loop(self, target, events, secrets, sockets=1, duration=None):
        """As fast as the connections can, for `duration` seconds or until the events are used up."""
        limit = ("--duration", milliseconds(duration)) if duration else ()
        return self.run(target, *self._load(secrets, sockets), "--events", events, *limit, seconds=duration or 60)

    def fixed_rate(self, target, rate, duration, secrets, warm_up=None, priority=Priority.ORDINARY):
        flags = (*self._load(secrets, warm_up=warm_up), "--rate", rate, "--duration", milliseconds(duration))
        return self.run(target, *flags, seconds=duration, priority=priority)

    def idle(self, target, secrets, sockets, hold):
        flags = ("--idle", "--secrets", secrets, "--sockets", sockets, "--duration", milliseconds(hold))
        return self.run(target, *flags, seconds=hold)

    def flood(self, target, events, sockets, duration):
        """One bot's closed loop in the background, with what the others leave of the cores."""
        flags = (*self._load(1, sockets), "--events", events, "--duration", milliseconds(duration))
        return self.start(target, *flags, priority=Priority.YIELDING)

    def hold(self, target, secrets, sockets):
        """Idle sockets in the background, until the context is left."""
        flags = ("--idle", "--secrets", secrets, "--sockets", sockets, "--duration", "1h")
        return self.start(target, *flags)


def milliseconds(seconds):
    return f"{round(seconds * 1000)}ms"


def wait_for(condition, process, what, patience=120):
    """Waits until something has come of a run in the background."""
    deadline = time.monotonic() + patience
    while not condition():
        if process.poll() is not None:
            raise BenchError(f"hookwire bench ended early: {process.stderr.read().decode(errors='replace').strip()}")
        if time.monotonic() > deadline:
            raise BenchError(f"{what} within {patience} s")
        time.sleep(0.05)
