"""The commands of a bot's author that run until they are stopped: forward, listen."""

import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import termios
import threading

from relay import BINARY, PATIENCE, environment
from waiting import until


class Command:
    """One running command, its output read line by line. Use `with`: leaving kills it and looks for the secret.

    With `through`, these words become the command, as those of env(1) do.
    """

    def __init__(self, *words, secret, folder, env=None, through=()):
        self.secret = secret
        self.error_path = folder / f"{words[0]}-{os.urandom(4).hex()}.err"
        self.lines = []
        self.seen = threading.Condition()
        with self.error_path.open("wb") as errors:
            self.process = subprocess.Popen(
                [*map(str, through), BINARY, *map(str, words)],
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

        def has_come():
            # In this order: its last words may come just before its end.
            is_over = self.process.poll() is not None
            found = self.errors.count(text) >= times
            assert found or not is_over, self.errors
            return found

        until(has_come, lambda: f"{text!r} not in {self.errors!r}", seconds)

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


class OnTerminal:
    """A command on a pseudo-terminal of its own, 80 columns wide unless told. Use `with`."""

    def __init__(self, *words, secret, env=None, columns=80):
        self.secret = secret
        self._bytes = b""
        self.seen = threading.Condition()
        self._end, other = pty.openpty()
        fcntl.ioctl(other, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
        self.process = subprocess.Popen(
            [BINARY, *map(str, words)],
            stdin=other,
            stdout=other,
            stderr=other,
            start_new_session=True,
            env=environment(HOOKWIRE_SECRET=secret, TERM="xterm", **(env or {})),
        )
        os.close(other)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        while True:
            try:
                part = os.read(self._end, 65536)
            except OSError:  # how a terminal says that nobody writes to it any more
                part = b""
            with self.seen:
                self._bytes += part
                self.seen.notify_all()
            if not part:
                return

    @property
    def output(self):
        """All that was written, escape sequences too."""
        return self._bytes.decode(errors="replace")

    @property
    def plain(self):
        """The same without colours."""
        return re.sub(r"\x1b\[[0-9;]*m", "", self.output)

    def shows(self, text, seconds=PATIENCE):
        """Waits until a text was written."""
        with self.seen:
            assert self.seen.wait_for(lambda: text in self.plain, seconds), f"{text!r} is not in {self.output!r}"

    def draws(self, condition, seconds=PATIENCE):
        """Waits until the lines that a person sees are as they should be."""
        with self.seen:
            assert self.seen.wait_for(lambda: condition(self.screen), seconds), self.screen

    @property
    def screen(self):
        """The lines that a person sees: what was redrawn is as it was drawn last."""
        lines, row = [""], 0
        for part in re.split(r"(\x1b\[\d*[AJ]|\r\n|\r)", self.plain):
            if part == "\r\n":
                row += 1
                lines += [""] * (row + 1 - len(lines))
            elif part.endswith("A") and part.startswith("\x1b["):
                row -= int(part[2:-1] or 1)
            elif part.endswith("J") and part.startswith("\x1b["):
                del lines[row:]
                lines.append("")
            elif part != "\r":
                lines[row] += part
        return lines

    def signal(self, number=signal.SIGINT):
        self.process.send_signal(number)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._reader.join(PATIENCE)
        os.close(self._end)
        assert self.secret not in self.output
