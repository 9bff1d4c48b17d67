"""The users of docs/redis.md: all that nodes do goes on with their rights, and they have no others.

What exercises the nodes are the tests of those parts, run here once more with these users: events, replies, groups and dead
letters, the gateway's tokens and sessions, the registry, limits, presence and observers.
"""

import contextlib

import pytest

import qq
from admin_client import AdminClient, admin_token
from gateway_client import GatewayClient, get_token
from http_raw import RawConnection
from redis_sentinel import MASTER, Sentinel
from redis_server import RedisServer, free_port
from redis_users import least_rights, users
from relay import PATIENCE, Relay, run_command
from test_bots_access import (  # noqa: F401
    name,
    realm,
    test_changes_are_seen_everywhere,
    test_revoked_token,
)
from test_bots_commands import test_audit  # noqa: F401
from test_gateway import test_lost_memory, test_quiet_session_moves, test_trimmed  # noqa: F401
from test_groups import test_dead_letters  # noqa: F401
from test_limits import refused, registry
from test_redis_wait import servers, test_a_duplicate_is_written_anew  # noqa: F401
from test_replay_route import test_replay  # noqa: F401
from test_replies_across_tiers import test_first_reply_wins_across_nodes  # noqa: F401
from tiers import TierNode, tiers
from waiting import until


@pytest.fixture(scope="module", autouse=True)
def rights():
    with least_rights():
        yield


@pytest.fixture
def redis(tmp_path):
    with RedisServer(tmp_path) as server:
        yield server


class TwoTiers(Relay):
    """What a test takes for one relay: webhooks go to the ingress node, all else to the egress node."""

    def __init__(self, ingress, egress):
        self._ports = {True: ingress.port, False: egress.port}
        self.port = egress.port

    def request(self, method, target, *arguments, **options):
        self.port = self._ports[target.startswith("/webhook")]
        try:
            return super().request(method, target, *arguments, **options)
        finally:
            self.port = self._ports[False]

    def __exit__(self, *_):
        pass


@pytest.fixture(scope="module")
def relay(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tiers")
    with RedisServer(folder) as server, tiers(server.url, folder, 1, 1) as ((ingress,), (egress,)):
        yield TwoTiers(ingress, egress)


def test_limits(redis, tmp_path, secret):
    """Requests and sockets are counted over all nodes."""
    bots = registry(tmp_path, ("limited", secret, "limits:", "  sockets: 1", "  requests: 20/s", "  burst: 5"))
    with tiers(redis.url, tmp_path, 1, 2, flags=("--bots", str(bots))) as ((ingress,), egress):
        with TwoTiers(ingress, egress[0]).bot(secret):
            assert refused(egress[1].port, f"/ws?secret={secret}")[0] == 429
        statuses = {TwoTiers(ingress, egress[0]).post(secret, qq.event("much")).status for _ in range(60)}
        assert statuses == {200, 429}


def test_observers(relay, secret):
    """Whoever looks on at an egress node is told what an ingress node took."""
    with RawConnection(relay.port, timeout=PATIENCE) as page:
        page.request("GET", f"/inspector/notes?secret={secret}")
        page.read_until(b"\r\n\r\n")
        text = b""
        # The ingress node has heard of it when it says the first thing.
        for _ in range(100):
            relay.deliver(secret, qq.event("seen"))
            page.socket.settimeout(0.2)
            with contextlib.suppress(TimeoutError):
                text += page.read(1)
            if text:
                return
    raise AssertionError("nothing was told")


@pytest.mark.timeout(60)
def test_several_redis(tmp_path, secret):
    """What nodes of several Redis do besides."""
    with contextlib.ExitStack() as stack:
        urls = []
        for name in "ab":
            (tmp_path / name).mkdir()
            urls.append(stack.enter_context(RedisServer(tmp_path / name)).url)
        ingress, egress = (
            stack.enter_context(TierNode(tier, ",".join(urls), *flags, folder=tmp_path))
            for tier, flags in (("ingress", ()), ("egress", ("--qq-upstream", "none")))
        )
        ingress.await_ready()
        egress.await_ready()
        relay = TwoTiers(ingress, egress)
        token = get_token(egress.port, secret)
        with GatewayClient(egress.port) as client:
            client.identify(token)
            relay.deliver(secret, qq.event("by one of two"))
            assert client.receive()["d"]["content"] == "by one of two"
        # Their places in the list have been compared by now.
        until(lambda: all(list_of(url) for url in urls), "a Redis has no list of the Redis")


@pytest.mark.parametrize("tier", ["ingress", "egress"])
def test_admin_api(tmp_path, tier):
    """A node that has the admin API, with its tier's line and the operator's keys and commands in place of the part in
    parentheses: what the bots' page asks for is answered, and the node stays ready."""
    operator = [word for word in users()["hookwire-operator"] if word[0] in "~+"]
    words = [more for word in users()[f"hookwire-{tier}"] for more in (operator if word[0] == "(" else [word])]
    token, port = admin_token(), free_port()
    env = {"HOOKWIRE_ADMIN_TOKEN": token, "HOOKWIRE_REGISTRY_KEY": "ab" * 32}
    with RedisServer(tmp_path, "--user", "both", *words) as server:
        url = server.url.replace("hookwire-operator:hookwire-operator@", f"both:hookwire-{tier}@")
        with TierNode(tier, url, "--access", "registered", "--admin-port", str(port), folder=tmp_path, env=env) as node:
            node.await_ready()
            admin = AdminClient(f"http://127.0.0.1:{port}", token)
            admin.add("looked-at", qq.secret())
            for _ in range(3):
                assert admin.ask("GET", "bots")
                assert node.get("/readyz")[0] == 200, node.get("/readyz")


def list_of(url):
    port = url.rpartition(":")[2].partition("/")[0]
    return run_command(["redis-cli", "-p", port, "GET", "hw:{servers}:place"]).stdout.strip()


def test_sentinel_user(redis, tmp_path, secret):
    """The sentinels' own user does with what the document gives it."""
    words = " ".join(users()["hookwire"])
    sentinel = Sentinel(
        tmp_path, "sentinel", redis.port, "sentinel auth-user relay default", f"user hookwire {words}", "user default on nopass ~* &* +@all",
        quorum=1,
    )
    url = (
        f"redis+sentinel://hookwire-operator:hookwire-operator@127.0.0.1:{sentinel.port}/{MASTER}/0"
        "?sentinel-user=hookwire&sentinel-password=hookwire"
    )
    try:
        with tiers(url, tmp_path, 1, 1) as ((ingress,), (egress,)):
            TwoTiers(ingress, egress).deliver(secret, qq.event("by way of a sentinel"))
        denied = [line for line in sentinel.command("ACL", "LOG") if line]
        assert denied == [], denied
    finally:
        sentinel.end()


FORBIDDEN = {
    "hookwire-ingress": [
        ("FLUSHALL",), ("KEYS", "*"), ("CONFIG", "GET", "*"), ("GET", "hw:{1}:token:ab"), ("GET", "other"),
        ("HSET", "hw:{registry}:bots", "a", "b"), ("SUBSCRIBE", "other"), ("ACL", "LIST"), ("MONITOR",), ("SCAN", "0"),
        ("EVAL", "return redis.call('DEL', KEYS[1])", "1", "hw:{registry}:bots"), ("XREADGROUP", "GROUP", "a", "b", "STREAMS", "x", ">"),
    ],
    "hookwire-egress": [
        ("FLUSHALL",), ("KEYS", "*"), ("GET", "other"), ("HSET", "hw:{registry}:bots", "a", "b"), ("SCAN", "0"),
        ("EVAL", "return redis.call('HSET', KEYS[1], 'a', 'b')", "1", "hw:{registry}:bots"), ("REPLICAOF", "NO", "ONE"),
    ],
    "hookwire-operator": [
        ("FLUSHALL",), ("XRANGE", "hw:{1}:ab:log", "-", "+"), ("PUBLISH", "hw:{1}:ab", "x"), ("GET", "hw:{1}:token:ab"),
    ],
}


@pytest.mark.parametrize("user", FORBIDDEN)
def test_what_is_forbidden(redis, user):
    """Nothing beyond what a tier needs."""
    for words in FORBIDDEN[user]:
        done = run_command(["redis-cli", "-p", redis.port, "--user", user, "--pass", user, "--no-auth-warning", *words])
        # What a script is refused has no code.
        assert "NOPERM" in done.stdout or "can't access" in done.stdout, (words, done.stdout)
    redis.command("ACL", "LOG", "RESET")


def test_missing_right(redis, tmp_path, secret):
    """Where the user may not store events, readiness says so, until one has been stored."""
    with TierNode("ingress", redis.url, folder=tmp_path) as ingress:
        ingress.await_ready()
        relay = TwoTiers(ingress, ingress)
        redis.command("ACL", "SETUSER", "hookwire-ingress", "-xadd")
        assert relay.post(secret, qq.event("forbidden")).status == 503
        assert ingress.await_probe("The user executing the script can't run this command") == 503
        redis.command("ACL", "SETUSER", "hookwire-ingress", "+xadd")
        assert relay.post(secret, qq.event("allowed")).status == 200
        ingress.await_ready()
    redis.command("ACL", "LOG", "RESET")


def test_document_has_them_all():
    """The document names a user for each tier, for the commands, and for the sentinels."""
    assert set(users()) == {"hookwire-ingress", "hookwire-egress", "hookwire-operator", "hookwire"}
