"""`hookwire doctor`: every way in which a platform can refuse a URL is told by its cause, and a good one is good."""

import base64
import contextlib
import json
import os
import pty
import socket
import ssl
import subprocess
import threading

import pytest
from websockets.sync.client import connect
from websockets.sync.server import serve

import qq
from bots_command import Registry, bot_database
from messenger import Messenger
from relay import BINARY, PATIENCE, Relay, environment, receive, run_command
from webhook_server import HOST, Authority, Reply, Webhook

AES_KEY = qq.known_secret(base64.b64encode(bytes(range(32))).decode().rstrip("="))


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def certificate(authority):
    return authority.certificate_for(HOST)


class Diagnosis:
    """What `doctor` says of a URL, in JSON. Unless it is about times, nothing is too slow: test machines are."""

    def __init__(self, url, *arguments, secret=None, limit="60s", **variables):
        times = ("--limit", limit) if limit else ()
        done = run(url, "--json", *times, *arguments, **variables)
        self.exit_code = done.returncode
        assert done.returncode in (0, 1, 2), done.stderr
        self.text = done.stdout
        self.members = json.loads(done.stdout)
        self.checks = {check["check"]: check for check in self.members["checks"]}
        assert len(self.checks) == len(self.members["checks"]) == 16, "each check has one finding"
        for name in qq.issued | ({secret} if secret else set()):
            assert name not in done.stdout + done.stderr

    def reason(self, check):
        return self.checks[check]["outcome"], self.checks[check]["reason"]

    @property
    def failed(self):
        return {name: check["reason"] for name, check in self.checks.items() if check["outcome"] == "fail"}

    @property
    def warned(self):
        return {name: check["reason"] for name, check in self.checks.items() if check["outcome"] == "warn"}

    @property
    def skipped(self):
        return {name: check["reason"] for name, check in self.checks.items() if check["outcome"] == "skipped"}


def run(url, *arguments, **variables):
    plain = {name: value for name, value in environment().items() if name not in ("LANG", "LC_ALL", "LC_MESSAGES")}
    return subprocess.run(
        list(map(str, [BINARY, "doctor", url, *arguments])),
        capture_output=True,
        text=True,
        timeout=PATIENCE * 4,
        env=plain | variables,
    )


def examine(server, authority, *arguments, url=None, secret=None, **options):
    """The diagnosis of a server as if it were at its host's port 443."""
    secret = secret or server.secret
    url = url or f"https://{HOST}/webhook?secret={secret}"
    place = ("--connect-to", f"127.0.0.1:{server.port}", "--ca-file", authority.ca)
    return Diagnosis(url, *place, *arguments, secret=secret, **options)


# A relay


def trust(authority):
    """What a bot on this machine trusts."""
    context = ssl.create_default_context(cafile=authority.ca)
    context.check_hostname = False
    return context


def bot_of(relay, authority, secret):
    return connect(f"wss://127.0.0.1:{relay.port}/ws?secret={secret}", ssl=trust(authority), proxy=None)


@pytest.fixture(scope="module")
def tls_relay(tmp_path_factory, certificate):
    with Relay("--tls-cert", certificate, "--tls-key", certificate, folder=tmp_path_factory.mktemp("relay")) as relay:
        yield relay


def test_good_relay(tls_relay, authority, secret):
    """Nothing is wrong with a relay that is set up well, and the bot gets one event that no platform has."""
    with bot_of(tls_relay, authority, secret) as bot:
        diagnosis = examine(tls_relay, authority, secret=secret)
        event = json.loads(receive(bot)[1])
        with pytest.raises(TimeoutError):
            bot.recv(timeout=0.2)
    assert (event["op"], event["t"]) == (0, "HOOKWIRE_DOCTOR")
    assert not diagnosis.failed and not diagnosis.warned, diagnosis.text
    assert diagnosis.skipped == {"dns": "connected_elsewhere"}
    assert diagnosis.exit_code == 0
    assert diagnosis.members["result"] == "good" and diagnosis.members["platform"] == "qq"
    assert diagnosis.members["url"] == f"https://{HOST}/webhook?secret=…"


@pytest.mark.parametrize(
    "path, more",
    [
        ("wechat", ""),
        ("wechat", f"&aes_key={AES_KEY.replace('+', '%2B').replace('/', '%2F')}&app_id=wx1"),
        ("messenger", "&verify_token=v"),
        ("dialogflow", ""),
        ("generic", ""),
        ("generic", "&scheme=bearer"),
        ("generic", "&scheme=none"),
    ],
)
def test_good_relay_of_other_platforms(tls_relay, authority, secret, path, more):
    """The path says which platform's rules hold, and a relay keeps them all."""
    url = f"https://{HOST}/webhook/{path}?secret={secret}{more}"
    diagnosis = examine(tls_relay, authority, url=url, secret=secret)
    assert diagnosis.members["platform"] == path
    assert not diagnosis.failed and not diagnosis.warned, diagnosis.text
    assert diagnosis.exit_code == 0
    assert ("forgery" in diagnosis.skipped) == (path == "dialogflow" or more == "&scheme=none")


def test_no_events(tls_relay, authority, secret):
    """With --no-events the bot notices nothing."""
    diagnosis = examine(tls_relay, authority, "--no-events", secret=secret)
    assert diagnosis.exit_code == 0
    assert diagnosis.reason("event") == diagnosis.reason("forgery") == ("skipped", "not_asked")
    with bot_of(tls_relay, authority, secret) as bot, pytest.raises(TimeoutError):
        bot.recv(timeout=0.2)


def test_kept_events_stay(tls_relay, authority, secret):
    """The look at the socket takes no event that waits for the bot."""
    body = qq.event("kept")
    headers = qq.signed_headers(secret, body)
    answer = tls_relay.request("POST", qq.webhook_path(secret), body, headers, context=trust(authority))
    assert answer.status == 200
    assert examine(tls_relay, authority, "--no-events", secret=secret).exit_code == 0
    with bot_of(tls_relay, authority, secret) as bot:
        assert receive(bot)[1] == body


def test_token(authority, certificate, secret, tmp_path):
    """The socket of a bot that its secret does not open is looked at by its token."""
    bots = Registry("file", tmp_path)
    bots.does("add", "support", "--platform", "qq", "--secret", secret, "--no-opens-by-secret")
    token = qq.known_secret(bots.does("token", "support", "--name", "laptop").split()[-1])
    with Relay("--tls-cert", certificate, "--tls-key", certificate, "--bots", bots.path, folder=tmp_path) as relay:

        def look(*arguments, **variables):
            url = f"https://{HOST}/webhook/qq/support"
            given = () if "HOOKWIRE_SECRET" in variables else ("--secret", secret)
            return examine(relay, authority, *given, *arguments, url=url, secret=secret, **variables)

        # A token of the environment's may be another relay's where the secret is given.
        for without in (look(), look(HOOKWIRE_TOKEN=token)):
            assert without.warned == {"socket": "no_socket_here"} and "--token" in without.checks["socket"]["text"]
        for with_token in (look("--token", token), look(HOOKWIRE_SECRET=secret, HOOKWIRE_TOKEN=token)):
            assert with_token.reason("socket") == ("ok", "fine") and with_token.exit_code == 0, with_token.text
        mistyped = look("--token", token[:-1] + "!")
        assert mistyped.reason("socket") == ("warn", "no_socket_here")
        assert "bots token" in mistyped.checks["socket"]["text"]
        assert "visible" in run(f"https://{HOST}/webhook", "--secret", secret, "--token", "a b").stderr


def test_token_of_another_relay(authority, certificate, secret, tmp_path):
    """One that was taken over opens the socket beside the secret, which it is shown with; the URL has both."""
    token = qq.secret()
    bot_database(tmp_path / "database.db", [(secret, token)])
    bots = Registry("file", tmp_path)
    bots.does("import", tmp_path / "database.db")
    flags = ("--tls-cert", certificate, "--tls-key", certificate, "--bots", bots.path, "--access", "registered")
    with Relay(*flags, folder=tmp_path) as relay:
        url = f"https://{HOST}/webhook?secret={secret}&token={token}"
        for arguments in ((), ("--token", token)):
            diagnosis = examine(relay, authority, *arguments, url=url, secret=secret)
            assert diagnosis.reason("socket") == ("ok", "fine") and diagnosis.exit_code == 0, diagnosis.text
        mistyped = examine(relay, authority, "--token", token[:-1] + "!", url=url, secret=secret)
        assert mistyped.warned == {"socket": "no_socket_here"} and "bots token" in mistyped.checks["socket"]["text"]


@pytest.mark.parametrize("command", ["doctor", "send"])
def test_found_by_its_app_id(start, secret, tmp_path, command):
    """QQ's one URL for all bots is looked at, and sent to, in the name of the bot."""
    bots = Registry("file", tmp_path)
    bots.does("add", "support", "--platform", "qq", "--secret", secret, "--appid", "11111111")
    url = start("--bots", bots.path).url + "/webhook/qq"
    named = ("--secret", secret, "--app-id", "11111111")
    if command == "doctor":
        diagnosis = Diagnosis(url, *named)
        assert diagnosis.reason("handshake") == diagnosis.reason("event") == ("ok", "fine"), diagnosis.text
        assert diagnosis.reason("forgery") == ("ok", "fine")
    else:
        done = run_command([BINARY, "send", "--relay", url, *named])
        assert done.returncode == 0, done.stdout + done.stderr


def test_another_secret(tls_relay, authority, secret):
    """A relay that signs with the URL's secret where the bot has another is told by the signature."""
    url = f"https://{HOST}/webhook?secret={secret}"
    diagnosis = examine(tls_relay, authority, "--secret", qq.secret(), url=url, secret=secret)
    assert diagnosis.failed["http"] == "refused" and "wrong_signature" not in diagnosis.failed.values()
    assert "secret that is in the URL" in diagnosis.checks["http"]["text"]
    assert diagnosis.exit_code == 1


def test_messenger_with_a_wrong_verify_token(tls_relay, authority, secret):
    """Meta's own refusal is told by the relay's sentence."""
    platform = Messenger(secret)
    url = f"https://{HOST}/webhook/messenger?secret={secret}&verify_token={platform.verify_token}"
    diagnosis = examine(tls_relay, authority, "--verify-token", "another", url=url, secret=secret)
    assert diagnosis.failed == {"http": "refused"} and "403" in diagnosis.checks["http"]["text"]


def test_messenger_without_a_verify_token(tls_relay, authority, secret):
    """Meta cannot take a URL without one, and of a URL that has one without saying which nobody knows."""
    url = f"https://{HOST}/webhook/messenger?secret={secret}"
    for more in ((), ("--no-events",)):
        diagnosis = examine(tls_relay, authority, *more, url=url, secret=secret)
        assert diagnosis.failed == {"handshake": "missing_verify_token"} and diagnosis.exit_code == 1, diagnosis.text
        assert "&verify_token=YOUR-TOKEN" in diagnosis.checks["handshake"]["text"]


def test_path_of_another_platform(tls_relay, authority, secret):
    """A relay that refuses WeChat at QQ's path is asked at the wrong one, and that is said."""
    for platform in ("wechat", "generic"):
        diagnosis = examine(tls_relay, authority, "--platform", platform, secret=secret)
        assert diagnosis.failed == {"http": "other_platform"}, diagnosis.text
        assert f"/webhook/{platform}" in diagnosis.checks["http"]["text"]


# What a strict webhook does wrong


@pytest.fixture
def webhook(secret, certificate):
    with Webhook(secret, certificate) as webhook:
        yield webhook


def test_strict_webhook(webhook, authority):
    """What is sent is what QQ sends: a webhook that checks every signature finds no fault with it."""
    diagnosis = examine(webhook, authority)
    assert diagnosis.exit_code == 0, diagnosis.text
    assert diagnosis.warned == {"socket": "no_socket_here"}
    assert [json.loads(body)["op"] for method, _, _, body in webhook.requests if method == "POST"] == [13, 0, 0]
    assert [path for method, path, *_ in webhook.requests if method == "GET"] == [
        f"/ws?secret={webhook.secret}&backlog=off"
    ]


def wrong(d, secret):
    return Reply(json.dumps({"plain_token": d["plain_token"], "signature": qq.sign(secret, 1, b"x").hex()}).encode())


HTML = b"<!DOCTYPE html><html><head><title>Welcome to \x1b[31mnginx!</title></head></html>"

VALIDATIONS = {
    "no signature": (lambda d, s: Reply(json.dumps({"plain_token": d["plain_token"]}).encode()), "handshake", "no_signature"),
    "the event's answer": (lambda d, s: Reply(qq.ACKNOWLEDGED), "handshake", "no_signature"),
    "a wrong signature": (wrong, "handshake", "wrong_signature"),
    "a signature in Base64": (
        lambda d, s: Reply(json.dumps({**d, "signature": "q" * 86 + "=="}).encode()), "handshake", "malformed_signature"),
    "another token": (
        lambda d, s: Reply(json.dumps({"plain_token": "x", "signature": "00" * 64}).encode()), "handshake", "other_token"),
    "a text": (lambda d, s: Reply(b"ok", content_type="text/plain"), "handshake", "not_an_object"),
    "a web page": (lambda d, s: Reply(HTML, content_type="text/html"), "http", "html_page"),
    "a web page without a type": (lambda d, s: Reply(HTML), "http", "html_page"),
    "a redirect": (lambda d, s: Reply(status=301, headers={"Location": f"https://x/webhook/?secret={s}"}), "redirect", "redirect"),
    "another redirect": (lambda d, s: Reply(status=307, headers={"Location": "/login"}), "redirect", "redirect"),
    "no such path": (lambda d, s: Reply(HTML, 404, "text/html"), "http", "not_found"),
    "a bad gateway": (lambda d, s: Reply(HTML, 502, "text/html"), "http", "gateway_error"),
    "a refusal": (lambda d, s: Reply(b'{"detail":"Forbidden here."}', 403), "http", "refused"),
    "an error": (lambda d, s: Reply(b"", 500), "http", "unexpected_status"),
    "the connection's end": (lambda d, s: Reply(hangs_up=True), "http", "closed_without_answer"),
}


@pytest.mark.parametrize("answer, check, reason", VALIDATIONS.values(), ids=VALIDATIONS)
def test_wrong_validation(webhook, authority, answer, check, reason):
    """Each wrong answer to op 13 is told by its cause, and by no other."""
    webhook.validation = lambda d: answer(d, webhook.secret)
    diagnosis = examine(webhook, authority)
    assert diagnosis.failed == {check: reason}, diagnosis.text
    assert diagnosis.exit_code == 1
    assert "\x1b" not in diagnosis.text


def test_slow_answer(webhook, authority):
    """Three seconds are too long for QQ, and nothing else is wrong."""
    answer = webhook.validation
    webhook.validation = lambda d: Reply(answer(d).body, delay=3)
    diagnosis = examine(webhook, authority, limit=None)
    assert diagnosis.failed == {"time": "too_slow"}
    assert diagnosis.reason("handshake") == ("ok", "fine")
    assert "the platform waits 1 s" in diagnosis.checks["time"]["text"]


def test_no_answer(webhook, authority):
    """A webhook that hangs is not waited for without end."""
    webhook.validation = lambda d: Reply(delay=5)
    diagnosis = examine(webhook, authority, "--timeout", "500ms")
    assert diagnosis.failed == {"http": "no_answer"} and "500 ms" in diagnosis.checks["http"]["text"]


EVENTS = {
    "no verification": (lambda genuine: Reply(qq.ACKNOWLEDGED), {"forgery": "forgery_accepted"}),
    "refusal of everything": (lambda genuine: Reply(b"{}", 401), {"event": "event_refused"}),
    "a clock that is wrong": (lambda genuine: Reply(b'{"reason":"stale_timestamp"}', 401), {"event": "event_stale"}),
    "no store": (lambda genuine: Reply(qq.SEND_AGAIN, 503), {"event": "event_not_stored"}),
    "another delivery wanted": (lambda genuine: Reply(qq.SEND_AGAIN), {"event": "event_not_acknowledged"}),
    "a web page": (lambda genuine: Reply(HTML), {"event": "event_not_acknowledged"}),
    "the connection's end": (lambda genuine: Reply(hangs_up=True), {"event": "no_answer"}),
}


FORGERIES = {
    "QQ's refusal": (qq.ACKNOWLEDGED, qq.SEND_AGAIN, ("ok", "fine")),
    "a text": (qq.ACKNOWLEDGED, b"x" * 100, ("fail", "forgery_accepted")),
    "the same object": (b"{}", b"{}", ("fail", "forgery_accepted")),
    "the same text": (b"x" * 100, b"x" * 100, ("warn", "forgery_undecided")),
}


@pytest.mark.parametrize("genuine, forged, outcome", FORGERIES.values(), ids=FORGERIES)
def test_forgery_answered_with_200(webhook, authority, genuine, forged, outcome):
    """200 is a refusal only where QQ itself has it for one, and the right event was answered otherwise."""
    webhook.event = lambda body, is_genuine: Reply(genuine if is_genuine else forged)
    diagnosis = examine(webhook, authority)
    assert diagnosis.reason("forgery") == outcome, diagnosis.text


@pytest.mark.parametrize("answer, failed", EVENTS.values(), ids=EVENTS)
def test_wrong_answer_to_an_event(webhook, authority, answer, failed):
    """Events count as well as the check of the URL."""
    webhook.event = lambda body, is_genuine: answer(is_genuine)
    diagnosis = examine(webhook, authority)
    assert diagnosis.failed == failed, diagnosis.text


@pytest.mark.parametrize("offset, outcome", [(-3600, "fail"), (3600, "fail"), (120, "warn"), (10, "ok")])
def test_clock(webhook, authority, offset, outcome):
    """A clock that makes signatures too old is told before it happens."""
    webhook.clock_offset = offset
    diagnosis = examine(webhook, authority)
    assert diagnosis.checks["clock"]["outcome"] == outcome
    assert outcome == "ok" or diagnosis.checks["clock"]["reason"] == "clock_off"


@pytest.mark.parametrize(
    "answer, outcome",
    [
        (Reply(b"{}", 426), ("fail", "upgrade_lost")),
        (Reply(HTML, 200, "text/html"), ("fail", "upgrade_lost")),
        (Reply(b'{"detail":"no"}', 401), ("fail", "socket_refused")),
        (Reply(b"", 502), ("fail", "socket_refused")),
        (Reply(hangs_up=True), ("fail", "no_answer")),
    ],
)
def test_socket(webhook, authority, answer, outcome):
    """The bot's way is looked at, too."""
    webhook.socket = lambda: answer
    diagnosis = examine(webhook, authority)
    assert diagnosis.reason("socket") == outcome and diagnosis.exit_code == 1


# Certificates


def test_certificates(authority, secret):
    """Each fault of a certificate is told by its cause alone, and nobody who is not trusted gets the secret."""
    cases = {
        "expired": ({"days": (-30, -3)}, {"expiry": "expired"}),
        "not yet valid": ({"days": (2, 30)}, {"expiry": "not_yet_valid"}),
        "another name": ({"hosts": ["www.example.com", "127.0.0.1"]}, {"name": "wrong_host_name"}),
        "self-signed": ({"self_signed": True}, {"chain": "self_signed"}),
        "no intermediate": ({"intermediate": True, "sends_chain": False}, {"chain": "intermediate_missing"}),
        "everything": (
            {"self_signed": True, "days": (-9, -1), "hosts": ["a.example"]},
            {"chain": "self_signed", "name": "wrong_host_name", "expiry": "expired"},
        ),
    }
    for name, (options, failed) in cases.items():
        file = authority.certificate_for(*options.pop("hosts", [HOST]), **options)
        with Webhook(secret, file) as server:
            diagnosis = examine(server, authority)
            assert (name, diagnosis.failed) == (name, failed), diagnosis.text
            assert diagnosis.exit_code == 1 and server.requests == []
            assert diagnosis.reason("handshake") == ("skipped", "untrusted")


def test_certificate_that_soon_expires(authority, secret):
    """It is good, and somebody should look after it."""
    with Webhook(secret, authority.certificate_for(HOST, days=(-80, 5))) as server:
        diagnosis = examine(server, authority)
        assert diagnosis.exit_code == 0 and diagnosis.warned["expiry"] == "expires_soon"


def test_intermediate_and_wildcard(authority, secret):
    """A chain of three, and a name with an asterisk, are as good as any."""
    with Webhook(secret, authority.certificate_for("*.example.com", intermediate=True)) as server:
        diagnosis = examine(server, authority)
        assert diagnosis.exit_code == 0, diagnosis.text
        assert "Test Intermediate" in diagnosis.checks["chain"]["text"]


def test_unknown_authority(webhook):
    """Without --ca-file nobody knows the tests' authority."""
    url = f"https://{HOST}/webhook?secret={webhook.secret}"
    diagnosis = Diagnosis(url, "--connect-to", f"127.0.0.1:{webhook.port}")
    assert diagnosis.failed == {"chain": "intermediate_missing"} and webhook.requests == []


def test_insecure(authority, secret):
    """--insecure looks at everything behind a bad certificate, and calls it bad all the same."""
    with Webhook(secret, authority.certificate_for(HOST, self_signed=True)) as server:
        diagnosis = examine(server, authority, "--insecure")
        assert diagnosis.failed == {"chain": "self_signed"} and diagnosis.exit_code == 1
        assert diagnosis.reason("handshake") == ("ok", "fine")


# The way to the server


@pytest.mark.parametrize("port, allowed", [(8000, False), (8443, True), (443, True), (8080, True), (65535, False)])
def test_port(webhook, authority, port, allowed):
    """QQ connects to four ports; another is wrong however good what listens there is."""
    diagnosis = examine(webhook, authority, url=f"https://{HOST}:{port}/webhook?secret={webhook.secret}")
    assert diagnosis.failed == ({} if allowed else {"port": "port_not_allowed"})


@pytest.mark.parametrize("platform, allowed", [("wechat", False), ("messenger", True), ("generic", True)])
def test_port_of_others(platform, allowed):
    """WeChat takes 80 and 443 only."""
    url = f"https://127.0.0.1:8443/webhook/{platform}?secret=s&verify_token=v"
    diagnosis = Diagnosis(url, "--connect-to", f"127.0.0.1:{closed_port()}")
    assert diagnosis.reason("port") == (("ok", "fine") if allowed else ("fail", "port_not_allowed"))


def closed_port():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return unused.getsockname()[1]


def test_closed_port(secret):
    """Nobody listens."""
    diagnosis = Diagnosis(f"https://{HOST}/webhook?secret={secret}", "--connect-to", f"127.0.0.1:{closed_port()}")
    assert diagnosis.failed == {"connect": "connection_refused"}
    assert diagnosis.exit_code == 2 and diagnosis.members["result"] == "unreachable"
    assert diagnosis.reason("socket") == ("skipped", "not_reached")


def test_firewall(secret):
    """What is dropped without a word is told from what is refused."""
    with contextlib.ExitStack() as stack:
        full = stack.enter_context(socket.socket())
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        # A queue that is full drops what comes, as a firewall does.
        for _ in range(8):
            client = stack.enter_context(socket.socket())
            client.setblocking(False)
            client.connect_ex(full.getsockname())
        address = f"127.0.0.1:{full.getsockname()[1]}"
        diagnosis = Diagnosis(f"https://{HOST}/webhook?secret={secret}", "--connect-to", address, "--timeout", "1s")
    assert diagnosis.failed == {"connect": "connection_timed_out"}
    assert diagnosis.exit_code == 2


def test_unknown_name(secret):
    """A name that there is not (RFC 6761, section 6.4)."""
    diagnosis = Diagnosis(f"https://relay.invalid/webhook?secret={secret}")
    assert diagnosis.failed["dns"] in ("name_unknown", "name_server_silent")
    assert diagnosis.exit_code == 2


def test_plain_http_where_tls_is_wanted(authority, secret):
    """The commonest mistake of whoever puts a port into a proxy."""
    with Webhook(secret) as server:
        diagnosis = examine(server, authority)
        assert diagnosis.failed == {"tls": "not_tls"} and diagnosis.exit_code == 1
        assert diagnosis.reason("chain") == ("skipped", "no_tls")


def test_plain_http(secret):
    """A relay on this machine is looked at to its end, and is not for QQ."""
    with Webhook(secret) as server:
        url = f"http://{HOST}:8080/webhook?secret={secret}"
        diagnosis = Diagnosis(url, "--connect-to", f"127.0.0.1:{server.port}")
        assert diagnosis.failed == {"https": "https_missing"}
        assert diagnosis.reason("tls") == ("skipped", "plain_http") and diagnosis.reason("event") == ("ok", "fine")


@pytest.mark.parametrize("path, failed", [("/webhook", {"https": "https_missing"}), ("/webhook/wechat", {})])
def test_plain_http_to_another_machine(secret, path, failed):
    """The secret goes in the clear to this machine itself only, unless --insecure says so: 0.0.0.0 is not known for it."""
    with Webhook(secret) as server:
        url = f"http://{HOST}:80{path}?secret={secret}"
        diagnosis = Diagnosis(url, "--connect-to", f"0.0.0.0:{server.port}")
        assert server.requests == []
        assert diagnosis.failed == failed and diagnosis.exit_code == 1, diagnosis.text
        assert diagnosis.reason("connect") == ("ok", "fine")
        for check in ("redirect", "http", "handshake", "time", "event", "forgery", "clock", "socket"):
            assert diagnosis.reason(check) == ("skipped", "https_missing")
        assert "--insecure" in diagnosis.checks["http"]["text"]
    with Webhook(secret) as server:
        url = f"http://{HOST}:80/webhook?secret={secret}"
        diagnosis = Diagnosis(url, "--connect-to", f"0.0.0.0:{server.port}", "--insecure")
        assert diagnosis.reason("event") == ("ok", "fine") and diagnosis.failed == {"https": "https_missing"}


def test_private_address(secret):
    """An address of this machine or network is not for platforms."""
    diagnosis = Diagnosis(f"https://127.0.0.1:{closed_port()}/webhook?secret={secret}")
    assert diagnosis.failed["dns"] == "private_address"


@pytest.mark.parametrize("words", [b"SSH-2.0-OpenSSH_9.2\r\n", b"\x00\x01\x02 nonsense \r\n\r\n"])
def test_something_else_listens(words, secret):
    """What speaks another protocol is no webhook."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer():
            with contextlib.suppress(OSError):
                while True:
                    client, _ = listener.accept()
                    # A client that wanted to know only whether somebody listens has gone.
                    with client, contextlib.suppress(OSError):
                        client.sendall(words)
                        client.recv(65536)

        threading.Thread(target=answer, daemon=True).start()
        url = f"http://{HOST}:80/webhook?secret={secret}"
        diagnosis = Diagnosis(url, "--connect-to", f"127.0.0.1:{listener.getsockname()[1]}", "--timeout", "2s")
    assert diagnosis.failed["http"] in ("not_http", "closed_without_answer")


@pytest.mark.parametrize(
    "head, again, ends, reason",
    [
        (b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n", b"[" * 65536, False, ("handshake", "not_an_object")),
        (b"HTTP/1.1 200 OK\r\nX: ", b"x" * 65536, False, ("http", "not_http")),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", b"", False, ("http", "no_answer")),
        (b"HTTP/1.1 100 Continue\r\n\r\n", b"", False, ("http", "no_answer")),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n{}", b"", True, ("http", "closed_without_answer")),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}", b"", True, ("http", "closed_without_answer")),
        (b"HTTP/1.1 502 Bad Gat", b"", True, ("http", "closed_without_answer")),
    ],
    ids=[
        "endless body", "endless header", "half an answer", "no answer but a promise", "broken off", "broken off in chunks",
        "broken off in its head",
    ],
)
def test_answers_without_end(secret, head, again, ends, reason):
    """Neither time nor memory are given to who does not come to an end."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve_one(client):
            with client, contextlib.suppress(OSError):
                client.recv(65536)
                client.sendall(head)
                while again:
                    client.sendall(again)
                if not ends:
                    client.recv(65536)

        def accept():
            with contextlib.suppress(OSError):
                while True:
                    threading.Thread(target=serve_one, args=(listener.accept()[0],), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        url = f"http://{HOST}:80/webhook?secret={secret}"
        place = ("--connect-to", f"127.0.0.1:{listener.getsockname()[1]}", "--timeout", "2s")
        diagnosis = Diagnosis(url, *place, "--no-events")
    check, cause = reason
    assert diagnosis.failed.get(check) == cause, diagnosis.text


# How it is told


def test_text(webhook, authority):
    """A line for each check, in English and in Chinese, by the environment; no colours in a pipe."""
    arguments = [f"https://{HOST}:8000/webhook?secret={webhook.secret}", "--connect-to", f"127.0.0.1:{webhook.port}"]
    arguments += ["--ca-file", authority.ca, "--limit", "60s"]
    english = run(*arguments, LANG="en_US.UTF-8")
    chinese = run(*arguments, LANG="zh_CN.UTF-8")
    overruled = run(*arguments, LANG="zh_CN.UTF-8", LC_ALL="C")
    for done in (english, chinese, overruled):
        lines = done.stdout.splitlines()
        assert done.returncode == 1 and done.stderr == ""
        assert len(lines) == 16 + 4 and lines[0].startswith(f"https://{HOST}:8000/webhook?secret=…")
        assert [line.split()[0] for line in lines[2:4]] == ["ok", "FAIL"]
        assert webhook.secret not in done.stdout and "\x1b" not in done.stdout
    assert "QQ does not connect to port 8000" in english.stdout and "1 check failed" in english.stdout
    assert "QQ 不连接端口 8000" in chinese.stdout and "1 项检查失败" in chinese.stdout
    assert "QQ does not connect to port 8000" in overruled.stdout
    assert {len(line.split()) > 2 for line in english.stdout.splitlines()[2:18]} == {True}


def test_colours_on_a_terminal(webhook, authority):
    """On a terminal outcomes have colours, unless NO_COLOR is set."""
    for variables, coloured in (({}, True), ({"NO_COLOR": "1"}, False)):
        main, other = pty.openpty()
        arguments = [f"https://{HOST}/webhook?secret={webhook.secret}", "--connect-to", f"127.0.0.1:{webhook.port}"]
        process = subprocess.Popen(
            [BINARY, "doctor", *arguments, "--ca-file", authority.ca, "--limit", "60s"],
            stdout=other,
            env=environment(LC_ALL="C", **variables),
        )
        os.close(other)
        text = b""
        with contextlib.suppress(OSError):  # the terminal's end
            while chunk := os.read(main, 65536):
                text += chunk
        os.close(main)
        assert process.wait(PATIENCE) == 0
        assert (b"\x1b[32m" in text) == coloured and b"URL check" in text


@pytest.mark.parametrize(
    "arguments, named",
    [
        (["relay.example.com/webhook"], "https://"),
        (["https://relay.example.com/webhook"], "--secret"),
        (["https://机器人.example/webhook?secret=s"], "xn--"),
        (["https://a.example/webhook?secret=s", "--timeout", "soon"], "--timeout"),
        (["https://a.example/webhook?secret=s", "--connect-to", "nowhere"], "--connect-to"),
        (["https://a.example/webhook?secret=s", "--ca-file", "/nonexistent"], "--ca-file"),
        (["https://a.example/webhook?secret=s", "--platform", "irc"], "irc"),
        ([], "<url>"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_mistakes(arguments, named):
    """A mistake is a sentence and exit code 64."""
    done = subprocess.run([BINARY, "doctor", *arguments], capture_output=True, text=True, env=environment(), timeout=PATIENCE)
    assert done.returncode == 64 and named in done.stderr


def test_secret_of_the_environment(webhook, authority):
    """HOOKWIRE_SECRET serves a URL that has none."""
    done = run(
        f"https://{HOST}/callback", "--connect-to", f"127.0.0.1:{webhook.port}", "--ca-file", authority.ca,
        "--limit", "60s", HOOKWIRE_SECRET=webhook.secret,
    )
    assert done.returncode == 0, done.stdout
    assert webhook.requests[0][1] == "/callback"


def test_foreign_websocket(webhook, authority, secret):
    """A server that is a WebSocket's and nothing else is no webhook."""
    server = serve(lambda connection: None, "127.0.0.1", 0)
    with server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        port = server.socket.getsockname()[1]
        diagnosis = Diagnosis(f"http://{HOST}:80/webhook?secret={secret}", "--connect-to", f"127.0.0.1:{port}")
        assert diagnosis.exit_code == 1 and "http" in diagnosis.failed
