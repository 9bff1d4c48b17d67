"""SIGTERM drains and ends with exit code 0; a second signal does not wait."""

import contextlib
import fcntl
import http.client
import os
import pathlib
import signal
import subprocess

import pytest
import websockets.exceptions

import qq
from envelope_bot import EnvelopeBot, Waiting
from redis_server import free_port
from relay import BINARY, PATIENCE, environment
from stopped_thread import stopped
from waiting import until


def wait_until_draining(relay):
    """Returns when the server takes nothing new: it refuses connections, or says so."""

    def drains():
        try:
            return relay.get("/readyz").status == 503
        except OSError:
            return True

    until(drains, "the server still takes requests")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_sockets_are_closed_and_the_process_ends(start, number):
    """A bot learns that the service restarts (1012), and the process ends well."""
    relay, secret = start("--drain", "3s"), qq.secret()
    with relay.bot(secret) as bot, relay.bot(secret) as other:
        relay.signal(number)
        for socket in (bot, other):
            with pytest.raises(websockets.exceptions.ConnectionClosed) as closed:
                socket.recv(timeout=PATIENCE)
            assert closed.value.rcvd.code in (1012, 1001)
    assert relay.wait() == 0


def test_reload_of_a_node_that_starts(tmp_path):
    """A service manager may reload what it has just started, and hears nothing yet: it goes on."""
    process = subprocess.Popen(
        [BINARY, "serve", "--host", "127.0.0.1", "--port", "0"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, env=environment(), cwd=tmp_path,
    )
    try:

        def minds():
            status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
            # Ignored at first, and caught soon after, perhaps before this looks again.
            ignored, caught = (int(status.split(field)[1].split()[0], 16) for field in ("SigIgn:", "SigCgt:"))
            return (ignored | caught) & 1 << signal.SIGHUP - 1

        until(minds, "the signal would end it for ever", pause=0)
        process.send_signal(signal.SIGHUP)
        assert b"Hookwire is listening" in process.stdout.readline()
        process.send_signal(signal.SIGHUP)
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
    finally:
        process.kill()
        process.stdout.close()


def test_greeting_that_cannot_be_written(tmp_path):
    """A full disk behind the standard output keeps no node down: bots need none."""
    port, log = free_port(), tmp_path / "log"
    with open("/dev/full", "w") as full, log.open("w") as errors:
        process = subprocess.Popen(
            [BINARY, "serve", "--host", "127.0.0.1", "--port", str(port)], stdin=subprocess.DEVNULL, stdout=full,
            stderr=errors, env=environment(), cwd=tmp_path,
        )
    try:

        def complains():
            assert process.poll() is None, log.read_text()
            return "the greeting cannot be written" in log.read_text()

        until(complains, log.read_text)
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        with contextlib.closing(connection):
            connection.request("GET", "/livez")
            assert connection.getresponse().status == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
    finally:
        process.kill()


def test_greeting_that_nobody_reads(tmp_path):
    """A full pipe at the standard output keeps no node from ending: the greeting is left out."""
    reader, writer = os.pipe()
    os.write(writer, b"x" * fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096))
    log = tmp_path / "log"
    with log.open("w") as errors:
        process = subprocess.Popen(
            [BINARY, "serve", "--host", "127.0.0.1", "--port", "0"], stdin=subprocess.DEVNULL, stdout=writer,
            stderr=errors, env=environment(), cwd=tmp_path,
        )
    os.close(writer)
    try:
        until(lambda: "the greeting cannot be written" in log.read_text(), log.read_text)
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
    finally:
        process.kill()
        process.wait()
        os.close(reader)


def test_nothing_to_drain(start):
    """Without sockets and requests the process does not wait for the end of the drain time."""
    relay = start("--drain", "600s")
    relay.signal()
    assert relay.wait() == 0


def test_idle_connection_does_not_hold_the_process(start):
    """A kept-alive connection without a request is no work."""
    relay = start("--drain", "600s")
    with relay.raw() as connection:
        connection.request("GET", "/livez")
        assert connection.response().status == 200
        relay.signal()
        assert relay.wait() == 0


def test_replies_in_the_drain(start, tmp_path, secret):
    """As long as a socket of the bot is open, a request that comes after the signal gets the bot's reply."""
    relay = start("--data", tmp_path / "data", "--drain", "60s", "--reply-timeout", "30s")
    with contextlib.ExitStack() as stack:
        # One at a time is closed, the first at once.
        bots = [stack.enter_context(EnvelopeBot(relay, secret)) for _ in range(12)]
        relay.signal()
        wait_until_draining(relay)
        request = Waiting(relay, secret)
        for bot in bots:
            with contextlib.suppress(websockets.exceptions.ConnectionClosed):
                assert bot.reply(bot.receive(), text="hello")["outcome"] == "accepted"
                break
        assert request.answered().body == b"hello"


def test_client_that_ignores_the_close(start):
    """The drain time is the longest that anybody can hold the process."""
    relay = start("--drain", "2s")
    with relay.raw_socket(qq.secret()):
        relay.signal()
        assert relay.wait() == 0


def test_request_in_flight_is_answered(start):
    """An event whose body is still coming in when the signal arrives is answered: acknowledged it would be lost with the
    log, so the platform is asked to send it again."""
    relay, secret = start("--drain", "30s"), qq.secret()
    body = qq.event("in flight")
    lines = [f"{name}: {value}" for name, value in qq.signed_headers(secret, body).items()]
    with relay.raw() as connection:
        connection.request("POST", qq.webhook_path(secret), f"Content-Length: {len(body)}", *lines, body=body[:20])
        assert relay.get("/livez").status == 200
        relay.signal()
        wait_until_draining(relay)
        connection.send(body[20:])
        response = connection.response()
        assert (response.status, response.body) == (503, qq.SEND_AGAIN)
        assert connection.is_closed()
    assert relay.wait() == 0


def test_slow_request_is_waited_for(start):
    """The drain time is the request's too: a body that needs some seconds more has them."""
    relay, secret = start("--drain", "60s", "--body-timeout", "60s"), qq.secret()
    body = qq.event("slow")
    lines = [f"{name}: {value}" for name, value in qq.signed_headers(secret, body).items()]
    with relay.raw() as connection:
        connection.request("POST", qq.webhook_path(secret), f"Content-Length: {len(body)}", *lines, body=body[:20])
        assert relay.get("/livez").status == 200
        relay.signal()
        with pytest.raises(subprocess.TimeoutExpired):
            relay.wait(8)
        connection.send(body[20:])
        assert connection.response().body == qq.SEND_AGAIN
    assert relay.wait() == 0


def test_request_that_never_ends(start):
    """A request whose body stops coming holds the process no longer than the drain time and its last words."""
    relay, secret = start("--drain", "1s", "--body-timeout", "600s"), qq.secret()
    with relay.raw() as connection:
        connection.request("POST", qq.webhook_path(secret), "Content-Length: 100", body=b"{")
        assert relay.get("/livez").status == 200
        relay.signal()
        assert relay.wait() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_second_signal_ends_at_once(start, number):
    """Who asks twice does not want to wait for ten minutes: the process ends without having finished its work, and as the
    signal ends any program."""
    relay, secret = start("--drain", "600s", "--body-timeout", "600s"), qq.secret()
    with relay.raw() as connection:
        connection.request("POST", qq.webhook_path(secret), "Content-Length: 100", body=b"{")
        assert relay.get("/livez").status == 200
        relay.signal()
        wait_until_draining(relay)
        assert relay.process.poll() is None
        relay.signal(number)
        assert relay.wait() == -number


def test_second_signal_right_behind_the_first(start):
    """It is heard from the start, not only once the node drains."""
    relay, secret = start("--drain", "600s", "--body-timeout", "600s"), qq.secret()
    with relay.raw() as connection:
        connection.request("POST", qq.webhook_path(secret), "Content-Length: 100", body=b"{")
        assert relay.get("/livez").status == 200
        relay.signal(signal.SIGTERM)
        relay.signal(signal.SIGINT)
        assert relay.wait() in (-signal.SIGTERM, -signal.SIGINT)


def test_second_signal_is_heard_while_the_main_thread_is_busy(start):
    """Dispatch blocks the signals in all threads but the main one. While that one still has the first signal, or waits
    for its turn on a busy machine, the second one kills nobody by itself."""
    relay, secret = start("--drain", "600s", "--body-timeout", "600s"), qq.secret()
    with relay.raw() as connection, stopped(relay.process.pid):
        connection.request("POST", qq.webhook_path(secret), "Content-Length: 100", body=b"{")
        assert relay.get("/livez").status == 200
        relay.signal()
        wait_until_draining(relay)
        relay.signal()
        assert relay.wait() == -signal.SIGTERM
