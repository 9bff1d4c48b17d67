"""Redis by TLS with an authority of one's own, where Redis lets in only who has a certificate of it."""

import contextlib
import http.client
import subprocess

import pytest
from websockets.sync.client import connect

import qq
from redis_cluster import RedisCluster
from redis_sentinel import MASTER, Sentinel
from redis_server import RedisServer, free_port
from relay import BINARY, PATIENCE, receive, run_command
from tiers import TierNode, tiers
from waiting import until


class Authority:
    """A certificate authority in a folder, and what it signed."""

    def __init__(self, folder, name="ca"):
        self.folder, self.name = folder, name
        self._openssl("req", "-x509", "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.pem", *self.CURVE)

    CURVE = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")

    def sign(self, who):
        """A certificate for this machine and its key, as paths."""
        (self.folder / "names").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1")
        self._openssl("req", "-subj", f"/CN={who}", "-keyout", f"{who}.key", "-out", f"{who}.csr", *self.CURVE)
        self._openssl("x509", "-req", "-in", f"{who}.csr", "-CA", f"{self.name}.pem", "-CAkey", f"{self.name}.key",
                      "-CAcreateserial", "-extfile", "names", "-out", f"{who}.pem")
        return self.folder / f"{who}.pem", self.folder / f"{who}.key"

    @property
    def path(self):
        return self.folder / f"{self.name}.pem"

    def _openssl(self, *words):
        subprocess.run(["openssl", *words], cwd=self.folder, check=True, capture_output=True)


class Guarded:
    """A Redis whose TLS port wants certificates, an authority that it trusts, and a client's certificate."""

    def __init__(self, folder, stack):
        self.authority = Authority(folder)
        self.certificate, self.key = self.authority.sign("client")
        certificate, key = self.authority.sign("server")
        self.port = free_port()
        self.tls = {"tls-cert-file": certificate, "tls-key-file": key, "tls-ca-cert-file": self.authority.path,
                    "tls-auth-clients": "yes", "tls-replication": "yes"}
        flags = [word for name, value in self.tls.items() for word in (f"--{name}", value)]
        self.server = stack.enter_context(RedisServer(folder, "--tls-port", self.port, *flags))

    def query(self, **changed):
        files = {"ca": self.authority.path, "cert": self.certificate, "key": self.key} | changed
        return "&".join(f"{name}={value}" for name, value in files.items() if value)

    def url(self, **changed):
        return f"rediss://127.0.0.1:{self.port}/0?{self.query(**changed)}"


@pytest.fixture
def redis(tmp_path):
    with contextlib.ExitStack() as stack:
        yield Guarded(tmp_path, stack)


def relays(url, folder):
    """Asserts that an event comes from one tier to the other."""
    secret = qq.secret()
    with tiers(url, folder, ingress=1, egress=1) as ((ingress,), (egress,)):
        with connect(f"ws://127.0.0.1:{egress.port}/ws?secret={secret}", proxy=None) as bot:
            body = qq.event("by TLS")
            connection = http.client.HTTPConnection("127.0.0.1", ingress.port, timeout=PATIENCE)
            with contextlib.closing(connection):
                connection.request("POST", qq.webhook_path(secret), body, qq.signed_headers(secret, body))
                assert connection.getresponse().status == 200
            assert receive(bot) == ("text", body)


def test_client_certificate(redis, tmp_path):
    """Both tiers come in with it, and so do the commands."""
    relays(redis.url(), tmp_path)
    command = [BINARY, "bots", "list", "--redis-url", redis.url()]
    listed = run_command(["env", f"HOOKWIRE_REGISTRY_KEY={'0f' * 32}", *command])
    assert listed.returncode == 0, listed.stderr


def test_sentinels_by_tls(redis, tmp_path):
    """rediss+sentinel:// speaks TLS with the sentinels and with Redis, with the same certificate."""
    port = free_port()
    lines = [f"{name} {value}" for name, value in redis.tls.items()]
    sentinel = Sentinel(tmp_path, "sentinel", redis.port, f"tls-port {port}", *lines, quorum=1)
    try:
        relays(f"rediss+sentinel://127.0.0.1:{port}/{MASTER}/0?{redis.query()}", tmp_path)
    finally:
        sentinel.end()


def test_cluster_by_tls(redis, tmp_path):
    """rediss+cluster:// speaks TLS with every node, on the port that the cluster names to whoever asks by TLS."""
    port = free_port()
    flags = [word for name, value in redis.tls.items() for word in (f"--{name}", value)]
    with RedisCluster(tmp_path, masters=1, replicas=0, options=("--tls-port", port, "--tls-cluster", "yes", *flags)):
        relays(f"rediss+cluster://127.0.0.1:{port}?{redis.query()}", tmp_path)


def test_who_is_not_let_in(redis, tmp_path):
    """Without a certificate, with a stranger's, or where the server's is of an authority that is not trusted, the probe stays
    red and says why."""
    stranger = Authority(tmp_path, "stranger")
    certificate, key = stranger.sign("intruder")
    for url in (
        redis.url(cert=None, key=None), redis.url(cert=certificate, key=key), redis.url(ca=stranger.path)
    ):
        with TierNode("ingress", url, folder=tmp_path) as node:

            def says_why():
                status, text = node.get("/readyz")
                return status if any(word in text.lower() for word in ("tls", "certificate", "ssl")) else None

            assert until(says_why, lambda: node.get("/readyz")) == 503


def test_files_that_do_not_do(redis, tmp_path):
    """A node says at the start what is wrong with the certificate's files."""
    _, other_key = redis.authority.sign("other")
    for changed in ({"cert": "/nonexistent.pem"}, {"key": other_key}):
        started = run_command([BINARY, "ingress", "--port", "0", "--redis-url", redis.url(**changed)])
        assert started.returncode != 0 and "client certificate of the Redis URL" in started.stderr, started.stderr
    half = run_command([BINARY, "ingress", "--port", "0", "--redis-url", redis.url(key=None)])
    assert half.returncode != 0 and "redis-url" in half.stderr
