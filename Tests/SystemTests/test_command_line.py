"""The command line as its user meets it."""

import os
import socket
import subprocess

import pytest

import qq
from relay import BINARY, PATIENCE, environment, receive, run_command


def test_printed_command_sends_an_event(relay):
    """The banner's command, pasted as it stands, reaches a bot on the banner's socket URL."""
    assert relay.webhook_url == f"http://127.0.0.1:{relay.port}/webhook?secret=demo-secret"
    assert relay.socket_url == f"ws://127.0.0.1:{relay.port}/ws?secret=demo-secret"
    with relay.bot("demo-secret") as bot:
        done = run_command(relay.send_command)
        assert done.returncode == 0, done.stderr
        kind, body = receive(bot)
        assert kind == "text"
        assert b'"Hello from Hookwire"' in body


def test_send_to_another_secret(relay, secret):
    """`send` signs with the secret that it is given, in any script."""
    with relay.bot(secret) as bot:
        command = [
            BINARY,
            "send",
            "--relay",
            relay.url,
            "--platform",
            "qq",
            "--secret",
            secret,
            "--text",
            '你好 "bot"\n',
        ]
        assert run_command(command).returncode == 0
        kind, body = receive(bot)
        assert kind == "text"
        assert '你好 \\"bot\\"\\n'.encode() in body


def test_each_send_is_a_new_event(relay, secret):
    """Two sends are two events, not a duplicate."""
    command = [BINARY, "send", "--relay", relay.url, "--platform", "qq", "--secret", secret, "--text", "again"]
    with relay.bot(secret) as bot:
        for _ in range(2):
            assert run_command(command).returncode == 0
        assert receive(bot) != receive(bot)


def test_send_to_nobody(secret):
    """A relay that is not there is an error with a sentence, not with a trace."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        done = run_command([BINARY, "send", "--relay", url, "--platform", "qq", "--secret", secret, "--text", "x"])
    assert done.returncode != 0
    assert url in done.stderr
    assert secret not in done.stdout + done.stderr


@pytest.mark.parametrize("arguments", [["help"], ["--help"], ["serve", "--help"], ["send", "--help"]], ids=" ".join)
def test_help(arguments):
    """Each command explains itself."""
    done = run_command([BINARY, *arguments])
    assert done.returncode == 0
    assert "USAGE" in done.stdout
    assert done.stderr == ""


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"], ["serve", "--help"], ["check-config"], ["check-config", "--reference"],
        ["doctor", "http://127.0.0.1:1/webhook?secret=s"],
        ["bench", "--events", "1", "--webhook", "{url}/webhook?secret={{secret}}", "--socket", "{socket}/ws?secret={{secret}}"],
    ],
    ids=lambda arguments: " ".join(arguments[:2]),
)  # fmt: skip
def test_output_that_nobody_reads(relay, arguments):
    """A reader that has gone is no fault: the command ends as it does with one, and not by a signal."""
    addresses = {"url": relay.url, "socket": relay.url.replace("http", "ws", 1)}
    command = [BINARY, *(word.format(**addresses) for word in arguments)]
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, timeout=PATIENCE * 2, env=environment())
    os.close(writing)
    assert (done.returncode, done.stderr) == (2 if arguments[0] == "doctor" else 0, b"")


@pytest.mark.parametrize(
    "arguments, named",
    [
        (["serve", "--no-such-flag"], "--no-such-flag"),
        (["serve", "--port", "99999"], "port"),
        (["serve", "--port", "eighty"], "port"),
        (["serve", "--body-limit", "much"], "body-limit"),
        (["serve", "--freshness", "soon"], "freshness"),
        (["serve", "--log-level", "loud"], "log-level"),
        (["serve", "--tls-cert", "/nonexistent.pem"], "tls"),
        (["no-such-command"], "no-such-command"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_mistakes(arguments, named):
    """A mistake ends the program before it serves, with a sentence that names the flag, and the command's usage."""
    done = run_command([BINARY, *arguments])
    assert done.returncode == 64
    assert named in done.stderr
    command = "hookwire serve" if arguments[0] == "serve" else "hookwire"
    assert f"\nUsage: {command} <" in done.stderr and f"See '{command} --help'" in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("flags", [[], ["--otlp-endpoint", "http://127.0.0.1:1"]], ids=["plain", "traces"])
def test_port_in_use(relay, flags):
    """The commonest of all failures to start names the port."""
    done = run_command([BINARY, "serve", "--host", "127.0.0.1", "--port", relay.port, *flags])
    assert done.returncode > 0, done
    assert str(relay.port) in done.stderr
    assert "Fatal error" not in done.stderr


def test_environment_equals_flags(start):
    """HOOKWIRE_PORT for --port, and a flag wins over its variable."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    relay = start(env={"HOOKWIRE_PORT": str(port)}, port_flags=())
    assert relay.port == port
    other = start(env={"HOOKWIRE_PORT": str(port)})
    assert other.port not in (port, 0)


@pytest.mark.parametrize("name, value", [("HOOKWIRE_PORT", "eighty"), ("HOOKWIRE_FRESHNESS", "soon")])
def test_mistake_in_the_environment(name, value):
    """A mistyped variable is reported like a mistyped flag, never replaced by the default."""
    done = run_command(["env", f"{name}={value}", BINARY, "serve"])
    assert done.returncode != 0
    assert name in done.stderr or name.removeprefix("HOOKWIRE_").lower() in done.stderr


@pytest.mark.parametrize(
    "words, meant", [(["serv"], "serve"), (["bots", "ad", "name"], "add"), (["dead-letter", "list"], "dead-letters")]
)
def test_misspelt_command(words, meant):
    """A command that does not exist, and is near to one that does, is told with it."""
    done = run_command([BINARY, *words])
    assert done.returncode == 64 and f"Did you mean '{meant}'?" in done.stderr and "Usage: hookwire" in done.stderr, done.stderr


@pytest.mark.parametrize("words, code", [(["nothing-near"], 64), (["serve", "seve"], 64), (["help", "serve"], 0), (["--help"], 0)])
def test_nothing_to_suggest(words, code):
    """What is no mistyped command is answered as ever."""
    done = run_command([BINARY, *words])
    assert done.returncode == code and "Did you mean" not in done.stderr, done.stderr


def test_misspelt_name(start, tmp_path):
    """A node starts with a variable or a line that nothing reads, and warns of it; the value is not repeated."""
    (tmp_path / "hookwire.yaml").write_text("retention_age: 5m\n")
    relay = start("--config", tmp_path / "hookwire.yaml", env={"HOOKWIRE_ADMINTOKEN": "hush-hush"})
    warnings = [line for line in relay.log.splitlines() if "is no setting" in line]
    assert len(warnings) == 2 and all("warning" in line for line in warnings), warnings
    assert "retention_age" in warnings[0] and "did you mean retention-age?" in warnings[0]
    assert "HOOKWIRE_ADMINTOKEN" in warnings[1] and "did you mean HOOKWIRE_ADMIN_TOKEN?" in warnings[1]
    assert "hush" not in relay.log


def test_log_goes_to_standard_error(relay, secret):
    """Standard output has the banner and nothing else, so that it can be piped."""
    relay.deliver(secret, qq.event())
    assert relay.printed.startswith("Hookwire is listening on ")
    assert relay.printed.rstrip().endswith('--text "Hello from Hookwire"')
    assert "Node(" not in relay.log, "a line has all that the node holds in it"
