"""The commands of a bot's author that run until they are stopped: forward, listen."""

import os
import signal
import subprocess
import threading

from relay import BINARY, PATIENCE, environment


class Command:
    """One running command, its output read line by line. Use `with`: leaving kills it and looks for the secret."""

    def __init__(self, *words, secret, folder, env=None):
        self.secret = secret
        self.error_path = folder / f"{words[0]}-{os.urandom(4).hex()}.err"
        self.lines = []
        self.seen = threading.Condition()
        with self.error_path.open("wb") as errors:
            self.process = subprocess.Popen(
                [BINARY, *map(str, words)],
                stdout=subprocess.PIPE,
                stderr=errors,
                stdin=subprocess.DEVNULL,
                env=environment(HOOKWIRE_SECRET=secret, **(env or {})),
                cwd=folder,
            )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self.process.stdout:
            with self.seen:
                self.lines.append(line.decode())
                self.seen.notify_all()

    @property
    def errors(self):
        return self.error_path.read_text()

    def prints(self, count, seconds=PATIENCE):
        """The lines, once there are so many."""
        with self.seen:
            found = self.seen.wait_for(lambda: len(self.lines) >= count, seconds)
        assert found, f"{len(self.lines)} of {count} lines: {self.lines[-3:]}\n{self.errors}"
        return list(self.lines)

    def complains(self, text, times=1, seconds=PATIENCE):
        """Waits until standard error has a text so many times."""
        deadline = threading.Event()
        for _ in range(int(seconds / 0.02)):
            if self.errors.count(text) >= times:
                return
            assert self.process.poll() is None or self.errors.count(text) >= times, self.errors
            deadline.wait(0.02)  # a file tells nobody that it has grown
        raise AssertionError(f"{text!r} not in {self.errors!r}")

    def signal(self, number=signal.SIGTERM):
        self.process.send_signal(number)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def ends(self, seconds=PATIENCE):
        """Its exit code, and all that it printed."""
        code = self.process.wait(seconds)
        self._reader.join(PATIENCE)
        return code, "".join(self.lines)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._reader.join(PATIENCE)
        self.process.stdout.close()
        assert self.secret not in self.errors and self.secret not in "".join(self.lines)
