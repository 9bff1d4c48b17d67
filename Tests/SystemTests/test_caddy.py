"""deploy/caddy: Caddy with a certificate of its own before nodes of both tiers, and the compose file that has it there."""

import contextlib
import http.client
import http.server
import json
import re
import shutil
import ssl
import subprocess
import threading

import pytest
import yaml
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

import container_engine
import leaks
import qq
from compose_project import CaddyProject
from redis_server import RedisServer, free_port
from relay import PATIENCE, REPOSITORY, environment, receive
from tiers import TierNode
from waiting import until

CADDYFILE = REPOSITORY / "deploy/caddy/Caddyfile"


@pytest.fixture(autouse=True)
def caddy_is_installed():
    if not shutil.which("caddy"):
        pytest.skip("not installed: caddy")


class Front:
    """What a client sees of Caddy: HTTPS and wss on one port, with a certificate for localhost."""

    def __init__(self, port, trust=None):
        self.port, self.trust = port, trust

    def request(self, method, path, body=None, headers=None, patience=PATIENCE):
        connection = http.client.HTTPSConnection("localhost", self.port, timeout=patience, context=self.trust)
        with contextlib.closing(connection):
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.read()

    def socket(self, secret):
        url = f"wss://localhost:{self.port}/ws?secret={secret}"
        return connect(url, ssl=self.trust, proxy=None, close_timeout=1)


class Caddy(Front):
    """Caddy with the file as it is, on ports and before nodes of a test's own. Use `with`: leaving ends it."""

    def __init__(self, folder, ingress_port, egress_port):
        super().__init__(free_port())
        self.http_port = free_port()
        self.log_path = folder / "caddy.log"
        self.authority = folder / "caddy/pki/authorities/local/root.crt"
        self.environment = environment(
            HOOKWIRE_HTTP_PORT=str(self.http_port),
            HOOKWIRE_HTTPS_PORT=str(self.port),
            HOOKWIRE_INGRESS="127.0.0.1",
            HOOKWIRE_INGRESS_PORT=str(ingress_port),
            HOOKWIRE_EGRESS="127.0.0.1",
            HOOKWIRE_EGRESS_PORT=str(egress_port),
            XDG_DATA_HOME=str(folder),
            XDG_CONFIG_HOME=str(folder),
        )

    def command(self, *arguments):
        arguments = [*arguments, "--config", CADDYFILE, "--adapter", "caddyfile"]
        return subprocess.run(
            ["caddy", *arguments], env=self.environment, capture_output=True, text=True, timeout=PATIENCE
        )

    @property
    def log(self):
        return self.log_path.read_text(errors="replace")

    def __enter__(self):
        with self.log_path.open("wb") as log:
            self.process = subprocess.Popen(
                ["caddy", "run", "--config", CADDYFILE, "--adapter", "caddyfile"],
                env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )
        until(self._answers, lambda: self.log)
        return self

    def _answers(self):
        """Whether it has its certificate, and a node behind it."""
        assert self.process.poll() is None, self.log
        with contextlib.suppress(OSError):
            self.trust = ssl.create_default_context(cafile=self.authority)
            return self.request("GET", "/livez")[0] == 200
        return False

    def __exit__(self, *_):
        self.process.terminate()
        assert self.process.wait(PATIENCE) == 0
        assert not leaks.found_in(self.log), "a secret is in Caddy's log"


def test_file_is_valid(tmp_path):
    """Caddy has nothing against the file: it is right, and written as Caddy writes it."""
    caddy = Caddy(tmp_path, 1, 2)
    done = caddy.command("validate")
    assert done.returncode == 0 and '"level":"warn"' not in done.stderr, done.stderr
    assert json.loads(caddy.command("adapt").stdout)["apps"]["http"]["servers"]
    formatted = subprocess.run(["caddy", "fmt", CADDYFILE], capture_output=True, text=True)
    assert formatted.stdout == CADDYFILE.read_text()


def test_before_both_tiers(tmp_path, secret):
    """Webhooks over HTTPS reach a bot over wss, streams stream, and what is the nodes' own stays theirs."""
    with contextlib.ExitStack() as stack:
        redis = stack.enter_context(RedisServer(tmp_path))
        ingress, egress = (
            stack.enter_context(TierNode(tier, redis.url, "--trusted-proxies", "loopback", folder=tmp_path))
            for tier in ("ingress", "egress")
        )
        for node in (ingress, egress):
            node.await_ready()
        caddy = stack.enter_context(Caddy(tmp_path, ingress.port, egress.port))
        with caddy.socket(secret) as bot, caddy.socket(secret) as other:
            for _ in range(20):
                body = qq.event()
                answer = caddy.request("POST", qq.webhook_path(secret), body, qq.signed_headers(secret, body))
                assert answer == (200, qq.ACKNOWLEDGED)
                assert receive(bot) == receive(other) == ("text", body)
        check_stream(caddy, secret)
        for path in ("/metrics", "/readyz", "/healthz"):
            assert caddy.request("GET", path)[0] == 404
        plain = http.client.HTTPConnection("localhost", caddy.http_port, timeout=PATIENCE)
        with contextlib.closing(plain):
            plain.request("GET", "/ws")
            answer = plain.getresponse()
            assert answer.status == 308 and answer.headers["Location"] == "https://localhost/ws"
        # What goes wrong is in the log, without the URL that has the secret in it.
        egress.kill()
        assert caddy.request("GET", f"/ws?secret={secret}")[0] == 502
        assert "connection refused" in caddy.log


def check_stream(caddy, secret):
    """An event comes when it is there, not when the stream ends."""
    connection = http.client.HTTPSConnection("localhost", caddy.port, timeout=PATIENCE, context=caddy.trust)
    with contextlib.closing(connection):
        connection.request("GET", f"/events?secret={secret}&backlog=off")
        stream = connection.getresponse()
        assert stream.status == 200
        body = qq.event("streamed")
        assert caddy.request("POST", qq.webhook_path(secret), body, qq.signed_headers(secret, body))[0] == 200
        while b"streamed" not in (line := stream.readline()):
            assert line, "the stream ended"


class Echo(http.server.BaseHTTPRequestHandler):
    """Answers with the header fields of the request."""

    def do_GET(self):
        body = json.dumps([[name.lower(), value] for name, value in self.headers.items()]).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def test_client_says_nothing_of_itself(tmp_path):
    """What a client says of where it is reaches no node: nodes believe the proxy."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with Caddy(tmp_path, 1, server.server_port) as caddy:
            spoofed = {"Forwarded": "for=192.0.2.1", "X-Forwarded-For": "192.0.2.1", "X-Forwarded-Proto": "http"}
            status, body = caddy.request("GET", "/", headers=spoofed)
        server.shutdown()
    assert status == 200 and b"192.0.2.1" not in body
    fields = dict(json.loads(body))
    assert fields["x-forwarded-for"] in ("127.0.0.1", "::1") and fields["x-forwarded-proto"] == "https"


class Endless(http.server.BaseHTTPRequestHandler):
    """Begins an event stream that does not end."""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        self.wfile.write(b": hello\n\n")
        self.wfile.flush()
        self.server.is_over.wait()

    def log_message(self, *_):
        pass


def test_it_ends_under_a_stream(tmp_path):
    """A stream that nobody ends keeps Caddy from ending for a time only, in which it takes nobody else."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Endless) as server:
        server.daemon_threads, server.is_over = True, threading.Event()
        threading.Thread(target=server.serve_forever, daemon=True).start()
        # Leaving waits for its end.
        with Caddy(tmp_path, 1, server.server_port) as caddy:
            connection = http.client.HTTPSConnection("localhost", caddy.port, timeout=PATIENCE, context=caddy.trust)
            connection.request("GET", "/events")
            stream = connection.getresponse()
            assert stream.readline() == b": hello\n"
        connection.close()
        server.is_over.set()
        server.shutdown()


@pytest.mark.timeout(600)
def test_containers(tmp_path, secret):
    """From `up` to `down`: a certificate, delivery over it, no way past Caddy, and the loss of a node."""
    if reason := container_engine.reason_against():
        pytest.skip(reason)
    with CaddyProject(container_engine.Engine(), HOOKWIRE_DRAIN="2s") as project:
        project.up()
        (caddy,) = project.containers("caddy")
        authority = "/certificates/caddy/pki/authorities/local/root.crt"
        until(
            lambda: project.podman("exec", caddy, "cat", authority, check=False).returncode == 0,
            "Caddy makes no certificate", 30,
        )
        trust = ssl.create_default_context(cadata=project.execute(caddy, "cat", authority))
        front = Front(project.port, trust)

        def ready():
            """Both tiers answer through Caddy."""
            body = qq.event()
            with contextlib.suppress(OSError):
                posted = front.request("POST", qq.webhook_path("none"), body, qq.signed_headers("none", body))[0]
                return (posted, front.request("GET", "/livez")[0]) == (200, 200)

        until(ready, "a tier does not answer through Caddy", 60)
        assert delivered(front, secret)
        for container in project.containers():
            assert bool(project.podman("port", container).stdout) == (container == caddy)
        assert project.podman("exec", caddy, "getent", "hosts", "redis", check=False).returncode != 0
        assert front.request("GET", "/metrics")[0] == 404
        # While a node is away everything goes to the other, or Caddy says 502 (503 while it knows of no node), and the
        # platform sends again and the bot connects again: a request on a kept connection of the node gets it, and from
        # Caddy before 2.11.2 every POST whose first node it cannot reach. The containers' resolver, too, may be away for
        # some seconds.
        project.podman("kill", "--signal", "KILL", project.containers("egress")[0])
        project.podman("kill", "--signal", "KILL", project.containers("ingress")[0])
        for _ in range(5):
            until(lambda: delivered(front, secret), "Caddy lets no bot and no webhook through", 100)
        assert {name: secret for name, log in project.logs().items() if secret in log} == {}
        project.compose("down", "--volumes")
        assert project.left_over() == []


def delivered(front, secret):
    """Whether Caddy lets a bot and a webhook through; then the event has come."""
    body = qq.event()
    with contextlib.ExitStack() as stack:
        try:
            bot = stack.enter_context(front.socket(secret))
            webhook = ("POST", qq.webhook_path(secret), body, qq.signed_headers(secret, body))
            status, _ = front.request(*webhook, patience=5)
        except TimeoutError:
            return False
        except InvalidStatus as refusal:
            status = refusal.response.status_code
        if status in (502, 503):
            return False
        assert status == 200
        received = receive(bot)
        while received != ("text", body):  # what no socket had had yet comes first
            received = receive(bot)
    return True


def test_compose_file():
    """The nodes and Redis are those of docker-compose.yml; only Caddy is published, and what it is given exists."""
    compose = yaml.safe_load((REPOSITORY / "deploy/caddy/compose.yaml").read_text())
    base = yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text())
    caddy = compose["services"].pop("caddy")
    for name, service in compose["services"].items():
        assert list(service) == ["extends"] and service["extends"]["service"] == name
        assert (REPOSITORY / "deploy/caddy" / service["extends"]["file"]).resolve() == REPOSITORY / "docker-compose.yml"
        assert "ports" not in base["services"][name]
        assert set(base["services"][name]["networks"]) <= set(compose["networks"])
    assert compose["networks"]["store"] == base["networks"]["store"] and "store" not in caddy["networks"]
    named = set(re.findall(r"{\$(\w+)", CADDYFILE.read_text()))
    assert {name for name in caddy["environment"] if name.startswith("HOOKWIRE_")} <= named
    # The ports inside are those that the file has where nothing else is said.
    inside = set(re.findall(r"{\$HOOKWIRE_HTTPS?_PORT:(\d+)}", CADDYFILE.read_text()))
    assert {port.rsplit(":", 1)[1] for port in caddy["ports"]} == inside
    for volume in caddy["volumes"]:
        source = volume.split(":")[0]
        assert source in compose["volumes"] or (REPOSITORY / "deploy/caddy" / source).exists()
