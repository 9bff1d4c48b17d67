"""What `hookwire listen` prints when it comes back to a relay that is not as it was."""

import itertools
import json
import queue
import signal

from desk import Command
from front import Front
from hostile_relay import HostileRelay, messages
from local_server import LocalServer
from relay import PATIENCE
from test_forward import events, post
from test_listen import bodies, listen
from websocket_raw import encode

OLD, NEW = "9f2c61d07a55e013", "1f2c61d07a55e013"


def recovery(position, **members):
    return {"type": "hookwire.recovery", "position": position, "recovered": True, **members}


def event(position, number, **members):
    return {
        "specversion": "1.0", "id": position, "source": "hookwire:test", "type": "webhook", "platform": "generic",
        "time": f"2026-01-31T12:00:0{number}.000Z", "position": position, "method": "POST", "path": "", "headers": "[]",
        **members, "data": {"n": number},
    }  # fmt: skip


def tell(connection, *messages):
    for message in messages:
        connection.sendall(encode(1, json.dumps(message, separators=(",", ":")).encode(), masked=False))


def test_a_relay_without_a_store_restarts(start, secret, tmp_path):
    """Its log begins anew: what came to the new one before the command was back is printed."""
    first = start()
    sent = events(5)
    with Front([first]) as front, listen(first, secret, tmp_path, port=front.port) as command:
        command.complains("Connected")
        post(first, secret, *sent[:2])
        command.prints(2)
        front.nodes.clear()
        first.signal(signal.SIGTERM)
        first.wait()
        second = start()
        post(second, secret, *sent[2:4])
        front.nodes.append(second)
        command.complains("Events were lost (epoch_changed)", seconds=PATIENCE * 2)
        command.prints(4)
        post(second, secret, sent[4])
        assert bodies(command.prints(5)) == sent
        assert command.errors.count("Events were lost") == command.errors.count("Connected again") == 1


def test_a_long_absence(start, secret, tmp_path):
    """What the log has let go of is told, and what it has still is printed."""
    data = str(tmp_path / "data")
    first = start("--data", data)
    with listen(first, secret, tmp_path) as command:
        command.complains("Connected")
        post(first, secret, *events(1))
        command.prints(1)
        first.signal(signal.SIGTERM)
        first.wait()
        meanwhile = start("--data", data, "--retention-count", "3")
        sent = events(300, start=1)
        post(meanwhile, secret, *sent)
        meanwhile.signal(signal.SIGTERM)
        meanwhile.wait()
        start("--data", data, "--retention-count", "3", port_flags=("--port", str(first.port)))
        command.complains("Events were lost (trimmed)", seconds=PATIENCE * 2)
        with command.seen:
            assert command.seen.wait_for(lambda: bodies(command.lines[-1:]) == sent[-1:], PATIENCE)
        printed = bodies(command.lines)[1:]
        assert len(printed) >= 3 and printed == sent[-len(printed):]
        assert command.errors.count("Events were lost") == 1


def test_nothing_is_printed_twice(tmp_path):
    """A store that lost its newest events only has the others again, at other positions. One that has nothing new is asked
    by time once more, and told of once."""
    number = itertools.count(1)

    def treat(connection):
        match next(number):
            case 1:
                tell(connection, recovery(f"{OLD}-0"), event(f"{OLD}-1", 1), event(f"{OLD}-2", 2))
                connection.shutdown(2)
            case 2:
                tell(connection, recovery(f"{NEW}-2", recovered=False, reason="epoch_changed", detail="it is another"))
            case 3:
                tell(connection, recovery(f"{NEW}-0"))
                connection.shutdown(2)
            case 4:
                tell(connection, recovery(f"{NEW}-0"), event(f"{NEW}-1", 1), event(f"{NEW}-2", 3))

    flags = ("--relay", "http://127.0.0.1:{}", "--since", "1h", "--count", 3)
    with HostileRelay(treat) as relay:
        flags = [str(flag).format(relay.port) for flag in flags]
        with Command("listen", *flags, secret="listen-secret", folder=tmp_path) as command:
            code, printed = command.ends(PATIENCE * 2)
            errors = command.errors
    assert code == 0 and [json.loads(line)["data"]["n"] for line in printed.splitlines()] == [1, 2, 3]
    assert errors.count("Events were lost (epoch_changed): it is another. Going on with what is retained.") == 1, errors
    asked = [target.split("?")[1].split("=")[0] for target in relay.asked]
    assert asked == ["since", "after", "since", "after"]


FOREIGN = {
    "portal": b"HTTP/1.1 302 Found\r\nLocation: http://portal.example/\r\nContent-Length: 0\r\n\r\n",
    "page": b"HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n<html></html>",
    "another protocol": b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
    "bare 403": b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n",
}


def test_something_in_between(tmp_path):
    """What answers in the relay's place for a while ends nothing; the relay's own word does."""
    number = itertools.count(1)

    def treat(connection):
        if (count := next(number)) < 3:
            tell(connection, recovery(f"{OLD}-0"), event(f"{OLD}-{count}", count))
            connection.shutdown(2)

    problem = json.dumps({"title": "Forbidden", "status": 403, "detail": "You are banned.", "reason": "banned"}).encode()
    refusal = b"HTTP/1.1 403 Forbidden\r\nContent-Length: %d\r\n\r\n%s" % (len(problem), problem)
    with HostileRelay(treat, answers=[None, *FOREIGN.values(), None, refusal]) as relay:
        with Command("listen", "--relay", f"http://127.0.0.1:{relay.port}", secret="listen-secret", folder=tmp_path) as command:
            command.prints(2, PATIENCE * 4)
            assert command.ends()[0] == 1
            assert "The relay refused. 403: You are banned." in command.errors
            assert "Not connected (what answers there is no Hookwire relay)" in command.errors
            assert "(302: it leads to http://portal.example: if the relay is there, give that to --relay)" in command.errors
            assert "(403: Forbidden)" in command.errors


def test_where_it_began(tmp_path):
    """Before the first event it goes on where the relay says that it was, however long the way back takes; and where the
    relay is behind what a filter kept back, behind that."""
    number = itertools.count(1)

    def treat(connection):
        frames = messages(connection)
        if (count := next(number)) == 1:
            assert json.loads(next(frames)[1]) == {"type": "ping"}
            tell(connection, {"type": "hookwire.pong", "position": f"{OLD}-7"})
        elif count == 2:
            tell(connection, recovery(f"{OLD}-7"), {"type": "hookwire.pong", "position": f"{OLD}-9"})
        else:
            tell(connection, recovery(f"{OLD}-9"), event(f"{OLD}-10", 1))
            return
        connection.shutdown(2)

    with HostileRelay(treat) as relay:
        flags = ("--relay", f"http://127.0.0.1:{relay.port}", "--count", 1)
        with Command("listen", *flags, secret="listen-secret", folder=tmp_path) as command:
            assert command.ends()[0] == 0
    asked = [target.split("?")[1].split("&")[0] for target in relay.asked]
    assert asked == ["backlog=off", f"after={OLD}-7", f"after={OLD}-9"]


def test_acknowledgements_stay_in_their_log(tmp_path):
    """What was done of a log that is no more is not said of the new one; in the same log it is said once more."""
    number = itertools.count(1)
    said = queue.Queue()

    def acknowledged(frames):
        return next(json.loads(payload)["position"] for opcode, payload in frames if opcode == 1)

    def treat(connection):
        frames = messages(connection)
        match next(number):
            case 1:
                tell(connection, recovery(f"{OLD}-0"), event(f"{OLD}-1", 1))
                said.put(acknowledged(frames))
            case 2:
                # What was sent at the opening comes before the answer to a ping.
                connection.sendall(encode(9, b"p", masked=False))
                said.put(next(frames))
                tell(connection, recovery(f"{NEW}-0", recovered=False, reason="epoch_changed", detail="new"), event(f"{NEW}-1", 2))
                said.put(acknowledged(frames))
            case 3:
                connection.sendall(encode(9, b"p", masked=False))
                said.put(next(frames))
                tell(connection, recovery(f"{NEW}-1"))
                said.put(acknowledged(frames))
        connection.shutdown(2)

    with HostileRelay(treat) as relay, LocalServer() as local:
        words = ("forward", "--relay", f"http://127.0.0.1:{relay.port}", "--to", local.url)
        with Command(*words, secret="forward-secret", folder=tmp_path):
            heard = [said.get(timeout=PATIENCE) for _ in range(5)]
    assert heard == [f"{OLD}-1", (10, b"p"), f"{NEW}-1", (10, b"p"), f"{NEW}-1"]


def test_a_loss_on_the_way(tmp_path):
    """What is lost behind the beginning is told, and nothing more is asked for."""

    def treat(connection):
        lost = recovery(f"{OLD}-4", recovered=False, reason="trimmed", detail="let go")
        tell(connection, recovery(f"{OLD}-0"), event(f"{OLD}-1", 1), lost, event(f"{OLD}-5", 5))

    with HostileRelay(treat) as relay:
        flags = ("--relay", f"http://127.0.0.1:{relay.port}", "--since", "1h", "--count", 2)
        with Command("listen", *flags, secret="listen-secret", folder=tmp_path) as command:
            code, printed = command.ends()
            assert f"Going on behind {OLD}-4." in command.errors
    assert code == 0 and len(printed.splitlines()) == 2 and len(relay.asked) == 1
