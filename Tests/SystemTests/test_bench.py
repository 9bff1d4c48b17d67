"""`hookwire bench` at relays that refuse, and ended early by signals: what its report says, and how the process ends."""

import contextlib
import http.server
import json
import re
import signal
import socket
import subprocess
import threading

import pytest

from relay import BINARY, PATIENCE, environment
from waiting import until

SIGNALS = pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])


@contextlib.contextmanager
def bench(port, *flags):
    """The command at a relay, running."""
    address = f"127.0.0.1:{port}"
    webhook = [] if "--webhook" in flags else ["--webhook", f"http://{address}/webhook?secret={{secret}}"]
    process = subprocess.Popen(
        [BINARY, "bench", *webhook, "--socket", f"ws://{address}/ws?secret={{secret}}", "--warm-up", "0", *flags],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(),
    )  # fmt: skip
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def listens(process):
    """Whether the process hears signals, which it does when it begins to measure."""
    with open(f"/proc/{process.pid}/status") as status:
        caught = int(re.search(r"^SigCgt:\s*(\S+)", status.read(), re.MULTILINE)[1], 16)
    return all(caught >> (number - 1) & 1 for number in (signal.SIGINT, signal.SIGTERM))


def deliveries(relay):
    text = relay.get("/metrics").body.decode()
    return sum(float(value) for value in re.findall(r"^hookwire_deliveries_total\S* (\S+)$", text, re.MULTILINE))


@SIGNALS
def test_load_ends_early(start, number):
    """What was sent is waited for, and the process ends by the signal, as a shell sees it."""
    relay = start()
    with bench(relay.port, "--rate", "100", "--duration", "100s", "--json") as process:
        until(lambda: deliveries(relay) > 0, "nothing is delivered")
        process.send_signal(number)
        printed, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == -number
    report = json.loads(printed)
    sent = report["load"]["sent"]
    assert 0 < sent < 10_000 and report["load"]["delivered"] == sent
    assert report["endedBySignal"] == number.name and report["problems"] == []
    assert f"ended early by {number.name}: {sent} of 10000 events were sent" in report["notes"]


@SIGNALS
def test_idle_ends_early(relay, number):
    with bench(relay.port, "--idle", "--duration", "1h") as process:
        until(lambda: listens(process), "it does not hear signals")
        process.send_signal(number)
        printed, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == -number
    assert re.search(rb"^note +ended early by %s: the sockets were held for " % number.name.encode(), printed, re.MULTILINE)
    assert b"all sockets held" in printed


def test_second_signal_ends_at_once():
    """A server that answers nothing is waited for no longer than whoever started the run likes."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        flags = ("--sockets", "0", "--events", "10", "--settle", "1h")
        server.settimeout(PATIENCE)
        with bench(server.getsockname()[1], *flags) as process, contextlib.ExitStack() as stack:
            # Until events are sent, the first signal is the last one.
            while not stack.enter_context(server.accept()[0]).recv(1):
                pass
            process.send_signal(signal.SIGINT)
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(1)
            process.send_signal(signal.SIGTERM)
            printed, _ = process.communicate(timeout=PATIENCE)
    assert (process.returncode, printed) == (-signal.SIGTERM, b"")


def test_nothing_is_reported_before_anything_is_measured():
    """A signal while events are signed ends the process at once."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(PATIENCE)
        with bench(server.getsockname()[1], "--events", "4000000", "--json") as process:
            # It has looked whether the server takes connections, and signs now.
            server.accept()[0].close()
            # A shell's background jobs ignore SIGINT, and pass that on.
            process.send_signal(signal.SIGTERM)
            printed, _ = process.communicate(timeout=PATIENCE)
    assert (process.returncode, printed) == (-signal.SIGTERM, b"")


def test_a_server_that_ends_each_connection():
    """Connections are made anew for as long as there is something to send."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        flags = ("--unsigned", "--sockets", "0", "--connections", "2", "--events", "20", "--json")
        with bench(server.server_port, *flags) as process:
            printed, errors = process.communicate(timeout=PATIENCE)
        server.shutdown()
    assert process.returncode == 0, errors
    load = json.loads(printed)["load"]
    assert (load["accepted"], load["reconnections"] >= 18) == (20, True)


def test_a_server_that_ends_a_connection_often():
    """Several answers that each end the connection, in one piece: the first one counts, the other requests come to nothing."""
    answer = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"

    def serve(server):
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection:
                requests = b""
                while requests.count(b"POST ") < 4 and (received := connection.recv(1 << 16)):
                    requests += received
                connection.sendall(answer * requests.count(b"POST "))

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=serve, args=(server,), daemon=True).start()
        flags = ("--unsigned", "--sockets", "0", "--connections", "1", "--pipeline", "4", "--events", "40", "--json")
        with bench(server.getsockname()[1], *flags) as process:
            printed, errors = process.communicate(timeout=PATIENCE)
        server.shutdown(socket.SHUT_RDWR)
    assert process.returncode == 1, errors
    report = json.loads(printed)
    assert (report["load"]["accepted"], report["failures"]["unanswered"]) == (10, 30)


@pytest.mark.parametrize(
    ("relay_flags", "flags", "problem"),
    [
        ([], ["--unsigned"], "20 answers 401: the relay verifies signatures"),
        (["--body-limit", "1KiB"], ["--body-size", "2000"], "20 answers 413: --body-size is above"),
        (["--address-rate", "1"], ["--sockets", "0"], "answers 429: a limit of the relay: its --address-rate"),
        ([], ["--webhook", "http://127.0.0.1:{port}/webhook"], "20 answers 400: --webhook lacks ?secret={secret}"),
        ([], ["--webhook", "http://127.0.0.1:{port}/webhook?secret=1"], "20 answers 401: check that --webhook has"),
        ([], ["--webhook", "http://127.0.0.1:{port}/hook"], "20 answers 404: --webhook leads nowhere"),
        ([], ["--webhook", "http://127.0.0.1:{port}/ws"], "20 answers 405: --webhook is no address"),
        (["--address-rate", "1"], ["--idle"], "handshake_status_429: a limit of the relay: its --sockets-per-address"),
        (["--new-sockets", "1"], ["--idle"], "handshake_status_503: the relay opens no more sockets now"),
    ],
)
def test_refusals_are_explained(start, relay_flags, flags, problem):
    """What is said of an answer is true of this relay."""
    relay = start(*relay_flags)
    flags = [flag.replace("{port}", str(relay.port)) for flag in flags]
    volume = ["--sockets", "5", "--duration", "100ms"] if "--idle" in flags else ["--events", "20"]
    with bench(relay.port, *volume, *flags, "--json") as process:
        printed, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert any(problem in found for found in json.loads(printed)["problems"]), printed
