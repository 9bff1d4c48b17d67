"""A running `hookwire serve`, and the clients that tests use on it."""

import contextlib
import dataclasses
import http.client
import os
import pathlib
import re
import signal
import subprocess
import threading
import urllib.parse

from websockets.sync.client import connect

import leaks
import qq
from http_raw import RawConnection
from waiting import PATIENCE
from websocket_raw import RawWebSocket

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("HOOKWIRE_BINARY", REPOSITORY / ".build/debug/hookwire")).absolute()


def environment(**additions):
    """This process's environment without what would configure Hookwire, but that it tells all it has to tell: what is
    searched for secrets is what a developer who looks for something sees."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("HOOKWIRE_")}
    return plain | {"HOOKWIRE_LOG_LEVEL": "trace"} | additions


@dataclasses.dataclass
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes


class Relay:
    """One server process. Use `with`: leaving stops it and looks for secrets in what it printed."""

    def __init__(self, *flags, folder, env=None, port_flags=("--port", "0")):
        self.log_path = folder / f"hookwire-{os.urandom(4).hex()}.log"
        self.stdout = []
        self._banner_read = threading.Event()
        with self.log_path.open("wb") as log:
            self.process = subprocess.Popen(
                [BINARY, "serve", "--host", "127.0.0.1", *port_flags, *flags],
                stdout=subprocess.PIPE,
                stderr=log,
                env=environment(**(env or {})),
                cwd=folder,
            )
        self._reader = threading.Thread(target=self._read_stdout, daemon=True)
        self._reader.start()
        if not self._banner_read.wait(30) or not self._understand_banner():
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"no banner on stdout: {self.printed!r}, log: {self.log!r}")

    def _read_stdout(self):
        for line in self.process.stdout:
            self.stdout.append(line.decode())
            if " send " in self.stdout[-1] or " bots add " in self.stdout[-1]:
                self._banner_read.set()
        self._banner_read.set()

    def _understand_banner(self):
        banner = re.fullmatch(
            r"Hookwire is listening on (?P<url>(?P<scheme>https?)://127\.0\.0\.1:(?P<port>\d+))\n"
            r"\n"
            r"  Webhook URL   (?P<webhook>\S+)\n"
            r"(?:  +\(QQ's; of others: .+\)\n)?"
            r"  Socket URL    (?P<socket>\S+)\n"
            r"(?:  Bots' page    (?P<admin>\S+)\n)?"
            r"\n"
            r"(?:[^ \n].*\n\n)?"
            r"(?:Send a signed sample event|Register one):\n"
            r"\n"
            r"  (?P<send>\S+ (?:send|bots add) .+)\n",
            self.printed,
        )
        if banner:
            self.url, self.scheme, self.port = banner["url"], banner["scheme"], int(banner["port"])
            self.admin_url = banner["admin"]
            self.webhook_url, self.socket_url, self.send_command = banner["webhook"], banner["socket"], banner["send"]
        return banner is not None

    @property
    def printed(self):
        return "".join(self.stdout)

    @property
    def log(self):
        return self.log_path.read_text(errors="replace")

    # Clients

    def request(self, method, target, body=None, headers=None, context=None):
        """One request on a connection of its own."""
        kind = http.client.HTTPSConnection if context else http.client.HTTPConnection
        connection = kind("127.0.0.1", self.port, timeout=PATIENCE, **({"context": context} if context else {}))
        with contextlib.closing(connection):
            connection.request(method, target, body, headers or {})
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())

    def get(self, target, headers=None):
        return self.request("GET", target, headers=headers)

    def post(self, secret, body, headers=None):
        """Posts to the webhook of a secret: signed now unless headers are given."""
        headers = qq.signed_headers(secret, body) if headers is None else headers
        return self.request("POST", qq.webhook_path(secret), body, headers)

    def deliver(self, secret, body):
        """Posts a signed event that has to be acknowledged."""
        answer = self.post(secret, body)
        assert (answer.status, answer.body) == (200, qq.ACKNOWLEDGED)

    def bot(self, secret, path=None, **options):
        """A bot's socket as the `websockets` package opens it."""
        target = path or "/ws?secret=" + urllib.parse.quote(secret, safe="")
        defaults = {"proxy": None, "compression": None, "max_size": None, "ping_interval": None, "close_timeout": 2}
        return connect(f"ws://127.0.0.1:{self.port}{target}", **(defaults | options))

    def raw(self, **options):
        """A TCP connection for HTTP byte by byte."""
        return RawConnection(self.port, timeout=PATIENCE, **options)

    def raw_socket(self, secret=None, **options):
        """A connection for WebSocket frames byte by byte: upgraded where a secret is given."""
        socket = RawWebSocket(self.port, timeout=PATIENCE, **options)
        if secret:
            socket.upgrade("/ws?secret=" + secret)
        return socket

    # The end

    def signal(self, number=signal.SIGTERM):
        self.process.send_signal(number)

    def wait(self, seconds=PATIENCE):
        return self.process.wait(seconds)

    def leaked_secrets(self):
        """Secrets of this test run in the log or on stdout, where only the sample one belongs."""
        return leaks.found_in(self.log + self.printed)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shown = ""
        if self.process.poll() is None:
            shown = leaks.shown_by(self.process, self.port) if self.scheme == "http" else ""
            self.process.kill()
        self.process.wait()
        self._reader.join(PATIENCE)
        self.process.stdout.close()
        leaked = self.leaked_secrets() | leaks.found_in(shown)
        assert not leaked, f"the node shows {leaked}"


def receive(bot):
    """The next message as its kind and its bytes."""
    message = bot.recv(timeout=PATIENCE)
    return ("text", message.encode()) if isinstance(message, str) else ("binary", message)


def memory(pid, name="VmRSS"):
    """What a process has resident, or (VmHWM) has had at most, in bytes: proc_pid_status(5)."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(rf"^{name}:\s+(\d+) kB$", status, re.M)[1]) << 10


def run_command(command, **options):
    """Runs one `hookwire` command to its end. A string is a line for the shell."""
    if isinstance(command, str):
        command = ["bash", "-euo", "pipefail", "-c", command]
    return subprocess.run(
        list(map(str, command)), capture_output=True, text=True, timeout=PATIENCE * 2, env=environment(), **options
    )
