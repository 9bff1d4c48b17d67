"""`hookwire send`: what the platforms would send, seen at a bot's socket, and what they would make of the answer."""

import base64
import contextlib
import json
import os
import secrets
import socket
import subprocess
import threading

import pytest

import qq
from envelope_bot import EnvelopeBot
from local_server import LocalServer
from messenger import Messenger
from relay import BINARY, PATIENCE, environment, receive, run_command
from test_tls import certificate  # noqa: F401 (a fixture)
from wechat import WeChatAES

TEXT = 'héllo "机器人" </xml> \U0001f600'
AES_KEY = qq.known_secret(base64.b64encode(os.urandom(32)).decode().rstrip("="))
STANDARD = qq.known_secret("whsec_" + base64.b64encode(os.urandom(24)).decode())

WAYS = {
    "qq": ["--platform", "qq"],
    "wechat": ["--platform", "wechat"],
    "wechat-aes": ["--platform", "wechat", "--aes-key", AES_KEY, "--app-id", "wx0123"],
    "messenger": ["--platform", "messenger", "--verify-token", "v"],
    "dialogflow": ["--platform", "dialogflow"],
    "dialogflow-bearer": ["--platform", "dialogflow", "--auth", "bearer"],
    "dialogflow-basic": ["--platform", "dialogflow", "--auth", "basic"],
    "dialogflow-field": ["--platform", "dialogflow", "--header", "X-Key"],
    "github": ["--platform", "generic"],
    "own-field": ["--platform", "generic", "--header", "X-Line-Signature"],
    "standard": ["--platform", "generic", "--scheme", "standard"],
    "bearer": ["--platform", "generic", "--scheme", "bearer"],
    "bearer-field": ["--platform", "generic", "--scheme", "bearer", "--header", "X-Gitlab-Token"],
    "none": ["--platform", "generic", "--scheme", "none"],
}
every_way = pytest.mark.parametrize("way", WAYS)


def own_secret(way):
    """A secret of the form that the way wants."""
    return STANDARD if way == "standard" else qq.secret()


def send(relay, *arguments, **options):
    return run_command([BINARY, "send", "--relay", relay.url, *arguments], **options)


@every_way
def test_reaches_the_bot(relay, way):
    """Every platform's sample is accepted by a relay that verifies, and its text is what the bot reads."""
    secret = own_secret(way)
    with EnvelopeBot(relay, secret) as bot:
        # A platform that waits is answered with the fallback when its time is over: nobody replies here.
        done = send(relay, *WAYS[way], "--secret", secret, "--text", TEXT)
        event = bot.receive()
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("200 OK in ")
    assert event["platform"] == WAYS[way][1]
    if event["platform"] == "generic":
        assert event["data"] == {"text": TEXT}
    else:
        assert event["text"] == TEXT
    # Nobody has replied, and where a platform waits for that its answer does not show it.
    assert ("no bot replies" in done.stderr) == (event["platform"] in ("wechat", "dialogflow"))
    assert secret not in done.stdout + done.stderr


@every_way
def test_body(relay, way, tmp_path):
    """A body of one's own arrives byte by byte."""
    body = b'{"op":0, "object":"page",\n "queryResult":{"queryText":"x"},"id":"%s"}' % secrets.token_hex(8).encode()
    if way.startswith("wechat"):
        body = b"<xml><ToUserName>a</ToUserName><FromUserName>%s</FromUserName><CreateTime>1</CreateTime>" % (
            secrets.token_hex(4).encode()
        ) + b"<MsgType>image</MsgType></xml>"
    (tmp_path / "body").write_bytes(body)
    secret = own_secret(way)
    with relay.bot(secret) as bot:
        done = send(relay, *WAYS[way], "--secret", secret, "--body", tmp_path / "body")
        assert receive(bot)[1] == body
    assert done.returncode == 0, done.stdout + done.stderr


def test_relay_behind_a_prefix(secret):
    """The webhook's path stands behind that of the relay's address, as with every other command."""
    with LocalServer() as proxy:
        run_command([BINARY, "send", "--relay", f"{proxy.url}relay/", "--secret", secret])
        run_command([BINARY, "send", "--relay", f"{proxy.url}relay", "--bot", "my-bot", "--secret", secret])
        run_command([BINARY, "send", "--relay", f"{proxy.url}callback?secret={secret}"])
    targets = [f"/relay/webhook?secret={secret}", "/relay/webhook/qq/my-bot", f"/callback?secret={secret}"]
    assert [heard.line.split()[1].decode() for heard in proxy.heard] == targets


def test_body_from_standard_input(relay, secret):
    """- is standard input."""
    with relay.bot(secret) as bot:
        done = send(relay, "--platform", "generic", "--secret", secret, "--body", "-", input='{"from":"a pipe"}')
        assert receive(bot)[1] == b'{"from":"a pipe"}'
    assert done.returncode == 0


def answered(relay, secret, arguments, text):
    """What `send` prints when a bot answers with a text."""
    with EnvelopeBot(relay, secret) as bot:
        process = subprocess.Popen(
            [BINARY, "send", "--relay", relay.url, *arguments, "--secret", secret],
            stdout=subprocess.PIPE,
            env=environment(),
            text=True,
        )
        bot.reply(bot.receive(), text=text)
        printed = process.communicate(timeout=PATIENCE)[0]
        assert process.returncode == 0
    return printed


def test_fulfilment(relay, secret):
    """Dialogflow's answer is printed with a line for each member."""
    printed = answered(relay, secret, WAYS["dialogflow"], TEXT)
    lines = printed.splitlines()
    assert json.loads("\n".join(lines[1:])) == {"fulfillmentText": TEXT} and len(lines) == 4


@pytest.mark.parametrize("way", ["wechat", "wechat-aes"])
def test_passive_reply(relay, secret, way):
    """WeChat's answer is printed as the user's message, decrypted where it travelled encrypted."""
    printed = answered(relay, secret, WAYS[way], "die Antwort 答")
    assert "  <Content>die Antwort 答</Content>" in printed.splitlines()
    assert "Encrypt" not in printed


def test_generic_reply(relay, secret):
    """With --reply the request waits, and what the bot says moves no cursor."""
    assert "� [31m".replace(" ", "") in answered(relay, secret, [*WAYS["github"], "--reply"], "\x1b[31mred")


@pytest.mark.parametrize("way", ["qq", "wechat", "wechat-aes", "messenger"])
def test_verify(relay, way, secret):
    """The check of the URL is sent with --verify, and its answer checked."""
    done = send(relay, *WAYS[way], "--secret", secret, "--verify")
    assert done.returncode == 0, done.stdout + done.stderr


def test_verify_where_there_is_none(relay, secret):
    """A platform without a check says so."""
    done = send(relay, *WAYS["dialogflow"], "--secret", secret, "--verify")
    assert done.returncode == 64 and "no check" in done.stderr


@pytest.mark.parametrize("kind", [WeChatAES, Messenger], ids=["wechat", "messenger"])
def test_whole_url(relay, secret, kind):
    """A webhook URL, as it was entered on the platform, says everything that is needed."""
    platform = kind(secret)
    target = platform.handshake().but(query=dict.fromkeys(platform.handshake().query)).but(
        query=platform.parameters if kind is WeChatAES else {"secret": secret, "verify_token": platform.verify_token}
    ).target
    for more in ([], ["--verify"]):
        done = run_command([BINARY, "send", "--relay", relay.url + target, *more])
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_environment_comes_last(relay, secret):
    """The secret of a whole URL is its bot's; that of the environment may be another's."""
    url = relay.url + qq.webhook_path(secret)
    done = run_command(f"HOOKWIRE_SECRET={qq.secret()} {BINARY} send --relay '{url}'")
    assert done.returncode == 0, done.stdout + done.stderr


def test_count(relay, secret):
    """Several are several events, a line each."""
    with relay.bot(secret) as bot:
        done = send(relay, "--secret", secret, "--text", "again", "--count", "5")
        ids = {json.loads(receive(bot)[1])["id"] for _ in range(5)}
    assert done.returncode == 0 and len(ids) == 5
    assert [line.split()[:3] for line in done.stdout.splitlines()] == [[str(n), "200", "OK"] for n in range(1, 6)]


def test_output_that_nobody_takes(relay, secret):
    """Without a reader nothing more is sent, which is no fault; a full disk is one, and what was sent is told."""
    line = f"{BINARY} send --relay {relay.url} --secret {secret} --count 1000000"
    assert len(run_command(["bash", "-c", f"{line} | head -1"]).stdout.splitlines()) == 1
    full = run_command(f"{line} >/dev/full")
    assert full.returncode == 1
    assert full.stderr == "The output cannot be written: No space left on device. The last that was sent is 1.\n"


def test_refusal(relay, secret):
    """What the platform would not take for an acknowledgement is exit code 1, with the relay's sentence."""
    wrong = f"{relay.url}/webhook?secret={qq.secret()}"
    done = run_command([BINARY, "send", "--relay", wrong, "--secret", secret])
    assert done.returncode == 1
    assert done.stdout.startswith("401 ") and "wrong_signature" in done.stdout


def test_certificate_that_nobody_trusts(start, certificate, secret):  # noqa: F811
    """The secret goes to whom the machine trusts, or with --insecure to anybody."""
    relay = start("--tls-cert", str(certificate / "cert.pem"), "--tls-key", str(certificate / "key.pem"))
    refused = send(relay, "--secret", secret)
    assert refused.returncode == 2 and secret not in refused.stderr
    assert "its TLS certificate is not trusted; --insecure takes any" in refused.stderr
    assert send(relay, "--secret", secret, "--insecure").returncode == 0


class Bad:
    """Answers every connection with the same bytes, again and again where they have no end. Use `with`."""

    def __init__(self, head, again=b"", waits=False):
        self.head, self.again, self.waits = head, again, waits

    def _serve(self, client):
        with client, contextlib.suppress(OSError):
            client.recv(65536)
            client.sendall(self.head)
            while self.again:
                client.sendall(self.again)
            # The request may come in pieces.
            while self.waits and client.recv(65536):
                pass

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=self._serve, args=(self.listener.accept()[0],), daemon=True).start()

    def __enter__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._accept, daemon=True).start()
        return f"127.0.0.1:{self.listener.getsockname()[1]}"

    def __exit__(self, *_):
        self.listener.close()


OK = b"HTTP/1.1 200 OK\r\n"
BAD = {
    "too long": (Bad(OK + b"\r\n", b"x" * 65536), "http", "longer than 64 MiB"),
    "too long, and said so": (Bad(OK + b"Content-Length: 99999999999\r\n\r\n", b"x" * 65536), "http", "longer than 64 MiB"),
    "no answer": (Bad(b"", waits=True), "http", "No answer from"),
    "half an answer": (Bad(OK + b"Content-Length: 9\r\n\r\nx", waits=True), "http", "No answer from"),
    "closed": (Bad(b""), "http", "closed before the answer was complete"),
    "closed in the middle": (Bad(OK + b"Content-Length: 9\r\n\r\nx"), "http", "closed before the answer was complete"),
    "another protocol": (Bad(b"SSH-2.0-OpenSSH_9.2\r\n\r\n"), "http", "is not HTTP"),
    "no TLS": (Bad(OK + b"\r\n"), "https", "no TLS"),
}


@pytest.mark.parametrize("server, scheme, sentence", BAD.values(), ids=BAD)
def test_bad_answers(secret, server, scheme, sentence):
    """Whatever becomes of the connection is a sentence, and no library's error."""
    with server as address:
        done = run_command([BINARY, "send", "--relay", f"{scheme}://{address}", "--secret", secret])
    assert done.returncode == 2 and sentence in done.stderr, done.stderr
    assert "Error" not in done.stderr and "NIO" not in done.stderr and done.stderr.count("\n") == 1


def test_nobody_there(secret):
    """A refused connection is a sentence, too."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{unused.getsockname()[1]}"
    done = run_command([BINARY, "send", "--relay", f"http://{address}", "--secret", secret])
    assert done.returncode == 2
    assert done.stderr.startswith(f"Cannot reach http://{address}: the connection was refused."), done.stderr


@pytest.mark.parametrize(
    "arguments, named",
    [
        (["--platform", "wechat", "--secret", "s", "--aes-key", "short", "--app-id", "a"], "43"),
        (["--platform", "wechat", "--secret", "s", "--aes-key", "k" * 43], "--app-id"),
        (["--platform", "generic", "--scheme", "standard", "--secret", "whpk_AAAA"], "public key"),
        (["--platform", "generic", "--scheme", "other", "--secret", "s"], "scheme"),
        (["--secret", "s", "--text", "a", "--body", "b"], "--text"),
        (["--secret", "s", "--body", "/nonexistent"], "/nonexistent"),
        (["--secret", "s", "--count", "0"], "--count"),
        (["--platform", "irc", "--secret", "s"], "irc"),
        ([], "--secret"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_mistakes(relay, arguments, named):
    """A mistake is a sentence and exit code 64, before anything is sent."""
    done = send(relay, *arguments)
    assert done.returncode == 64 and named in done.stderr
    assert done.stdout == ""
