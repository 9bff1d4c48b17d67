"""Commands that keep a socket, at a server that means them harm or cannot serve them."""

import itertools
import json
import subprocess

import pytest

from hostile_relay import HostileRelay, messages
from local_server import LocalServer
from relay import BINARY, PATIENCE, environment, run_command
from websocket_raw import encode


def test_bench_tells_why_its_sockets_ended():
    """Sockets that end before anything is sent are as lost as those that end later."""
    with HostileRelay(lambda connection: connection.shutdown(2)) as relay:
        address = f"127.0.0.1:{relay.port}"
        done = subprocess.run(
            [BINARY, "bench", "--webhook", f"http://{address}/", "--socket", f"ws://{address}/", "--events", "20",
             "--settle", "500ms", "--json"],
            capture_output=True, timeout=PATIENCE * 2, env=environment(),
        )  # fmt: skip
    report = json.loads(done.stdout)
    assert done.returncode == 1
    assert report["failures"]["socketsLost"] == {"cut_off": 1}
    assert "1 sockets ended early: cut_off" in report["problems"]


RECOVERY = {"type": "hookwire.recovery", "position": "9f2c61d07a55e013-1", "head": "9f2c61d07a55e013-3", "recovered": True}
EVENT = {
    "specversion": "1.0", "id": "1", "source": "hookwire:test", "type": "webhook", "platform": "generic",
    "position": "9f2c61d07a55e013-2", "method": "POST", "path": "", "headers": "[]", "data": {},
}  # fmt: skip


def silent(connection):
    """As a relay does whose store is away."""


def losing(connection):
    """Ends every connection at once."""
    connection.shutdown(2)


def slow(connection):
    """As a relay does whose store is lost in the middle of the log."""
    for message in (RECOVERY, EVENT):
        connection.sendall(encode(1, json.dumps(message, separators=(",", ":")).encode(), masked=False))


def breaking_off():
    """The first connection ends in the middle of the log, and the others say nothing."""
    first = itertools.count()

    def treat(connection):
        if next(first) == 0:
            slow(connection)
            connection.shutdown(2)

    return treat


AWAY = "did not send them: its store may be away"
LOST = "was lost (the connection broke), and was not had again within 10 s. Try again later."


@pytest.mark.parametrize(
    "treat, sentence", [(silent, AWAY), (losing, LOST), (breaking_off(), AWAY)], ids=["silent", "losing", "breaking off"]
)
def test_replay_waits_only_so_long(treat, sentence):
    """A relay that takes the client and does not send what was asked for ends the command: nothing counts as all of it."""
    with HostileRelay(treat) as relay:
        done = run_command(
            [BINARY, "replay", "--relay", f"http://127.0.0.1:{relay.port}", "--secret", "replay-secret", "--last", "9",
             "--to", "http://127.0.0.1:9/"]
        )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, "")
    assert sentence in done.stderr


def test_replay_from_a_relay_that_is_down():
    """Why a relay cannot be reached is said, and what it answers in place of a socket."""
    words = [BINARY, "replay", "--secret", "replay-secret", "--last", "9", "--to", "http://127.0.0.1:9/", "--relay"]
    done = run_command([*words, "http://127.0.0.1:1"])
    assert (done.returncode, done.stderr) == (2, "Cannot reach http://127.0.0.1:1: connection refused.\n")
    problem = json.dumps({"detail": "This node is draining.", "reason": "draining"}).encode()
    answer = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: %d\r\n\r\n%s" % (len(problem), problem)
    with HostileRelay(silent, answers=[answer] * 99) as relay:
        done = run_command([*words, f"http://127.0.0.1:{relay.port}"])
    assert (done.returncode, done.stderr) == (1, "The relay refused. 503: This node is draining.\n")


def event(number):
    return EVENT | {"id": str(number), "position": f"9f2c61d07a55e013-{number}", "data": {"n": number}}


LOSS = RECOVERY | {"recovered": False, "reason": "trimmed", "detail": "let go"}
LOSSES = {
    "in the middle": (
        ["--last", "9"], [RECOVERY, event(2), LOSS | {"position": "9f2c61d07a55e013-2"}, event(3)], [2, 3],
        "Events behind 9f2c61d07a55e013-2 were lost (trimmed): let go.",
    ),
    "behind the end": (
        ["--from", "9f2c61d07a55e013-2", "--until", "9f2c61d07a55e013-5"], [RECOVERY, event(2), event(3)], [2, 3],
        "There is no 9f2c61d07a55e013-5: the log ends with 9f2c61d07a55e013-3.",
    ),
    "at the beginning": (
        ["--from", "9f2c61d07a55e013-2"], [RECOVERY, event(3)], [3],
        "9f2c61d07a55e013-2 did not come: it may be for one consumer only",
    ),
}  # fmt: skip


@pytest.mark.parametrize("words, messages, came, sentence", LOSSES.values(), ids=LOSSES)
def test_replay_says_what_was_lost(words, messages, came, sentence):
    """Of what was selected, what came is sent; what was lost, or is not there, is told, and is exit code 1."""

    def treat(connection):
        for message in messages:
            connection.sendall(encode(1, json.dumps(message, separators=(",", ":")).encode(), masked=False))

    with HostileRelay(treat) as relay, LocalServer() as local:
        address = f"http://127.0.0.1:{relay.port}"
        done = run_command([BINARY, "replay", "--relay", address, "--secret", "replay-secret", *words, "--to", local.url])
        assert [json.loads(heard.body)["n"] for heard in local.heard] == came, done.stderr
    assert done.returncode == 1 and sentence in done.stderr


def test_replay_asks_how_far_the_relay_is():
    """With a filter nobody knows which event is the last: however long the relay reads in its log, the end is where it says."""

    def tell(connection, frame):
        connection.sendall(encode(1, json.dumps(frame, separators=(",", ":")).encode(), masked=False))

    def treat(connection):
        pong = {"specversion": "1.0", "id": "p", "source": "hookwire:relay", "type": "hookwire.pong"}
        tell(connection, RECOVERY | {"head": "9f2c61d07a55e013-99"})
        questions = (text for opcode, text in messages(connection) if opcode == 1)
        for number in range(1, 60):  # some three seconds, in which no event passes the filter
            assert json.loads(next(questions)) == {"type": "ping"}
            tell(connection, pong | ({} if number == 1 else {"position": f"9f2c61d07a55e013-{number}"}))
        tell(connection, event(60))
        next(questions)
        tell(connection, pong | {"position": "9f2c61d07a55e013-99"})

    with HostileRelay(treat) as relay, LocalServer() as local:
        address = f"http://127.0.0.1:{relay.port}"
        words = ["--secret", "replay-secret", "--last", "9", "--filter", "type=webhook", "--to", local.url]
        done = run_command([BINARY, "replay", "--relay", address, *words])
        assert [json.loads(heard.body)["n"] for heard in local.heard] == [60], done.stderr
    assert (done.returncode, done.stderr) == (0, "")


def test_replay_says_what_did_not_come():
    """Where the log goes on and nothing comes, what came is sent, and what did not is told."""
    with HostileRelay(slow) as relay, LocalServer() as local:
        done = run_command(
            [BINARY, "replay", "--relay", f"http://127.0.0.1:{relay.port}", "--secret", "replay-secret", "--last", "9",
             "--to", local.url]
        )  # fmt: skip
        assert [heard.body for heard in local.heard] == [b"{}"], done.stderr
    assert done.returncode == 1
    assert "nothing behind 9f2c61d07a55e013-2, though its log goes on to 9f2c61d07a55e013-3" in done.stderr
