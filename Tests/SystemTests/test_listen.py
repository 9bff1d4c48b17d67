"""`hookwire listen`: events for a person on a terminal, and for a program in a pipe."""

import json
import os
import select
import signal
import subprocess

import pytest

import generic
import qq
from desk import Command, OnTerminal
from relay import BINARY, PATIENCE, environment, run_command
from test_forward import events, post
from waiting import until
from webhook_request import send


def listen(relay, secret, folder, *flags, port=None):
    address = f"http://127.0.0.1:{port or relay.port}"
    return Command("listen", "--relay", address, *flags, secret=secret, folder=folder)


def bodies(lines):
    return [json.dumps(json.loads(line)["data"], separators=(",", ":"), ensure_ascii=False).encode() for line in lines]


def test_json_lines(relay, secret, tmp_path):
    """In a pipe an event is its envelope on one line, however its body was broken into lines; no escape bytes."""
    pretty = b'{\n  "text": "a\\u001b[31mb\xc2\x9bc\xe2\x80\xae",\r\n\t"n": [1,\n2]\n}\n'
    with listen(relay, secret, tmp_path) as command:
        command.complains("Connected")
        send(relay, generic.GitHub(secret).post(pretty).but(query={"reply": None}))
        line = command.prints(1)[0]
    envelope = json.loads(line)
    assert envelope["data"] == json.loads(pretty) and envelope["platform"] == "generic"
    assert not any(ord(char) < 32 or 127 <= ord(char) < 160 or char == "\u202e" for char in line.rstrip("\n"))


def test_count(relay, secret, tmp_path):
    """--count ends it after so many, with 0."""
    with listen(relay, secret, tmp_path, "--count", 2) as command:
        command.complains("Connected")
        post(relay, secret, *events(3))
        code, printed = command.ends()
    assert code == 0 and bodies(printed.splitlines()) == events_sent(relay, secret, 3)[:2]


def events_sent(relay, secret, count):
    """What the log has, as a raw socket gets it."""
    with relay.bot(secret, path=f"/ws?secret={secret}&since=1h") as bot:
        return [bot.recv(timeout=PATIENCE).encode() for _ in range(count)]


def test_where_it_begins(relay, secret, tmp_path):
    """With what comes, or with the past; and what it prints is still new to the bot."""
    sent = events(4)
    post(relay, secret, *sent[:3])
    with listen(relay, secret, tmp_path, "--since", "5m", "--count", 3) as command:
        lines = command.prints(3)
        assert bodies(lines) == sent[:3] and command.ends()[0] == 0
    after = json.loads(lines[1])["position"]
    with listen(relay, secret, tmp_path, "--after", after, "--count", 1) as command:
        assert bodies(command.prints(1)) == sent[2:3]
    with listen(relay, secret, tmp_path, "--count", 1) as command:
        command.complains("Connected")
        post(relay, secret, sent[3])
        assert bodies(command.prints(1)) == sent[3:]
    with relay.bot(secret) as bot:
        assert [bot.recv(timeout=PATIENCE).encode() for _ in sent] == sent


def test_consumer(relay, secret, tmp_path):
    """With --consumer each event is printed once, over restarts and kills."""
    sent = events(6)
    post(relay, secret, *sent[:2])
    with listen(relay, secret, tmp_path, "--consumer", "archive", "--count", 2) as command:
        assert bodies(command.prints(2)) == sent[:2] and command.ends()[0] == 0
    post(relay, secret, *sent[2:4])
    with listen(relay, secret, tmp_path, "--consumer", "archive", "--count", 2) as command:
        assert bodies(command.prints(2)) == sent[2:4] and command.ends()[0] == 0
    post(relay, secret, *sent[4:])
    with listen(relay, secret, tmp_path, "--consumer", "archive") as command:
        assert bodies(command.prints(2)) == sent[4:]


def test_filter(relay, secret, tmp_path):
    """Only what passes; several conditions must all hold."""
    wanted = qq.event("b").replace(b"C2C_MESSAGE_CREATE\"}", b"WANTED\"}")
    flags = ("--filter", "type=WANTED", "--filter", "where=d.content:b", "--count", 1)
    with listen(relay, secret, tmp_path, *flags) as command:
        command.complains("Connected")
        post(relay, secret, qq.event("a"), wanted)
        assert bodies(command.ends()[1].splitlines()) == [wanted]


@pytest.mark.parametrize("had", [0, 2], ids=["before the first event", "behind an event"])
def test_relay_restarts(start, secret, tmp_path, had):
    """A connection that breaks: it goes on where it was, with all that came meanwhile."""
    data = tmp_path / "data"
    sent = events(6)
    first = start("--data", str(data))
    with listen(first, secret, tmp_path) as command:
        command.complains("Connected")
        post(first, secret, *sent[:had])
        command.prints(had)
        first.signal(signal.SIGTERM)
        first.wait()
        again = start("--data", str(data), port_flags=("--port", str(first.port)))
        post(again, secret, *sent[had:])
        assert bodies(command.prints(6, PATIENCE * 2)) == sent
        assert command.errors.count("Connected again") == 1


def test_reader_that_has_enough(relay, secret, tmp_path):
    """`| head -1` ends it."""
    post(relay, secret, *events(3))
    line = f"HOOKWIRE_SECRET={secret} {BINARY} listen --relay {relay.url} --since 5m 2>/dev/null | head -1"
    done = run_command(["bash", "-c", line])
    assert bodies(done.stdout.splitlines()) == events_sent(relay, secret, 1)


def test_output_that_cannot_be_written(relay, secret):
    """A full disk is no reader that has had enough: it is said, and the exit code is not 0."""
    post(relay, secret, events(1)[0])
    done = run_command(f"HOOKWIRE_SECRET={secret} {BINARY} listen --relay {relay.url} --since 5m >/dev/full")
    assert done.returncode == 1 and "The output cannot be written: No space left on device" in done.stderr


def test_pipe_that_does_not_wait(relay, secret):
    """Whoever made the pipe may have made it not to wait; nothing is lost where it is full."""
    large = [b'{"text":"' + b"x" * 50_000 + b'%d"}' % number for number in range(8)]
    for body in large:
        send(relay, generic.GitHub(secret).post(body).but(query={"reply": None}))
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    process = subprocess.Popen(
        [BINARY, "listen", "--relay", relay.url, "--since", "5m", "--count", "8"],
        stdout=writing, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, env=environment(HOOKWIRE_SECRET=secret),
    )
    os.close(writing)
    with open(reading, "rb") as pipe:
        lines = pipe.read().splitlines()
    assert process.wait(PATIENCE) == 0
    assert [json.loads(line)["data"]["text"][-1] for line in lines] == [str(number) for number in range(8)]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_pipe_that_nobody_reads(relay, secret, number):
    """A command that waits for a reader can be ended all the same."""
    for _ in range(4):
        large = b'{"text":"' + b"x" * 50_000 + b'"}'
        send(relay, generic.GitHub(secret).post(large).but(query={"reply": None}))
    reading, writing = os.pipe()
    process = subprocess.Popen(
        [BINARY, "listen", "--relay", relay.url, "--since", "5m"],
        stdout=writing, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, env=environment(HOOKWIRE_SECRET=secret),
    )  # fmt: skip
    try:
        full = select.poll()
        full.register(writing, select.POLLOUT)

        def is_full():
            assert process.poll() is None
            return not full.poll(0)

        until(is_full, "the pipe is not full")
        process.send_signal(number)
        assert process.wait(PATIENCE) == -number
    finally:
        process.kill()
        process.wait()
        os.close(reading)
        os.close(writing)


def test_nothing_is_missed_before_the_first_event(start, secret, tmp_path):
    """What came while the relay was away is printed, also where nothing had come before, by however short a time."""
    data = str(tmp_path / "data")
    first = start("--data", data)
    with listen(first, secret, tmp_path, "--since", "10ms") as short, listen(first, secret, tmp_path) as live:
        for command in (short, live):
            command.complains("Connected to")
        first.signal(signal.SIGTERM)
        first.wait()
        sent = events(2)
        meanwhile = start("--data", data)
        post(meanwhile, secret, sent[0])
        meanwhile.signal(signal.SIGTERM)
        meanwhile.wait()
        again = start("--data", data, port_flags=("--port", str(first.port)))
        post(again, secret, sent[1])
        for command in (short, live):
            assert bodies(command.prints(2, PATIENCE * 2)) == sent


def test_brackets(relay, secret):
    """What only looks like JSON is not laid out: each bracket would be a deeper margin."""
    with OnTerminal("listen", "--relay", relay.url, secret=secret) as terminal:
        terminal.shows("Connected")
        send(relay, generic.GitHub(secret).post(b"[" * 10_000).but(query={"reply": None}))
        send(relay, generic.GitHub(secret).post(b'{"text":"behind"}').but(query={"reply": None}))
        terminal.shows("behind")
        assert len(terminal.output) < 20_000


def test_terminal(relay, secret, tmp_path):
    """On a terminal: what was said, and the body with indents and colours; foreign control characters do nothing."""
    with OnTerminal("listen", "--relay", relay.url, secret=secret) as terminal:
        terminal.shows("Connected")
        post(relay, secret, qq.event("red \\u001b[31m \\u202eback"))
        terminal.shows('"content"')
        screen = terminal.output
    assert "\x1b[36m" in screen and '    "id": ' in terminal.plain
    assert "\x1b[31m" not in screen and "\u202e" not in screen
    with OnTerminal("listen", "--relay", relay.url, "--since", "5m", secret=secret, env={"NO_COLOR": "1"}) as terminal:
        terminal.shows('"content"')
        assert "\x1b[" not in terminal.output


def test_exit_codes(relay, secret, tmp_path):
    """64 for the command's mistakes, 1 for a relay that refuses."""
    address = ["--relay", relay.url, "--secret", secret]
    for mistake in (["--count", "0"], ["--since", "x"], ["--after", "x"], ["--since", "5m", "--after", "a-1"], ["--filter", "q"]):
        assert run_command([BINARY, "listen", *address, *mistake]).returncode == 64, mistake
    # What a consumer would pass over, its place would count as done.
    for beginning in (["--since", "5m"], ["--after", "a-1"]):
        mistake = run_command([BINARY, "listen", *address, "--consumer", "a", *beginning])
        assert mistake.returncode == 64 and "leave --since and --after out" in mistake.stderr, mistake.stderr
    refused = run_command([BINARY, "listen", *address, "--filter", "where=x"])
    assert refused.returncode == 1 and "where= a path and a value" in refused.stderr


def test_address_of_a_socket(secret):
    """What commands add themselves is not taken for a part of the relay's address, and a secret in it is not shown."""
    for command in (["listen"], ["forward", "--to", "http://x/"], ["replay", "--last", "1"], ["dead-letters", "list"]):
        for given in ("/ws", "/relay/ws/", f"/ws?secret={secret}", f"?secret={secret}", f"/ws/{secret}"):
            done = run_command([BINARY, *command, "--relay", f"http://127.0.0.1:1{given}", "--secret", "s"])
            assert done.returncode == 64 and "--relay takes the relay's address, http://127.0.0.1:1" in done.stderr, done.stderr
            assert secret not in done.stderr
