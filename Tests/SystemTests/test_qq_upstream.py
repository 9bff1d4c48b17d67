"""What `/qq` passes on to the platform, which is a strict fake: unchanged both ways, and to nowhere else."""

import http.client
import json
import socket
import threading

import pytest

import qq
from fake_qq import FakeQQ
from gateway_client import GatewayClient, get_token
from redis_server import RedisServer, free_port
from relay import PATIENCE
from tiers import TierNode


@pytest.fixture
def platform():
    with FakeQQ() as platform:
        yield platform


@pytest.fixture
def relay(start, platform):
    return start("--qq-upstream", platform.url, "--qq-token-upstream", platform.url)


@pytest.fixture
def bot(relay, platform, secret):
    """The Authorization of a bot that has its token through the relay."""
    app_id = platform.add_bot(secret)
    answer = relay.request(
        "POST",
        "/qq/app/getAppAccessToken",
        json.dumps({"appId": app_id, "clientSecret": secret}),
        {"Content-Type": "application/json"},
    )
    assert answer.status == 200 and answer.headers["Content-Type"] == "application/json"
    token = json.loads(answer.body)
    assert token["expires_in"] == "7200"
    return {"Authorization": "QQBot " + qq.known_secret(token["access_token"])}


def answer_with(platform, method, path, respond):
    platform.answers[method, path] = respond


def test_ready_has_the_platforms_user(relay, platform, bot):
    """The session's user is who the platform says that the bot is."""
    me = json.loads(relay.get("/qq/users/@me", bot).body)
    with GatewayClient(relay.port) as client:
        user = client.identify(bot["Authorization"].removeprefix("QQBot "))["d"]["user"]
    assert user == {"id": me["id"], "username": me["username"], "bot": True}
    assert me["username"].startswith("机器人")


def test_message(relay, platform, bot):
    """A message arrives as it was sent, and its answer comes back with the platform's own fields."""
    body = json.dumps({"content": "你好", "msg_type": 0}, ensure_ascii=False).encode()
    headers = bot | {"Content-Type": "application/json", "TE": "trailers", "Connection": "close, X-Hop", "X-Hop": "1"}
    answer = relay.request("POST", "/qq/v2/users/ABC/messages?a=%2Fb&c=d+e", body, headers)
    assert answer.status == 200
    assert answer.headers["X-Tps-trace-Id"] == "trace-1"
    assert platform.messages == [("/v2/users/ABC/messages", {"content": "你好", "msg_type": 0})]


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"])
def test_methods_and_targets(relay, platform, bot, method):
    """Method, path, query and body reach the platform byte for byte; status and repeated fields come back."""
    seen = []

    def respond(handler):
        seen.append((handler.command, handler.requestline.split(" ")[1], handler.body()))
        handler.send_response(202, "Accepted")
        handler.send_header("Set-Cookie", "a=1")
        handler.send_header("Set-Cookie", "b=2")
        handler.send_header("Content-Length", "4")
        handler.end_headers()
        if handler.command != "HEAD":
            handler.wfile.write(b"done")

    path = "/a%2Fb/%E4%BD%A0//c;d/../e@me"
    answer_with(platform, method, path, respond)
    body = b"\x00\xff" * 1000 if method not in ("GET", "HEAD") else b""
    answer = relay.request(method, f"/qq{path}?x=%2F+&y", body, bot)
    assert (answer.status, answer.headers.get_all("Set-Cookie")) == (202, ["a=1", "b=2"])
    assert answer.body == (b"" if method == "HEAD" else b"done")
    assert answer.headers["Content-Length"] == "4"
    assert seen == [(method, f"{path}?x=%2F+&y", body)]


def test_errors_of_the_platform_are_its_own(relay, platform, bot):
    """A refusal by the platform comes back as it is; redirects are the client's to follow."""
    answer = relay.get("/qq/users/@me", {"Authorization": "QQBot stranger"})
    assert answer.status == 401 and json.loads(answer.body)["code"] == 11244

    def redirect(handler):
        handler.answer(302, {}, [("Location", "http://127.0.0.1:1/elsewhere")])

    answer_with(platform, "GET", "/moved", redirect)
    answer = relay.get("/qq/moved", bot)
    assert (answer.status, answer.headers["Location"]) == (302, "http://127.0.0.1:1/elsewhere")


def test_wrong_secret(relay, platform, secret):
    """The platform's refusal of a secret comes back, and there is no token that a session could begin with."""
    answer = relay.request(
        "POST",
        "/qq/app/getAppAccessToken",
        json.dumps({"appId": "1", "clientSecret": secret}),
        {"Content-Type": "application/json"},
    )
    assert (answer.status, json.loads(answer.body)["code"]) == (200, 100016)


def test_answer_is_streamed(relay, platform, bot):
    """What the platform has sent arrives before it has sent the rest."""
    go_on = threading.Event()

    def respond(handler):
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        handler.wfile.write(b"5\r\nfirst\r\n")
        handler.wfile.flush()
        assert go_on.wait(PATIENCE)
        handler.wfile.write(b"6\r\nsecond\r\n0\r\n\r\n")

    answer_with(platform, "GET", "/stream", respond)
    connection = http.client.HTTPConnection("127.0.0.1", relay.port, timeout=PATIENCE)
    connection.request("GET", "/qq/stream", headers=bot)
    response = connection.getresponse()
    assert response.read(5) == b"first"
    go_on.set()
    assert response.read() == b"second"
    # The connection goes on.
    connection.request("GET", "/qq/users/@me", headers=bot)
    assert connection.getresponse().status == 200
    connection.close()


def test_slow_reader_holds_up_the_platform(relay, platform, bot):
    """A client that does not read makes the platform wait; the relay does not keep the answer for it."""
    sent, stopped = [0], threading.Event()

    def respond(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", str(1 << 30))
        handler.end_headers()
        handler.connection.settimeout(1)
        try:
            while True:
                sent[0] += handler.connection.send(b"x" * 65536)
        except OSError:
            stopped.set()
            handler.close_connection = True

    answer_with(platform, "GET", "/large", respond)
    with socket.create_connection(("127.0.0.1", relay.port)) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.sendall(f"GET /qq/large HTTP/1.1\r\nHost: a\r\nAuthorization: {bot['Authorization']}\r\n\r\n".encode())
        assert stopped.wait(PATIENCE)
    assert sent[0] < 64 << 20
    assert relay.get("/livez").status == 200


def test_broken_answer_never_looks_whole(relay, platform, bot):
    """When the platform breaks off, so does the relay."""

    def respond(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", "100")
        handler.end_headers()
        handler.wfile.write(b"half")
        handler.close_connection = True

    answer_with(platform, "GET", "/broken", respond)
    with pytest.raises((http.client.IncompleteRead, ConnectionError)):
        relay.get("/qq/broken", bot)


def problem(answer):
    assert answer.headers["Content-Type"] == "application/problem+json"
    return answer.status, json.loads(answer.body)["reason"]


def test_platform_away(start, secret):
    """An API that cannot be reached is 502, also for tokens, with a sentence; the gateway's own endpoints answer."""
    nowhere = f"http://127.0.0.1:{free_port()}"
    relay = start("--qq-upstream", nowhere, "--qq-token-upstream", nowhere)
    assert problem(relay.get("/qq/users/@me")) == (502, "upstream_unreachable")
    token = json.dumps({"appId": "1", "clientSecret": secret})
    assert problem(relay.request("POST", "/qq/app/getAppAccessToken", token)) == (502, "upstream_unreachable")
    assert relay.get("/qq/gateway").status == 200
    # A session whose URL names the bot begins nevertheless, with a made-up user.
    with GatewayClient(relay.port, f"/qq/ws/{secret}") as client:
        client.identify("whatever")


def test_platform_hangs(start, platform, secret):
    """An API that does not answer in time is 504, and one that stops in the middle is cut off."""
    release = threading.Event()
    relay = start("--qq-upstream", platform.url, "--qq-token-upstream", platform.url, "--qq-timeout", "1s")

    def hang(handler):
        release.wait(PATIENCE)
        handler.close_connection = True

    def stall(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", "10")
        handler.end_headers()
        handler.wfile.write(b"half")
        handler.wfile.flush()
        hang(handler)

    answer_with(platform, "GET", "/hang", hang)
    answer_with(platform, "GET", "/stall", stall)
    try:
        assert problem(relay.get("/qq/hang")) == (504, "upstream_timeout")
        with pytest.raises((http.client.IncompleteRead, ConnectionError)):
            relay.get("/qq/stall")
    finally:
        release.set()


@pytest.mark.parametrize(
    "target",
    ["/qq//127.0.0.1:1/x", "/qq/@127.0.0.1:1/x", "/qq/http://127.0.0.1:1/x", "http://127.0.0.1:1/qq/x", "/qq/%0d%0aX:y"],
)
def test_no_open_proxy(relay, platform, bot, target):
    """Whatever a target looks like, the request goes to the configured platform, or nowhere."""
    seen = []

    def respond(handler):
        # Python's server drops the slashes that it finds too many.
        seen.append(handler.requestline.split(" ")[1])
        handler.answer(200, {})

    path = target.removeprefix("http://127.0.0.1:1").removeprefix("/qq")
    answer_with(platform, "GET", "/" + path.lstrip("/"), respond)
    answer = relay.get(target, bot)
    assert (answer.status, seen) in ((200, [path]), (400, []))


def test_large_bodies(relay, platform, bot):
    """A body up to the limit arrives whole; above it is 413, as everywhere."""
    bodies = []

    def respond(handler):
        bodies.append(handler.body())
        handler.answer(200, {})

    answer_with(platform, "POST", "/files", respond)
    body = bytes(range(256)) * 4096
    assert relay.request("POST", "/qq/files", body, bot).status == 200
    assert bodies == [body]
    assert relay.request("POST", "/qq/files", body + b"x", bot).status == 413


def test_token_is_known_to_every_node(platform, secret, tmp_path):
    """The node that got the token is not the one that is shown it; without Redis no token is given out."""
    app_id = platform.add_bot(secret)
    flags = ("--qq-upstream", platform.url, "--qq-token-upstream", platform.url)
    with RedisServer(tmp_path) as redis:
        with TierNode("egress", redis.url, *flags, folder=tmp_path) as one, TierNode(
            "egress", redis.url, *flags, folder=tmp_path
        ) as other:
            one.await_ready()
            other.await_ready()
            connection = http.client.HTTPConnection("127.0.0.1", one.port, timeout=PATIENCE)
            body = json.dumps({"appId": app_id, "clientSecret": secret})
            connection.request("POST", "/qq/app/getAppAccessToken", body, {"Content-Type": "application/json"})
            token = qq.known_secret(json.loads(connection.getresponse().read())["access_token"])
            with GatewayClient(other.port) as client:
                client.identify(token)
            stored = redis.command("--raw", "KEYS", "*") + redis.command("--raw", "GET", *redis.command(
                "--raw", "KEYS", "hw:*:token:*"
            ).split())
            assert token not in stored and secret not in stored
            redis.kill()
            one.await_ready(False)
            connection.request("POST", "/qq/app/getAppAccessToken", body, {"Content-Type": "application/json"})
            response = connection.getresponse()
            assert response.status == 503 and json.loads(response.read())["reason"] == "broker_unavailable"
            connection.close()
