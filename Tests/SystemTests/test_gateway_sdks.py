"""QQ's bot SDKs, unmodified, on two tiers with a Redis and a fake platform: a session outlives the node that held it."""

import contextlib
import datetime
import http.client
import json
import re
import time

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

import qq
from fake_qq import FakeQQ
from front import Front
from redis_server import RedisServer
from relay import BINARY, PATIENCE, REPOSITORY, run_command
from sdk_bots import SDKS, SDKBot, block, section
from tiers import TierNode

HEARTBEAT = 1  # seconds that Hello asks for


@pytest.fixture(scope="module")
def platform_certificate(tmp_path_factory):
    """A certificate for the token service's name: the folder that has cert.pem and key.pem."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "bots.qq.com")])
    now = datetime.datetime.now(datetime.timezone.utc)
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


def until(condition, what, seconds=PATIENCE):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)  # metrics and the fake platform are asked: they tell nobody of their own accord


@pytest.mark.timeout(180)
@pytest.mark.parametrize("sdk", SDKS)
def test_session_outlives_its_node(sdk, tmp_path, platform_certificate):
    """Connect, READY, receive, beat, answer; the node is killed; resume on the other, nothing lost and nothing twice."""
    secret = qq.secret()
    with contextlib.ExitStack() as stack:
        redis = stack.enter_context(RedisServer(tmp_path, "--appendonly", "yes"))
        platform = stack.enter_context(FakeQQ())
        tokens = stack.enter_context(TokenService(platform, platform_certificate))
        app_id = platform.add_bot(secret)
        ingress = [stack.enter_context(TierNode("ingress", redis.url, folder=tmp_path)) for _ in range(2)]
        flags = ("--qq-upstream", platform.url, "--qq-token-upstream", platform.url, "--qq-heartbeat", f"{HEARTBEAT}s")
        egress = [stack.enter_context(TierNode("egress", redis.url, *flags, folder=tmp_path)) for _ in range(2)]
        for node in (*ingress, *egress):
            node.await_ready()
        front = stack.enter_context(Front(egress))
        bot = stack.enter_context(
            SDKBot(sdk, f"127.0.0.1:{front.port}", app_id, secret, tmp_path, token_service=tokens)
        )

        bot.await_line("ready")
        assert metric(egress[0], "hookwire_gateway_sessions_total", start="identify") == 1
        sent = []

        def send(count):
            for _ in range(count):
                sent.append(f"消息 {len(sent)}")
                post(ingress[len(sent) % 2], secret, message(sent[-1], len(sent)))

        send(5)
        bot.await_received(5)
        until(lambda: len(platform.messages) >= 5, f"{len(platform.messages)} answers; the bot said:\n{bot.said}")

        # botpy beats every 30 s, whatever Hello says; each beat is answered, and nobody is closed between them.
        beats = metric(egress[0], "hookwire_gateway_heartbeats_total")
        wanted = beats + (1 if sdk == "qq-botpy" else 2)
        until(lambda: metric(egress[0], "hookwire_gateway_heartbeats_total") >= wanted, "no heartbeats", 40)
        assert metric(egress[0], "hookwire_gateway_sessions_total", start="identify") == 1

        send(3)
        egress[0].kill()
        send(4)
        bot.await_received(12, 60)
        until(lambda: metric(egress[1], "hookwire_gateway_sessions_total", start="resume") == 1, "no resume")
        assert metric(egress[1], "hookwire_gateway_sessions_total", start="identify") == 0
        send(3)
        bot.await_received(15)
        assert bot.received == sent

        def answers(text):
            return sum(f'echo {text}"' in json.dumps(body, ensure_ascii=False) for _, body in platform.messages)

        # An answer that was on its way through the node when that was killed is lost, as with any server.
        certain = sent[:5] + sent[-3:]
        until(lambda: all(answers(text) for text in certain), "answers are missing")
        assert all(answers(text) == 1 for text in certain) and all(answers(text) <= 1 for text in sent)
        assert {path for path, _ in platform.messages} == {"/v2/users/2B13/messages"}


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


@pytest.mark.parametrize("sdk", SDKS)
def test_documents_agree(sdk):
    """The README's settings are those of docs/gateway.md, for the very version that is tested."""
    for language in ("dotenv", "py"):
        lines = block("README.md", sdk, language)
        assert lines is None or lines.strip() in section("docs/gateway.md", sdk)
    pins = (REPOSITORY / "Tests/SystemTests/requirements-sdks.txt").read_text().splitlines()
    named = re.findall(r"[\w.-]+==[\d.]*\d", section("docs/gateway.md", sdk))
    assert named and all(pin in pins for pin in named)
