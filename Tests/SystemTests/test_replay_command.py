"""`hookwire replay`: retained events once more, to a URL or through the relay.

The relay's own `POST /replay` is tested in test_replay_route.py; here a front stands before the relay that answers it by the
contract, and keeps what was asked.
"""

import contextlib
import json
import os
import re
import signal
import socket
import ssl
import threading

import pytest

import qq
from desk import Command, OnTerminal
from local_server import LocalServer
from relay import BINARY, PATIENCE, run_command
from test_forward import events, post
from test_tls import certificate  # noqa: F401 (a fixture)
from waiting import until


@pytest.fixture
def local():
    with LocalServer() as server:
        yield server


def replay(relay, secret, *words, port=None, stdin=None, env=None):
    """Runs it to its end."""
    address = f"http://127.0.0.1:{port or relay.port}"
    command = [BINARY, "replay", "--relay", address, "--secret", secret, *words]
    done = run_command(["env", *[f"{name}={value}" for name, value in (env or {}).items()], *command], input=stdin)
    assert secret not in done.stdout + done.stderr
    return done


@pytest.fixture
def log(relay, secret, tmp_path):
    """Five events on the log, with their positions."""
    bodies = events(5)
    post(relay, secret, *bodies)
    with Command("listen", "--relay", relay.url, "--since", "5m", "--count", 5, secret=secret, folder=tmp_path) as command:
        positions = [json.loads(line)["position"] for line in command.prints(5)]
    return bodies, positions


def sent(local):
    return [heard.body for heard in local.heard]


# To a URL


@pytest.mark.parametrize(
    "words, which",
    [
        (lambda p: ["--position", p[1]], slice(1, 2)),
        (lambda p: ["--from", p[1], "--until", p[3]], slice(1, 4)),
        (lambda p: ["--from", p[3]], slice(3, 5)),
        (lambda p: ["--since", "5m"], slice(0, 5)),
        (lambda p: ["--last", "2"], slice(3, 5)),
        (lambda p: ["--last", "99"], slice(0, 5)),
    ],
    ids=["one", "range", "open range", "since", "last", "last of fewer"],
)
def test_to_a_url(relay, secret, local, log, words, which):
    """One event, a range, what is young or what is last: in order, as the platform sent it, once."""
    bodies, positions = log
    done = replay(relay, secret, *words(positions), "--to", local.url + "hook")
    assert done.returncode == 0, done.stderr
    assert sent(local) == bodies[which]
    assert all(heard.line == b"POST /hook HTTP/1.1" for heard in local.heard)
    assert len(done.stdout.splitlines()) == len(bodies[which]) and "\x1b" not in done.stdout
    fields = dict(local.heard[0].fields())
    assert fields[b"X-Signature-Ed25519"] and fields[b"Host"] == f"127.0.0.1:{local.port}".encode()


def test_what_does_not_come_is_not_waited_for(relay, secret, local, log):
    """Events that do not pass the filter, or are another consumer's, are no loss, wherever they stand."""
    bodies, positions = log
    assert replay(relay, secret, "--position", positions[3], "--consumer", "other").returncode == 0
    text = json.loads(bodies[1])["d"]["content"]
    for words in (), ("--filter", f"where=d.content:{text}"):
        done = replay(relay, secret, "--since", "5m", *words, "--to", local.url)
        assert (done.returncode, done.stderr) == (0, "")
    assert sent(local) == [*bodies, bodies[1]]


def test_had_by_nobody(relay, secret, local, log):
    """What was sent to a URL is still new to the bot."""
    bodies, _ = log
    assert replay(relay, secret, "--since", "5m", "--to", local.url).returncode == 0
    with relay.bot(secret) as bot:
        assert [bot.recv(timeout=PATIENCE).encode() for _ in bodies] == bodies


def test_edited_from_a_file(relay, secret, local, log, tmp_path):
    """--body takes a file, or standard input, in place of the event's own."""
    _, positions = log
    (tmp_path / "body").write_bytes(b"\x00 other\n")
    assert replay(relay, secret, "--position", positions[0], "--body", tmp_path / "body", "--to", local.url).returncode == 0
    assert replay(relay, secret, "--last", "1", "--body", "-", "--to", local.url, stdin="typed").returncode == 0
    assert sent(local) == [b"\x00 other\n", b"typed"]
    assert dict(local.heard[1].fields())[b"Content-Length"] == b"5"


@pytest.mark.parametrize("name, why", [("/dev/zero", "it has more than 16MiB"), ("/nonexistent", "No such file")])
def test_a_body_that_cannot_be_read(relay, secret, local, log, name, why):
    """The file is named, and one without an end is not read for ever."""
    for more in ((), ("--to", local.url)):
        done = replay(relay, secret, "--position", log[1][0], "--body", name, *more)
        assert done.returncode == 1 and f"Cannot read {name}: {why}" in done.stderr, done.stderr
    assert not local.heard


def test_edited_in_an_editor(relay, secret, local, log):
    """--edit gives the body to the editor, and sends what that leaves; an editor that fails sends nothing."""
    bodies, positions = log
    words = ("--position", positions[2], "--edit", "--to", local.url)
    assert replay(relay, secret, *words, env={"EDITOR": "sed -i s/event/edited/"}).returncode == 0
    assert sent(local) == [bodies[2].replace(b"event", b"edited")]
    # The editor has this process's environment, but for the secret.
    hidden = {"HOOKWIRE_REGISTRY_KEY": qq.secret(), "HOOKWIRE_REDIS_URL": f"redis://:{qq.secret()}@127.0.0.1"}
    curious = {"EDITOR": "env >", "HOOKWIRE_SECRET": secret, "HOOKWIRE_SECRETARY": "stays"} | hidden
    assert replay(relay, secret, *words, env=curious).returncode == 0
    variables = sent(local)[1].splitlines()
    assert b"HOOKWIRE_SECRETARY=stays" in variables and secret.encode() not in sent(local)[1]
    assert not any(value.encode() in sent(local)[1] for value in hidden.values())
    failed = replay(relay, secret, *words, env={"VISUAL": "false"})
    assert failed.returncode == 1 and "nothing was sent" in failed.stderr
    assert len(local.heard) == 2


def test_interrupted_in_the_editor(relay, secret, local, log, tmp_path):
    """Ctrl-C is the editor's while it is open: the command goes on when that ends, and leaves nothing behind."""
    bodies, positions = log
    editor, folder = tmp_path / "editor", tmp_path / "temporary"
    editor.write_text('#!/bin/sh\ntrap : INT\nkill -INT 0\nsed -i s/event/edited/ "$1"\n')
    editor.chmod(0o755)
    folder.mkdir()
    words = ("--relay", relay.url, "--position", positions[2], "--edit", "--to", local.url)
    env = {"EDITOR": f"exec {editor}", "TMPDIR": str(folder)}
    with OnTerminal("replay", *words, secret=secret, env=env) as terminal:
        assert terminal.process.wait(PATIENCE * 2) == 0, terminal.output
    assert sent(local) == [bodies[2].replace(b"event", b"edited")]
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_ended_in_the_editor(relay, secret, log, tmp_path, number):
    """A signal that ends the command ends it at once, and leaves nothing of the body behind."""
    editor, folder, is_open = tmp_path / "editor", tmp_path / "temporary", tmp_path / "open"
    # It stays open when the command has gone.
    waiting = f"while [ -e {is_open} ]; do sleep 0.1; done"
    editor.write_text(f"#!/bin/sh\ntouch {is_open}\nexec timeout 60 sh -c '{waiting}'\n")
    editor.chmod(0o755)
    folder.mkdir()
    words = ("--relay", relay.url, "--position", log[1][2], "--edit")
    env = {"EDITOR": str(editor), "TMPDIR": str(folder)}
    with Command("replay", *words, secret=secret, folder=tmp_path, env=env) as command:
        until(is_open.exists, "the editor is not open")
        assert len(list(folder.iterdir())) == 1
        command.signal(number)
        assert command.process.wait(PATIENCE) == -number
        is_open.unlink()
    assert list(folder.iterdir()) == []


def test_edited_and_not_sent(relay, secret, log, tmp_path):
    """What was edited and could not be sent is kept for its owner, and named."""
    bodies, positions = log
    env = {"EDITOR": "sed -i s/event/edited/", "TMPDIR": str(tmp_path)}
    for position, more in ((positions[2], ("--to", "http://127.0.0.1:1/")), (positions[2], ("--consumer", "x" * 64))):
        with Front(relay, status=b"503 Service Unavailable") as front:
            failed = replay(relay, secret, "--position", position, "--edit", *more, port=front.port, env=env)
        assert failed.returncode in (1, 2), failed.stderr
        kept = re.search(r"The edited body is in (\S+): send it with --body", failed.stderr)
        assert kept, failed.stderr
        with open(kept[1], "rb") as file:
            assert file.read() == bodies[2].replace(b"event", b"edited")
        assert os.stat(kept[1]).st_mode & 0o777 == 0o600
        os.remove(kept[1])
    assert not list(tmp_path.glob("hookwire-*"))


def test_answers_decide(relay, secret, log):
    """An answer from 400 on is 1, no server is 2."""
    with LocalServer(status=b"500 No") as local:
        done = replay(relay, secret, "--last", "2", "--to", local.url)
        assert done.returncode == 1 and done.stdout.count(" 500 ") == 2
        local.down()
        assert replay(relay, secret, "--last", "2", "--to", local.url).returncode == 2


def test_tls(relay, secret, log, certificate):  # noqa: F811
    """A certificate of the server's that nobody knows is named, and taken with the server's own flag only."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    with LocalServer(tls=context) as local:
        for flags in [(), ("--insecure",)]:
            done = replay(relay, secret, "--last", "1", "--to", local.url, *flags)
            assert done.returncode == 2 and "its TLS certificate is not trusted; --insecure-to takes any" in done.stderr
        done = replay(relay, secret, "--last", "1", "--to", local.url, "--insecure-to")
        assert done.returncode == 0 and sent(local) == log[0][4:], done.stderr


def test_json(relay, secret, local, log):
    """An object a line."""
    done = replay(relay, secret, "--last", "2", "--to", local.url, "--json")
    assert [json.loads(line)["position"] for line in done.stdout.splitlines()] == log[1][3:]


def test_table_that_cannot_be_written(relay, secret, local, log):
    """All are sent all the same; it is said once, and the exit code is not 0."""
    command = f"{BINARY} replay --relay {relay.url} --last 3 --to {local.url} >/dev/full"
    done = run_command(f"HOOKWIRE_SECRET={secret} {command}")
    assert done.returncode == 1 and sent(local) == log[0][2:]
    assert done.stderr.count("The output cannot be written: No space left on device.") == 1


def test_what_is_not_there(start, relay, secret, local):
    """Nothing retained, a position that is gone or another bot's: told, and 1."""
    nothing = replay(relay, secret, "--last", "3", "--to", local.url)
    assert nothing.returncode == 1 and "No such events" in nothing.stderr
    foreign = replay(relay, secret, "--position", "9f2c61d07a55e013-42", "--to", local.url)
    assert foreign.returncode == 1 and "not retained any more (epoch_changed" in foreign.stderr
    small = start("--retention-count", "3")
    post(small, secret, *events(1))
    with Command("listen", "--relay", small.url, "--since", "5m", "--count", 1, secret=secret, folder=small.log_path.parent) as seen:
        first = json.loads(seen.prints(1)[0])["position"]
    post(small, secret, *events(300))
    gone = replay(small, secret, "--position", first, "--to", local.url)
    assert gone.returncode == 1 and "not retained any more" in gone.stderr
    assert not local.heard


def test_mistakes(relay, secret):
    """64, with a sentence."""
    one = ("--position", "9f2c61d07a55e013-42")
    for words in ([], ["--last", "0"], ["--last", "2", "--edit"], [*one, "--last", "1"], ["--until", one[1]], ["--position", "x"],
                  [*one, "--to", "nowhere"], [*one, "--to", "http://x/", "--consumer", "a"], [*one, "--edit", "--body", "f"], [*one, "--insecure-to"],
                  ["--from", "a-5", "--until", "a-4"], ["--position", "a-0"], [*one, "--filter", "type=x"]):
        assert replay(relay, secret, *words).returncode == 64, words


# Through the relay


class Front:
    """Answers `POST /replay` as its contract says, and hands everything else to the relay. Use `with`."""

    def __init__(self, relay, status=b"200 OK"):
        self.relay, self.status = relay, status
        self.asked = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        with client, contextlib.suppress(OSError):
            data = client.recv(65536)
            if data.startswith(b"POST /replay "):
                head, _, body = data.partition(b"\r\n\r\n")
                length = int(re.search(rb"(?i)content-length: *(\d+)", head)[1])
                while len(body) < length:
                    body += client.recv(65536)
                self.asked.append((re.search(rb"(?i)authorization: *(.+?)\r?\n", head + b"\n")[1].decode(), json.loads(body)))
                answer = json.dumps({"position": f"a-{len(self.asked)}", "detail": "it is gone"}).encode()
                client.sendall(b"HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n%s" % (self.status, len(answer), answer))
                return
            with socket.create_connection(("127.0.0.1", self.relay.port)) as server:
                server.sendall(data)
                back = threading.Thread(target=pump, args=(server, client), daemon=True)
                back.start()
                pump(client, server)
                back.join(PATIENCE)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


def pump(source, sink):
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)


def test_through_the_relay(relay, secret, log, tmp_path):
    """Each event by its position, with the secret in a header; for one consumer, and with another body."""
    bodies, positions = log
    (tmp_path / "binary").write_bytes(b"\xff")
    with Front(relay) as front:
        first = replay(relay, secret, "--from", positions[0], "--until", positions[1], port=front.port)
        assert first.returncode == 0
        assert first.stdout == f"replayed {positions[0]} as a-1\nreplayed {positions[1]} as a-2\n"
        words = ("--position", positions[2])
        assert replay(relay, secret, *words, "--consumer", "archive", port=front.port).returncode == 0
        assert replay(relay, secret, *words, "--body", "-", port=front.port, stdin="é").returncode == 0
        assert replay(relay, secret, *words, "--body", tmp_path / "binary", port=front.port).returncode == 0
        editor = {"EDITOR": "sed -i s/event/edited/"}
        assert replay(relay, secret, *words, "--edit", port=front.port, env=editor).returncode == 0
    assert {authorization for authorization, _ in front.asked} == {f"Bearer {secret}"}
    edited = bodies[2].replace(b"event", b"edited").decode()
    assert [request for _, request in front.asked] == [
        {"position": positions[0]}, {"position": positions[1]}, {"position": positions[2], "consumer": "archive"},
        {"position": positions[2], "body": "é"}, {"position": positions[2], "body_base64": "/w=="},
        {"position": positions[2], "body": edited},
    ]


def test_the_relay_refuses(relay, secret, log):
    """Why it does is told, and is 1; what follows is not sent."""
    with Front(relay, status=b"404 Not Found") as front:
        done = replay(relay, secret, "--last", "2", port=front.port)
        assert done.returncode == 1 and "404: it is gone" in done.stderr
        assert len(front.asked) == 1
    assert replay(relay, secret, "--last", "2", port=1).returncode == 2


def test_by_the_relay_itself(relay, secret, log, tmp_path):
    """The whole way: published again behind all others, edited where asked, for one consumer where asked."""
    bodies, positions = log
    with Command("listen", "--relay", relay.url, "--after", positions[4], secret=secret, folder=tmp_path) as command:
        command.complains("Connected")
        done = replay(relay, secret, "--from", positions[0], "--until", positions[1])
        assert done.returncode == 0, done.stderr
        edited = replay(relay, secret, "--position", positions[2], "--body", "-", stdin='{"edited":1}')
        assert edited.returncode == 0, edited.stderr
        one = replay(relay, secret, "--position", positions[3], "--consumer", "other")
        assert one.returncode == 0, one.stderr
        post(relay, secret, qq.event("last"))
        seen = [json.loads(line) for line in command.prints(4)]
    assert [event["data"] for event in seen[:2]] == [json.loads(body) for body in bodies[:2]]
    assert seen[2]["data"] == {"edited": 1} and seen[3]["text"] == "last"
    pairs = zip(positions[:2], seen[:2], strict=True)
    assert done.stdout == "".join(f"replayed {old} as {new['position']}\n" for old, new in pairs)
    with Command("listen", "--relay", relay.url, "--consumer", "other", secret=secret, folder=tmp_path) as command:
        mine = [json.loads(line) for line in command.prints(10)]
    assert [event["data"] for event in mine if event.get("replayof") == positions[3]] == [json.loads(bodies[3])]
