"""QQ's bot SDKs, unmodified, on two tiers with a Redis and a fake platform: a session outlives the node that held it."""

import contextlib
import datetime
import http.client
import json
import re
import subprocess
import time

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

import qq
from fake_qq import FakeQQ
from front import Front
from redis_server import DURABLE, RedisServer
from relay import BINARY, PATIENCE, REPOSITORY, run_command
from sdk_bots import PYTHON, SDKS, SDKBot, block, section
from tiers import TierNode
from waiting import until

HEARTBEAT = 1  # seconds that Hello asks for


@pytest.fixture(scope="module")
def platform_certificate(tmp_path_factory):
    """A certificate for the token service's name: the folder that has cert.pem and key.pem."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "bots.qq.com")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("bots.qq.com")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("platform")
    (folder / "cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return folder


class TokenService:
    """The platform's token service where an SDK has its name hard-coded: over TLS, tokens of the same platform."""

    def __init__(self, platform, certificate):
        self.certificate = certificate
        self.fake = FakeQQ(certificate)
        self.fake.bots = platform.bots
        self.fake.tokens = platform.tokens
        self.port = self.fake.port

    def __enter__(self):
        self.fake.__enter__()
        return self

    def __exit__(self, *error):
        self.fake.__exit__(*error)


def message(text, number):
    """A message to the bot as the platform posts it; each has an id of its own, since SDKs drop repeated ones."""
    body = {
        "op": 0,
        "id": qq.event_id(),
        "d": {
            "id": f"ROBOT1.0_{number}-{time.monotonic_ns()}",
            "content": text,
            "timestamp": "2026-01-02T19:00:38+08:00",
            "author": {"id": "2B13", "user_openid": "2B13", "union_openid": "2B13"},
            "message_scene": {"source": "default", "ext": []},
        },
        "t": "C2C_MESSAGE_CREATE",
    }
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def post(node, secret, body):
    connection = http.client.HTTPConnection("127.0.0.1", node.port, timeout=PATIENCE)
    with contextlib.closing(connection):
        connection.request("POST", qq.webhook_path(secret), body, qq.signed_headers(secret, body))
        response = connection.getresponse()
        assert (response.status, response.read()) == (200, qq.ACKNOWLEDGED)


def metric(node, name, **labels):
    text = node.get("/metrics")[1]
    wanted = ",".join(f'{key}="{value}"' for key, value in labels.items())
    pattern = rf"^{name}{re.escape('{' + wanted + '}') if labels else ''} (\S+)$"
    found = re.search(pattern, text, re.MULTILINE)
    return float(found[1]) if found else 0


class Scene:
    """Two tiers, a platform, and a bot behind a load balancer, ready."""

    def __init__(self, stack, sdk, folder, certificate, *flags):
        self.secret = qq.secret()
        redis = stack.enter_context(RedisServer(folder, *DURABLE))
        self.platform = stack.enter_context(FakeQQ())
        tokens = stack.enter_context(TokenService(self.platform, certificate))
        upstream = ("--qq-upstream", self.platform.url, "--qq-token-upstream", self.platform.url)
        flags = (*upstream, "--qq-heartbeat", f"{HEARTBEAT}s", *flags)
        self.ingress = [stack.enter_context(TierNode("ingress", redis.url, folder=folder)) for _ in range(2)]
        self.egress = [stack.enter_context(TierNode("egress", redis.url, *flags, folder=folder)) for _ in range(2)]
        for node in (*self.ingress, *self.egress):
            node.await_ready()
        address = f"127.0.0.1:{stack.enter_context(Front(self.egress)).port}"
        app_id = self.platform.add_bot(self.secret)
        self.bot = stack.enter_context(SDKBot(sdk, address, app_id, self.secret, folder, token_service=tokens))
        self.sent = []
        self.bot.await_line("ready")
        assert self.sessions(0, "identify") == 1

    def sessions(self, node, start):
        return metric(self.egress[node], "hookwire_gateway_sessions_total", start=start)

    def beats(self):
        return metric(self.egress[0], "hookwire_gateway_heartbeats_total")

    def send(self, count):
        """Posts messages, each to the next ingress node."""
        for _ in range(count):
            self.sent.append(f"消息 {len(self.sent)}")
            post(self.ingress[len(self.sent) % 2], self.secret, message(self.sent[-1], len(self.sent)))

    def answers(self, text):
        messages = list(self.platform.messages)
        return sum(f'echo {text}"' in json.dumps(body, ensure_ascii=False) for _, body in messages)

    def await_answers(self, texts):
        what = lambda: f"no answers; the bot said:\n{self.bot.said}"  # noqa: E731
        until(lambda: all(self.answers(text) for text in texts), what)

    def check(self, certain):
        """The session was resumed on the second node, everything came once and in order, and what must be is answered."""
        until(lambda: self.sessions(1, "resume") == 1, "no resume")
        assert self.sessions(1, "identify") == 0
        assert self.bot.received == self.sent
        self.await_answers(certain)
        # An answer whose response was lost with the node is sent again by an SDK that retries.
        assert all(self.answers(text) == 1 for text in certain)
        assert {path for path, _ in self.platform.messages} == {"/v2/users/2B13/messages"}


@pytest.mark.timeout(180)
@pytest.mark.parametrize("sdk", SDKS)
def test_session_outlives_its_node(sdk, tmp_path, platform_certificate):
    """Connect, READY, receive, beat, answer; the node is killed; resume on the other, nothing lost and nothing twice."""
    with contextlib.ExitStack() as stack:
        scene = Scene(stack, sdk, tmp_path, platform_certificate)
        scene.send(5)
        scene.bot.await_received(5)
        scene.await_answers(scene.sent)

        # botpy beats every 30 s, whatever Hello says; each beat is answered, and nobody is closed between them.
        wanted = scene.beats() + (1 if sdk == "qq-botpy" else 2)
        until(lambda: scene.beats() >= wanted, "no heartbeats", 40)
        assert scene.sessions(0, "identify") == 1

        scene.send(3)
        scene.egress[0].kill()
        scene.send(4)
        scene.bot.await_received(12, 60)
        scene.send(3)
        scene.bot.await_received(15)
        # An answer that was on its way through the node when that was killed is lost, as with any server.
        scene.check(certain=scene.sent[:5] + scene.sent[-3:])


@pytest.mark.timeout(120)
@pytest.mark.parametrize("sdk", SDKS)
def test_session_outlives_a_drain(sdk, tmp_path, platform_certificate):
    """Op 7 and 4009 send an SDK to another node, where it resumes; the node ends by itself."""
    with contextlib.ExitStack() as stack:
        scene = Scene(stack, sdk, tmp_path, platform_certificate, "--drain", "1s")
        scene.send(3)
        scene.bot.await_received(3)
        scene.await_answers(scene.sent)
        scene.egress[0].process.terminate()
        scene.send(4)
        scene.bot.await_received(7, 60)
        assert scene.egress[0].process.wait(PATIENCE) == 0
        scene.send(2)
        scene.bot.await_received(9)
        scene.check(certain=scene.sent[:3] + scene.sent[-2:])


@pytest.mark.parametrize("sdk", ["qqbot-agent-sdk", "nonebot-adapter-qq"])
def test_without_the_platform(sdk, start, tmp_path, secret):
    """With a made-up platform a bot receives a sample event, from the same settings and program."""
    relay = start("--qq-upstream", "none")
    with SDKBot(sdk, f"127.0.0.1:{relay.port}", "102000001", secret, tmp_path) as bot:
        bot.await_line("ready")
        command = [BINARY, "send", "--relay", relay.url, "--platform", "qq", "--secret", secret, "--text", "hi"]
        assert run_command(command).returncode == 0
        bot.await_received(1)
        assert bot.received == ["hi"]


@pytest.mark.timeout(120)
def test_the_relay_forgets(start, tmp_path, secret):
    """A relay without Redis knows no token after a restart; the documented program gets another one, and receives again."""
    sdk = "qqbot-agent-sdk"
    relay = start("--qq-upstream", "none")
    port = str(relay.port)
    with SDKBot(sdk, f"127.0.0.1:{port}", "102000001", secret, tmp_path) as bot:

        def send(url, text):
            command = [BINARY, "send", "--relay", url, "--platform", "qq", "--secret", secret, "--text", text]
            assert run_command(command).returncode == 0

        bot.await_line("ready")
        send(relay.url, "before")
        bot.await_received(1)
        relay.process.kill()
        relay.process.wait()
        relay = start("--qq-upstream", "none", port_flags=("--port", port))
        # What comes before the bot is back stays in the log.
        texts = [f"after {number}" for number in range(30)]
        for text in texts:
            send(relay.url, text)
            if bot.has_received(2, 2):
                break
        assert bot.received[0] == "before" and bot.received[1] in texts


@pytest.mark.parametrize("sdk", SDKS)
def test_documents_agree(sdk):
    """The README's settings are those of docs/gateway.md, for the very version that is tested."""
    for language in ("dotenv", "py"):
        lines = block("README.md", sdk, language)
        assert lines is None or lines.strip() in section("docs/gateway.md", sdk)
    pins = (REPOSITORY / "Tests/SystemTests/requirements-sdks.txt").read_text().splitlines()
    named = re.findall(r"[\w.-]+==[\d.]*\d", section("docs/gateway.md", sdk))
    assert named and all(pin in pins for pin in named)


def test_botpy_in_the_sandbox(tmp_path):
    """A bot with `is_sandbox=True` does not go past the relay."""
    program = block("README.md", "qq-botpy", "py") + 'print(Route("GET", "/users/@me", is_sandbox=True).url)\n'
    done = subprocess.run([PYTHON, "-c", program], cwd=tmp_path, capture_output=True, text=True, timeout=PATIENCE)
    assert done.stdout == "https://relay.example.com/qq/secret/YOUR_BOT_SECRET/users/@me\n", done.stderr
