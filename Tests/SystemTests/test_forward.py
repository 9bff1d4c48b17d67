"""`hookwire forward`: every event reaches the local server as it was sent, in order, once where the server answered."""

import asyncio
import contextlib
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import threading
import time

import pytest

import generic
import qq
from desk import Command, OnTerminal
from dialogflow import DialogflowES
from fault_proxy import Fault, FaultProxy
from local_server import LocalServer
from redis_server import RedisServer
from relay import BINARY, PATIENCE, environment, run_command
from test_tls import certificate  # noqa: F401 (a fixture)
from tiers import TierNode, tiers
from webhook_request import Request, Sending, send

# How long forward is stopped as a sleeping laptop is. Longer than the relay waits for a pong here (4 + 2 s).
STOPPED = float(os.environ.get("HOOKWIRE_TEST_STOPPED", "8"))
QUICK = ("--ping-interval", "4s", "--pong-timeout", "2s")


@pytest.fixture
def local():
    with LocalServer() as server:
        yield server


def forward(relay, local, secret, folder, *flags, port=None, to=None):
    address = f"http://127.0.0.1:{port or relay.port}"
    return Command("forward", "--relay", address, "--to", to or local.url, *flags, secret=secret, folder=folder)


def post(node, secret, *bodies):
    """Posts signed events of QQ, each of which has to be acknowledged."""
    for body in bodies:
        request = Request("/webhook", {"secret": secret}, body, qq.signed_headers(secret, body))
        answer = send(node, request)
        assert (answer.status, answer.body) == (200, qq.ACKNOWLEDGED)


def events(count, start=0):
    return [qq.event(f"event {number}") for number in range(start, start + count)]


# What the local server gets


def test_as_the_platform_sent_it(relay, local, secret, tmp_path):
    """Line, header fields in order with their case and repeats, and the body byte for byte."""
    body = b' {"text": "caf\xc3\xa9 \\u00e9",\r\n  "n": 1.0e2 }\n '
    proof = generic.messenger.sign(secret, body).encode()
    lines = [
        b"X-First: 1", b"x-repeated: a", b"Content-Type: application/json; charset=utf-8", b"X-Repeated: b",
        b"Connection: keep-alive, X-Of-The-Hop", b"X-Of-The-Hop: no", b"X-Hub-Signature-256: " + proof, b"X-Empty:",
        b"Content-Length: %d" % len(body), b"X-Last: \xc3\xa9",
    ]
    with forward(relay, local, secret, tmp_path, to=local.url + "hook/?mine=1") as command, relay.raw() as raw:
        command.complains("Connected")
        raw.send(
            b"POST /webhook/generic?a=%20b&secret=" + secret.encode() + b"&a=c&empty= HTTP/1.1\r\nHost: relay.example\r\n"
            + b"\r\n".join(lines) + b"\r\n\r\n" + body
        )
        heard = local.hears(1, PATIENCE)[0]
    assert heard.line == b"POST /hook/?mine=1&a=%20b&a=c&empty= HTTP/1.1"
    assert heard.body == body
    sent = [tuple(part.strip() for part in line.split(b":", 1)) for line in lines]
    kept = [pair for pair in sent if pair[0].lower() not in {b"connection", b"x-of-the-hop"}]
    assert heard.fields() == [(b"Host", f"127.0.0.1:{local.port}".encode()), *kept]


@pytest.mark.parametrize(
    "body", [b"\x00\xff\xfe binary \r\n", b"[1, 2]\n", b"text=1&b=2", b"[" * 128 + b"]" * 128, b"{}"],
    ids=["binary", "list", "form", "deep", "object"],
)
def test_bodies(relay, local, secret, tmp_path, body):
    """A body that is JSON, nested as deep as may be, or none at all."""
    with forward(relay, local, secret, tmp_path) as command:
        command.complains("Connected")
        send(relay, generic.GitHub(secret).post(body).but(query={"reply": None}))
        assert local.hears(1, PATIENCE)[0].body == body


def test_fields_of_ones_own(relay, local, secret, tmp_path):
    """--header replaces fields of its name, and adds others."""
    with forward(relay, local, secret, tmp_path, "--header", "X-Debug: yes", "--header", "User-Agent: desk") as command:
        command.complains("Connected")
        post(relay, secret, qq.event("hi"))
        fields = local.hears(1, PATIENCE)[0].fields()
    assert (b"X-Debug", b"yes") in fields
    assert [value for name, value in fields if name.lower() == b"user-agent"] == [b"desk"]


def test_filter(relay, local, secret, tmp_path):
    """Only what passes the relay's filter; what does not is not brought later either."""
    wanted = [qq.event(text).replace(b"C2C_MESSAGE_CREATE\"}", b"WANTED\"}") for text in "bd"]
    with forward(relay, local, secret, tmp_path, "--filter", "type=WANTED") as command:
        command.complains("Connected")
        # One that passes is the last: behind it the command might be ended before it hears what was left out.
        post(relay, secret, qq.event("a"), wanted[0], qq.event("c"), wanted[1])
        assert [heard.body for heard in local.hears(2, PATIENCE)] == wanted
        command.prints(2)
        command.signal()
        assert command.ends()[0] == 0
    with forward(relay, local, secret, tmp_path) as command:
        command.complains("Connected")
        last = qq.event("e")
        post(relay, secret, last)
        assert [heard.body for heard in local.hears(3, PATIENCE)] == [*wanted, last]


# What becomes of the answer


def test_answer_is_the_reply(relay, secret, tmp_path):
    """Status, header fields with repeats and body of the local server are the webhook's answer."""
    fields = (b"Content-Type: text/x-odd", b"X-Odd: a=1", b"Set-Cookie: c=3", b"X-Odd: b=2", b"Connection: close")
    with LocalServer(answer=b"\x00\xffanswer", status=b"418 Teapot", fields=fields) as local:
        with forward(relay, local, secret, tmp_path) as command:
            command.complains("Connected")
            answer = send(relay, generic.GitHub(secret).event("hi"))
            line = command.prints(1)[0]
    assert (answer.status, answer.body) == (418, b"\x00\xffanswer")
    assert answer.headers["Content-Type"] == "text/x-odd" and answer.headers.get_all("X-Odd") == ["a=1", "b=2"]
    assert answer.headers["Set-Cookie"] is None
    assert " 418 " in line and line.rstrip().endswith(" ms")


def test_answer_too_late(start, secret, tmp_path, local):
    """An answer after the platform's time is told, and the event counts as done."""
    relay = start()
    local.may_answer.clear()
    with forward(relay, local, secret, tmp_path) as command:
        command.complains("Connected")
        sending = Sending(relay, generic.GitHub(secret).event("hi"))
        assert sending.answered().body == b"OK"
        local.may_answer.set()
        command.complains("late")
        assert " 200 " in command.prints(1)[0]


# Order and how many at once


def test_order_and_concurrency(relay, local, secret, tmp_path):
    """One at a time in order by default; with --concurrency so many at once, and no more."""
    bodies = events(12)
    with forward(relay, local, secret, tmp_path) as command:
        command.complains("Connected")
        post(relay, secret, *bodies)
        assert [heard.body for heard in local.hears(12, PATIENCE)] == bodies
        command.prints(12)
        command.signal()
        assert command.ends()[0] == 0
    assert local.most_under_way == 1
    local.may_answer.clear()
    with forward(relay, local, secret, tmp_path, "--concurrency", 4) as command:
        command.complains("Connected")
        more = events(6, start=12)
        post(relay, secret, *more)
        local.hears(16, PATIENCE)
        local.may_answer.set()
        heard = local.hears(18, PATIENCE)
    assert local.most_under_way == 4
    assert sorted(h.body for h in heard[12:]) == sorted(more)


# Nothing lost


def test_local_server_away(relay, local, secret, tmp_path):
    """While the local server is away events wait, and come in order when it is back."""
    bodies = events(8)
    with forward(relay, local, secret, tmp_path) as command:
        command.complains("Something listens at")
        command.complains("Connected")
        post(relay, secret, *bodies[:2])
        local.hears(2, PATIENCE)
        command.prints(2)
        local.down()
        post(relay, secret, *bodies[2:])
        command.complains("connection refused")
        local.up()
        assert [heard.body for heard in local.hears(8, PATIENCE)] == bodies
        command.complains("is back after")
        assert len(command.prints(8)) == 8


def test_local_server_away_with_more_than_is_held(start, local, secret, tmp_path):
    """More than forward holds in memory waits at the relay, and nothing of it is lost."""
    relay = start("--retention-count", "5000")
    bodies = events(900)
    local.down()
    with forward(relay, local, secret, tmp_path, "--concurrency", 1) as command:
        command.complains("does not answer")
        command.complains("Connected")
        post(relay, secret, *bodies)
        local.up()
        assert [heard.body for heard in local.hears(900, PATIENCE * 2)] == bodies


def test_server_that_does_not_answer(relay, secret, tmp_path):
    """A server that takes an event and breaks off is tried --attempts times; then the next event has its turn."""
    with LocalServer() as local:
        local.breaks_off = True
        with forward(relay, local, secret, tmp_path, "--attempts", 2) as command:
            command.complains("Connected")
            post(relay, secret, *events(2))
            command.complains("Passed over after 2 attempts: send it again with hookwire replay --relay", times=2)
            assert all("  failed it closed the connection without" in line for line in command.prints(2))
        assert len(local.heard) == 4


@pytest.mark.timeout(STOPPED + 60)
@pytest.mark.parametrize(
    "answer", [b"SSH-2.0-OpenSSH_9.2\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", b"\xff" * (2 << 20)],
    ids=["another protocol", "no length", "without an end"],
)  # fmt: skip
def test_answer_that_is_no_http(relay, secret, tmp_path, answer):
    """Who has answered has had the event: it is sent once, told, and the next one is brought."""
    heard = []

    def serve(listener):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                with connection:
                    # Whether anything listens is asked without a request.
                    if request := connection.recv(65536):
                        heard.append(request.split(b"event ")[1][:1])
                        connection.sendall(answer)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, args=(listener,), daemon=True).start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        with forward(relay, None, secret, tmp_path, to=url) as command:
            command.complains("Connected")
            post(relay, secret, *events(2))
            rows = command.prints(2)
            command.complains("Not tried again: send it again with hookwire replay", 2)
            command.signal()
            assert command.ends()[0] == 0
        listener.shutdown(socket.SHUT_RDWR)
    assert heard == [b"0", b"1"]
    assert all("failed it answered something that is not HTTP (" in row for row in rows), rows


@pytest.mark.parametrize("field", [b"Content-Length: 9", b"Content-Type: text/event-stream"], ids=["half", "endless"])
def test_answer_that_is_not_whole(relay, secret, tmp_path, field):
    """Who has said what it makes of an event has had it: it is sent once. Half of an answer is no reply."""
    heard = []

    def serve(listener):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                if request := connection.recv(65536):
                    heard.append(request)
                    connection.sendall(b"HTTP/1.1 200 OK\r\n%s\r\n\r\nx" % field)
                    connection.recv(1)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, args=(listener,), daemon=True).start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        with forward(relay, None, secret, tmp_path, "--timeout", "200ms", "--json", to=url) as command:
            command.complains("Connected")
            send(relay, generic.GitHub(secret).post(b"{}").but(query={"reply": "1"}))
            assert json.loads(command.prints(1)[0])["status"] == 200
            command.complains("The answer is not whole (no answer in time): it cannot be the reply.")
            post(relay, secret, *events(1))
            command.prints(2)
        listener.shutdown(socket.SHUT_RDWR)
    assert len(heard) == 2


def test_stopped_and_continued(start, local, secret, tmp_path):
    """A laptop's sleep: the relay gives the connection up, and nothing is lost or comes twice."""
    relay = start(*QUICK)
    bodies = events(30)
    with forward(relay, local, secret, tmp_path) as command:
        command.complains("Connected")
        post(relay, secret, *bodies[:10])
        command.prints(10)
        command.signal(signal.SIGSTOP)
        post(relay, secret, *bodies[10:20])
        time.sleep(STOPPED)  # what is tested is the time
        command.signal(signal.SIGCONT)
        post(relay, secret, *bodies[20:])
        command.prints(30, seconds=PATIENCE * 2)
        command.complains("Connected again")
    assert [heard.body for heard in local.heard] == bodies


@pytest.mark.timeout(STOPPED + 60)
def test_stopped_while_the_server_answers(start, local, secret, tmp_path):
    """The answer that came during the sleep counts, longer than --timeout or not: its event does not come again."""
    relay = start(*QUICK)
    bodies = events(3)
    local.may_answer.clear()
    with forward(relay, local, secret, tmp_path, "--timeout", "5s") as command:
        command.complains("Connected")
        post(relay, secret, *bodies)
        local.hears(1, PATIENCE)
        command.signal(signal.SIGSTOP)
        local.may_answer.set()
        time.sleep(STOPPED)  # what is tested is the time
        command.signal(signal.SIGCONT)
        command.prints(3, seconds=PATIENCE * 2)
    assert [heard.body for heard in local.heard] == bodies


def test_killed_and_started_again(relay, local, secret, tmp_path):
    """kill -9: what the server had answered does not come again, what it had not does; nothing is passed over."""
    bodies = events(20)
    with forward(relay, local, secret, tmp_path) as command:
        command.complains("Connected")
        post(relay, secret, *bodies[:5])
        command.prints(5)
        local.may_answer.clear()
        post(relay, secret, *bodies[5:15])
        local.hears(6, PATIENCE)
        command.kill()
    local.may_answer.set()
    post(relay, secret, *bodies[15:])
    with forward(relay, local, secret, tmp_path) as command:
        command.prints(15)
    # The sixth was with the server when forward was killed, and no answer had come.
    assert [heard.body for heard in local.heard] == bodies[:6] + bodies[5:]


def test_killed_again_and_again(relay, local, secret, tmp_path):
    """However often it is killed in full flight: every event comes, in order; again comes at most one a kill."""
    bodies, kills = events(60), 5
    poster = threading.Thread(target=post, args=(relay, secret, *bodies))
    poster.start()
    for round in range(kills):
        with forward(relay, local, secret, tmp_path):
            local.hears(8 * (round + 1), PATIENCE)
    with forward(relay, local, secret, tmp_path):
        poster.join()
        with local.seen:
            assert local.seen.wait_for(lambda: local.heard and local.heard[-1].body == bodies[-1], PATIENCE)
    heard = [h.body for h in local.heard]
    once = [body for index, body in enumerate(heard) if index == 0 or body != heard[index - 1]]
    assert once == bodies
    assert len(heard) - len(once) <= kills


@pytest.fixture
def nodes(tmp_path):
    with RedisServer(tmp_path) as redis, tiers(redis.url, tmp_path, ingress=1, egress=1, flags=()) as ((ingress,), (egress,)):
        yield redis, ingress, egress


def test_egress_restart(nodes, local, secret, tmp_path):
    """The node ends without a word and another takes its address: forward goes on where it was."""
    redis, ingress, egress = nodes
    bodies = events(20)
    with forward(egress, local, secret, tmp_path) as command:
        command.complains("Connected")
        post(ingress, secret, *bodies[:10])
        command.prints(10)
        egress.kill()
        post(ingress, secret, *bodies[10:15])
        with TierNode("egress", redis.url, "--port", str(egress.port), folder=tmp_path) as again:
            assert again.port == egress.port
            post(ingress, secret, *bodies[15:])
            command.prints(20, seconds=PATIENCE * 2)
    assert [heard.body for heard in local.heard] == bodies


def test_egress_drain(nodes, local, secret, tmp_path):
    """A node that drains says when to come back."""
    _, ingress, egress = nodes
    with forward(egress, local, secret, tmp_path) as command:
        command.complains("Connected")
        egress.process.terminate()
        command.complains("draining; connect again in")
        command.complains("(1012)); trying again in")


@pytest.mark.parametrize("side", ["relay", "local server"])
def test_cut_network(nodes, local, secret, tmp_path, side):
    """Connections cut, reset, half open and silent: every event arrives as it was sent, in order.

    Towards the relay nothing comes twice, for what the server answered is known. Towards the local server an answer that
    was lost on the way was not had: its event comes again.
    """
    _, ingress, egress = nodes
    bodies = events(60)
    relay_kinds = ["cut", "reset", "half-open", "blackhole", "slow close"]
    kinds = relay_kinds if side == "relay" else ["reset", "slow close", "latency"]

    async def run():
        target = egress.port if side == "relay" else local.port
        async with FaultProxy(target) as proxy:
            ports = {"port": proxy.port} if side == "relay" else {"to": f"http://127.0.0.1:{proxy.port}/"}
            with forward(egress, local, secret, tmp_path, "--attempts", 100, **ports) as command:
                await asyncio.to_thread(command.complains, "Connected")
                for number in range(0, 60, 6):
                    await asyncio.to_thread(post, ingress, secret, *bodies[number : number + 6])
                    kind = kinds[number // 6 % len(kinds)]
                    hears = "client" if number % 12 else "server"
                    await proxy.suffer(Fault(0, "proxy", kind, 0.6, hears))
                await asyncio.to_thread(command.prints, 60, PATIENCE * 2)
            return proxy.faults

    assert asyncio.run(run()) == 10
    heard = [h.body for h in local.heard]
    if side == "relay":
        assert heard == bodies
    else:
        assert [body for index, body in enumerate(heard) if index == 0 or body != heard[index - 1]] == bodies


def test_silent_network(relay, local, secret, tmp_path):
    """A network that swallows everything and ends nothing: silence is noticed, and nothing is lost."""
    bodies = events(6)

    async def run():
        async with FaultProxy(relay.port) as proxy:
            with forward(relay, local, secret, tmp_path, port=proxy.port) as command:
                await asyncio.to_thread(command.complains, "Connected")
                await asyncio.to_thread(post, relay, secret, *bodies[:3])
                await asyncio.to_thread(command.prints, 3)
                silence = asyncio.create_task(proxy.suffer(Fault(0, "proxy", "blackhole", 18)))
                await asyncio.to_thread(post, relay, secret, *bodies[3:])
                await asyncio.to_thread(command.complains, "the relay has been silent", 1, 25)
                await silence
                await asyncio.to_thread(command.prints, 6, PATIENCE * 2)

    asyncio.run(run())
    assert [heard.body for heard in local.heard] == bodies


def test_lost_events_are_told(start, local, secret, tmp_path):
    """Where the log has let go of events, forward says so and goes on with what is left."""
    relay = start("--retention-count", "5")
    with forward(relay, local, secret, tmp_path) as command:
        command.complains("Connected")
        post(relay, secret, qq.event("first"))
        command.prints(1)
    bodies = events(30)
    post(relay, secret, *bodies)
    with forward(relay, local, secret, tmp_path) as command:
        command.complains("Events were lost (trimmed)")
        with local.seen:
            assert local.seen.wait_for(lambda: local.heard[-1].body == bodies[-1], PATIENCE)
        heard = [h.body for h in local.heard]
        assert len(heard) > 1 and heard[1:] == bodies[-len(heard[1:]):]


# Beginnings and ends


def test_new_name_begins_behind_what_was_had(relay, local, secret, tmp_path):
    """A first start gets what nobody has had, not what the bot has."""
    first, second = qq.event("first"), qq.event("second")
    post(relay, secret, first)
    with relay.bot(secret) as bot:
        assert bot.recv(timeout=PATIENCE)
    post(relay, secret, second)
    with forward(relay, local, secret, tmp_path):
        assert local.hears(1, PATIENCE)[0].body == second


def test_local_server_is_asked_once(relay, local, secret, tmp_path):
    """Whether the local server is there is said once at the start, and once when it is back."""
    local.down()
    with forward(relay, local, secret, tmp_path) as command:
        command.complains("does not answer (connection refused): events wait")
        command.complains("Connected")
        post(relay, secret, *events(2))
        local.up()
        command.prints(2)
        assert command.errors.count("does not answer") == 1
        assert command.errors.count("is back after") == 1


def test_output_that_cannot_be_written(relay, local, secret, tmp_path):
    """A full disk keeps no event from the server; that it was full is said, and is the exit code."""
    with open("/dev/full", "wb") as full, (tmp_path / "errors").open("wb") as errors:
        command = subprocess.Popen(
            [BINARY, "forward", "--relay", relay.url, "--to", local.url],
            stdout=full, stderr=errors, stdin=subprocess.DEVNULL, env=environment(HOOKWIRE_SECRET=secret),
        )  # fmt: skip
        post(relay, secret, *events(2))
        local.hears(2, PATIENCE)
        command.terminate()
        assert command.wait(PATIENCE) == 1
    assert "The output cannot be written" in (tmp_path / "errors").read_text()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stop(relay, local, secret, tmp_path, number):
    """It ends in good order: what is under way is answered and counts."""
    body = qq.event("hi")
    local.may_answer.clear()
    with forward(relay, local, secret, tmp_path) as command:
        command.complains("Connected")
        post(relay, secret, body)
        local.hears(1, PATIENCE)
        command.signal(number)
        local.may_answer.set()
        code, printed = command.ends()
        assert code == 0 and " 200 " in printed
    with forward(relay, local, secret, tmp_path) as command:
        command.complains("Connected")
        last = qq.event("last")
        post(relay, secret, last)
        assert [heard.body for heard in local.hears(2, PATIENCE)] == [body, last]


def test_exit_codes(relay, secret, tmp_path):
    """64 for the command's mistakes, 1 for a relay that refuses."""
    address = ["--relay", relay.url, "--secret", secret]
    for mistake in (["--to", "nowhere"], ["--to", "http://x/", "--concurrency", "0"], ["--to", "http://x/", "--filter", "x"],
                    ["--to", "http://x/", "--header", "none"], []):
        assert run_command([BINARY, "forward", *address, *mistake]).returncode == 64, mistake
    for field in ("Content-Length: 3", "transfer-encoding: chunked", "Connection: close", "Expect: 100-continue"):
        framing = run_command([BINARY, "forward", *address, "--to", "http://x/", "--header", field])
        assert framing.returncode == 64 and f"cannot set {field.split(':')[0]}" in framing.stderr, framing.stderr
    # Of what is no field nothing is shown: it may be a secret.
    for field in ("Bearer hidden-token", "hidden token: x", "X-Test: hidden\x01", ": hidden"):
        mistake = run_command([BINARY, "forward", *address, "--to", "http://x/", "--header", field])
        assert mistake.returncode == 64 and "--header takes a field such as" in mistake.stderr, mistake.stderr
        assert "hidden" not in mistake.stderr
    hosts = ["--header", "Host: a", "--header", "host: b"]
    twice = run_command([BINARY, "forward", *address, "--to", "http://x/", *hosts])
    assert twice.returncode == 64 and "Host once" in twice.stderr
    refused = run_command([BINARY, "forward", *address, "--to", "http://localhost:1/", "--filter", "where=x"])
    assert refused.returncode == 1 and "where= a path and a value" in refused.stderr


def test_unreachable(secret, tmp_path, local):
    """A relay that is not there is tried for ten seconds."""
    with Command("forward", "--relay", "http://127.0.0.1:1", "--to", local.url, secret=secret, folder=tmp_path) as command:
        assert command.ends(PATIENCE * 2)[0] == 2
        assert "Cannot reach http://127.0.0.1:1: connection refused." in command.errors


def test_json(relay, local, secret, tmp_path):
    """An object a line, for programs."""
    with forward(relay, local, secret, tmp_path, "--json") as command:
        command.complains("Connected")
        post(relay, secret, qq.event("hi"))
        row = json.loads(command.prints(1)[0])
    assert row.keys() == {"time_ms", "position", "type", "id", "platform", "status", "duration_ms", "attempts"}
    assert (row["type"], row["status"], row["attempts"]) == ("C2C_MESSAGE_CREATE", 200, 1)


def test_pipe_is_plain(relay, local, secret, tmp_path):
    """No escape bytes in a pipe, whatever the event's type has in it."""
    with forward(relay, local, secret, tmp_path, "--concurrency", 2) as command:
        command.complains("Connected")
        post(relay, secret, qq.event("x").replace(b'"C2C_MESSAGE_CREATE"}', b'"a\\u001b[31mb\\r\\u009bc\\u202e"}'))
        line = command.prints(1)[0]
    assert not any(ord(char) < 32 or 127 <= ord(char) < 160 or char == "\u202e" for char in line.rstrip("\n"))
    assert line.count("  ") == 3 and "\x1b" not in command.errors


def test_dialogflow_through_two_tiers(nodes, secret, tmp_path):
    """A request to one tier is answered by the local server behind the other."""
    _, ingress, egress = nodes
    answer = json.dumps({"fulfillmentText": "sunny"}).encode()
    agent = DialogflowES(secret)
    with LocalServer(answer=answer, fields=(b"Content-Type: application/json",)) as local:
        with forward(egress, local, secret, tmp_path) as command:
            command.complains("Connected")
            assert agent.said(send(ingress, agent.event("weather"))) == "sunny"


# TLS


def test_tls(start, certificate, secret, tmp_path):
    """A relay and a local server on TLS: an unknown certificate is named, and taken with the flag of whose it is."""
    files = certificate / "cert.pem", certificate / "key.pem"
    relay = start("--tls-cert", files[0], "--tls-key", files[1])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*files)
    with LocalServer(tls=context) as local:
        words = ("forward", "--relay", relay.url, "--to", local.url)
        with Command(*words, secret=secret, folder=tmp_path) as command:
            command.complains("its TLS certificate is not trusted; --insecure takes any")
        with Command(*words, "--insecure-to", secret=secret, folder=tmp_path) as command:
            command.complains("its TLS certificate is not trusted; --insecure takes any")
        with Command(*words, "--insecure", "--insecure-to", secret=secret, folder=tmp_path) as command:
            command.complains("Connected")
            body = qq.event("hi")
            client = ssl._create_unverified_context()
            relay.request("POST", qq.webhook_path(secret), body, qq.signed_headers(secret, body), context=client)
            assert local.hears(1, PATIENCE)[0].body == body
            assert " 200 " in command.prints(1)[0]


def test_stopped_while_tls_is_silent(start, local, certificate, secret, tmp_path):
    """A relay that says nothing any more is not waited for twice, once for its goodbye and once for that of TLS: with an
    event under way, too, the command ends in good order before it is ended."""
    relay = start("--tls-cert", certificate / "cert.pem", "--tls-key", certificate / "key.pem")
    local.may_answer.clear()
    body = qq.event("hi")
    client = ssl._create_unverified_context()

    async def run():
        async with FaultProxy(relay.port) as proxy:
            address = f"https://127.0.0.1:{proxy.port}"
            words = ("forward", "--relay", address, "--to", local.url, "--insecure")
            with Command(*words, secret=secret, folder=tmp_path) as command:
                await asyncio.to_thread(command.complains, "Connected")
                relay.request("POST", qq.webhook_path(secret), body, qq.signed_headers(secret, body), context=client)
                await asyncio.to_thread(local.hears, 1, PATIENCE)
                proxy.swallow()
                command.signal()
                assert (await asyncio.to_thread(command.ends))[0] == 0

    asyncio.run(run())


def test_untrusted_server(relay, certificate, secret, tmp_path):
    """A local server with which there is no TLS has had nothing: its events wait, and are not passed over."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    with LocalServer(tls=context) as local:
        words = ("forward", "--relay", relay.url, "--to", local.url, "--attempts", 1)
        with Command(*words, secret=secret, folder=tmp_path) as command:
            command.complains("Connected")
            post(relay, secret, body := qq.event("hi"))
            command.complains("(its TLS certificate is not trusted; --insecure-to takes any): events wait until it is back")
            assert "Passed over" not in command.errors
        with Command(*words, "--insecure", secret=secret, folder=tmp_path) as command:
            command.complains("(its TLS certificate is not trusted; --insecure-to takes any): events wait until it is back")
            assert not local.heard
        with Command(*words, "--insecure-to", secret=secret, folder=tmp_path):
            assert local.hears(1, PATIENCE)[0].body == body


# On a terminal


def test_table(start, local, secret):
    """A heading once, a row an event within the width, what is under way below it; foreign characters do nothing."""
    relay = start()
    long = qq.event("x").replace(b'"C2C_MESSAGE_CREATE"}', b'"' + b"LONG_" * 20 + b'\\u001b[2J\\u202e"}')
    with OnTerminal("forward", "--relay", relay.url, "--to", local.url, secret=secret) as terminal:
        terminal.shows("Connected")
        post(relay, secret, qq.event("a"), long)
        terminal.draws(lambda screen: sum(" ms" in line for line in screen) == 2)
        local.may_answer.clear()
        post(relay, secret, qq.event("b"))
        local.hears(3, PATIENCE)
        terminal.draws(lambda screen: screen[-2].endswith("  …"))
        local.may_answer.set()
        terminal.draws(lambda screen: sum(" ms" in line for line in screen) == 3)
        terminal.signal()
        assert terminal.process.wait(PATIENCE) == 0
    screen = [line for line in terminal.screen if line]
    assert [line.split() for line in screen if line.startswith("TIME")] == [["TIME", "TYPE", "ID", "STATUS", "DURATION"]]
    rows = [line for line in screen if line.endswith(" ms")]
    assert len(rows) == 3 and all(len(line) <= 80 for line in rows)
    assert all(re.fullmatch(r"\d\d:\d\d:\d\d\.\d{3}  .{22}  .{22}  200 +\d+ ms", row) for row in rows), rows
    assert "\x1b[2J" not in terminal.output and "\u202e" not in terminal.output
    assert "\x1b[32m200" in terminal.output


def test_backlog_bar(start, local, secret):
    """A backlog's progress is a bar below the rows, which goes when the backlog is done."""
    relay = start()
    post(relay, secret, *events(30))
    local.may_answer.clear()
    with OnTerminal("forward", "--relay", relay.url, "--to", local.url, secret=secret) as terminal:
        terminal.shows("] 0/30")
        local.may_answer.set()
        terminal.shows("/30\r\n")
        local.hears(30, PATIENCE)
        terminal.shows(".] 29/30")
        terminal.draws(lambda screen: sum(line.endswith(" ms") for line in screen) == 30 and "backlog" not in "".join(screen))
