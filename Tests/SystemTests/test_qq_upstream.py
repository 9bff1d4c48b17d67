"""What `/qq` passes on to the platform, which is a strict fake: unchanged both ways, and to nowhere else."""

import contextlib
import gzip
import hashlib
import http.client
import json
import queue
import secrets
import socket
import struct
import threading
import time

import pytest

import qq
from fake_qq import FakeQQ
from gateway_client import GatewayClient
from redis_server import RedisServer, free_port
from relay import PATIENCE, memory
from tiers import TierNode
from waiting import until


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
        handler.send_header("Link", "a=1")
        handler.send_header("link", "b=2")
        handler.send_header("Set-Cookie", "c=3")
        handler.send_header("Content-Length", "4")
        handler.end_headers()
        if handler.command != "HEAD":
            handler.wfile.write(b"done")

    path = "/a%2Fb/%E4%BD%A0//c;d/../e@me"
    answer_with(platform, method, path, respond)
    body = b"\x00\xff" * 1000 if method not in ("GET", "HEAD") else b""
    answer = relay.request(method, f"/qq{path}?x=%2F+&y", body, bot)
    assert (answer.status, answer.headers.get_all("Link")) == (202, ["a=1", "b=2"])
    # What holds for the whole origin stays behind.
    assert answer.headers["Set-Cookie"] is None and answer.headers["X-Content-Type-Options"] == "nosniff"
    # A page of the platform's, or of a proxy before it, runs no script at this origin.
    assert answer.headers["Content-Security-Policy"] == "sandbox"
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


def test_compressed_token(relay, platform, secret):
    """A token service that compresses where it may is not asked to: the relay reads the token, too."""
    app_id = platform.add_bot(secret)

    def respond(handler):
        handler.body()
        answer = {"access_token": platform.issue_token(app_id), "expires_in": "7200"}
        if "gzip" in handler.headers.get("Accept-Encoding", ""):
            return handler.answer(200, gzip.compress(json.dumps(answer).encode()), [("Content-Encoding", "gzip")])
        handler.answer(200, answer)

    answer_with(platform, "POST", "/app/getAppAccessToken", respond)
    request = json.dumps({"appId": app_id, "clientSecret": secret})
    fields = {"Content-Type": "application/json", "Accept-Encoding": "gzip, deflate"}
    answer = relay.request("POST", "/qq/app/getAppAccessToken", request, fields)
    token = qq.known_secret(json.loads(answer.body)["access_token"])
    assert relay.get("/qq/gateway", {"Authorization": f"QQBot {token}"}).status == 200


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
    answer = relay.request("POST", "/qq/app/getAppAccessToken", token)
    assert problem(answer) == (502, "upstream_unreachable") and b"--qq-token-upstream" in answer.body
    assert relay.get("/qq/gateway").status == 200
    # A session whose URL names the bot begins nevertheless, with a made-up user.
    with GatewayClient(relay.port, f"/qq/ws/{secret}") as client:
        client.identify("whatever")
    lines = [line for line in relay.log.splitlines() if "did not say who a bot is" in line]
    assert lines and "upstream_unreachable" in lines[0], relay.log


def test_platform_hangs(start, platform, secret):
    """An API that does not answer in time is 504, and one that stops in the middle is cut off."""
    release = threading.Event()
    relay = start("--qq-upstream", platform.url, "--qq-token-upstream", platform.url, "--qq-timeout", "1s")

    def hang(handler):
        # Longer than any client here waits: it is the relay that has to end it.
        release.wait(4 * PATIENCE)
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
    [
        "/qq//127.0.0.1:1/x",
        "/qq/@127.0.0.1:1/x",
        "/qq/http://127.0.0.1:1/x",
        "http://127.0.0.1:1/qq/x",
        "/qq/%0d%0aX:y",
        "/qq/../x",
        "/qq/a/%2e%2e/../x",
    ],
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


def test_odd_targets(relay, platform, bot):
    """A target arrives the same whether its request has a short body, a long one, or one of unknown length."""
    seen = []

    def respond(handler):
        handler.body()
        seen.append(handler.path)
        handler.answer(200, {})

    answer_with(platform, "POST", "/a%2Fb%7Bc%7D%25", respond)
    for body in [b"x", b"x" * 65537, iter([b"x"])]:
        assert relay.request("POST", "/qq/a%2Fb{c}%?d=[1]", body, bot).status == 200
    assert seen == ["/a%2Fb%7Bc%7D%25?d=%5B1%5D"] * 3


@pytest.mark.parametrize("size", [1, 65536, 65537, (1 << 20) + 1])
@pytest.mark.parametrize("is_chunked", [False, True])
def test_bodies(relay, platform, bot, size, is_chunked):
    """A body arrives byte for byte whatever its length, with a length where there was one, and the connection goes on."""
    seen = []

    def respond(handler):
        seen.append((handler.headers["Content-Length"], handler.body()))
        handler.answer(200, {})

    answer_with(platform, "PUT", "/files", respond)
    body = (bytes(range(256)) * (size // 256 + 1))[:size]
    connection = http.client.HTTPConnection("127.0.0.1", relay.port, timeout=PATIENCE)
    with contextlib.closing(connection):
        for _ in range(2):
            connection.request("PUT", "/qq/files", iter([body]) if is_chunked else body, bot, encode_chunked=is_chunked)
            assert connection.getresponse().read() == b"{}"
    assert seen == [(None if is_chunked else str(size), body)] * 2


def test_upload_is_streamed(relay, platform, bot):
    """A body of 64 times --body-limit arrives byte for byte, and never is in the relay's memory."""
    received, arrived = hashlib.sha256(), []

    def respond(handler):
        for piece in handler.body_pieces():
            received.update(piece)
            arrived.append(memory(relay.process.pid))
        handler.answer(200, {"id": "1"})

    answer_with(platform, "POST", "/upload", respond)
    # Whatever the first upload needs once is there.
    relay.request("POST", "/qq/upload", b"x" * (8 << 20), bot)
    before, received = max(arrived), hashlib.sha256()
    arrived.clear()
    pieces, sent = [secrets.token_bytes(1 << 20) for _ in range(64)], hashlib.sha256()
    for piece in pieces:
        sent.update(piece)
    answer = relay.request("POST", "/qq/upload", iter(pieces), bot | {"Content-Length": str(64 << 20)})
    assert (answer.status, json.loads(answer.body)) == (200, {"id": "1"})
    assert received.digest() == sent.digest()
    assert max(arrived) - before < 4 << 20


def raw_upload(relay, bot, *lines):
    client = relay.raw()
    client.request("POST", "/qq/upload", f"Authorization: {bot['Authorization']}", *lines)
    return client


def push(client, seconds):
    """Sends until nothing has been taken for so long; returns how many bytes were taken."""
    client.socket.settimeout(seconds)
    sent = 0
    try:
        while sent < 256 << 20:
            sent += client.socket.send(b"x" * 65536)
    except TimeoutError:
        pass
    client.socket.settimeout(PATIENCE)
    return sent


def test_slow_platform_holds_up_the_client(start, platform, secret):
    """A platform that does not read makes the client wait, who has all the time then; the relay keeps next to nothing."""
    release, received = threading.Event(), []

    def respond(handler):
        assert release.wait(PATIENCE)
        received.append(sum(len(piece) for piece in handler.body_pieces()))
        handler.answer(200, {})

    relay = start("--qq-upstream", platform.url, "--qq-token-upstream", platform.url, "--body-timeout", "1s")
    answer_with(platform, "POST", "/upload", respond)
    length = 256 << 20
    with raw_upload(relay, {"Authorization": "QQBot T"}, f"Content-Length: {length}") as client:
        before = memory(relay.process.pid)
        sent = push(client, 2)
        assert sent < 64 << 20
        assert memory(relay.process.pid) - before < 4 << 20
        assert relay.get("/livez").status == 200
        release.set()
        while sent < length:
            sent += client.socket.send(b"x" * min(1 << 20, length - sent))
        assert client.response().status == 200
    assert received == [length]


def test_slow_client(start, platform, secret):
    """A client that stops in the middle is answered 408, and the platform sees no whole request."""
    outcome = queue.Queue()
    relay = start("--qq-upstream", platform.url, "--qq-token-upstream", platform.url, "--body-timeout", "1s")
    answer_with(platform, "POST", "/upload", lambda handler: expect_no_whole_body(handler, outcome))
    with raw_upload(relay, {"Authorization": "QQBot T"}, "Transfer-Encoding: chunked") as client:
        client.send(b"3\r\nabc\r\n")
        assert outcome.get(timeout=PATIENCE) == "begun"
        assert client.response().status == 408
    assert outcome.get(timeout=PATIENCE) == "broken"


def expect_no_whole_body(handler, outcome):
    outcome.put("begun")
    try:
        handler.body()
        outcome.put("whole")
        handler.answer(200, {})
    except (ConnectionError, ValueError):
        outcome.put("broken")
        handler.close_connection = True


def test_a_slow_client_leaves_places_for_others(relay, platform, bot, secret):
    """An address with as many requests as it may have, none of which goes on, is told to come again; others are served."""
    outcome, done = queue.Queue(), threading.Event()

    def take(handler):
        outcome.put("begun")
        done.wait(PATIENCE)
        handler.close_connection = True

    answer_with(platform, "POST", "/upload", take)
    with contextlib.ExitStack() as stack:
        stack.callback(done.set)
        clients = [stack.enter_context(raw_upload(relay, bot, "Content-Length: 1000000")) for _ in range(56)]
        for client in clients:
            client.send(b"x")
        for _ in clients:
            outcome.get(timeout=PATIENCE)
        answer = relay.request("POST", "/qq/upload", b"x", bot)
        assert (answer.status, json.loads(answer.body)["reason"]) == (503, "upstream_busy")
        answer_with(platform, "GET", "/v2/others", lambda handler: handler.answer(200, b"{}"))
        neighbour = http.client.HTTPConnection("127.0.0.1", relay.port, PATIENCE, source_address=("127.0.0.2", 0))
        with contextlib.closing(neighbour):
            neighbour.request("GET", "/qq/v2/others", headers=bot)
            assert neighbour.getresponse().status == 200
        credentials = json.dumps({"appId": platform.add_bot(secret), "clientSecret": secret})
        answer = relay.request("POST", "/qq/app/getAppAccessToken", credentials, {"Content-Type": "application/json"})
        assert answer.status == 200 and qq.known_secret(json.loads(answer.body)["access_token"])


@pytest.mark.parametrize("framing", ["Content-Length: 1000000", "Transfer-Encoding: chunked"])
@pytest.mark.parametrize("ending", ["close", "reset", "half-close"])
def test_client_that_goes(relay, platform, bot, framing, ending):
    """When a client goes in the middle of its body, the platform never sees a whole request."""
    outcome = queue.Queue()
    answer_with(platform, "POST", "/upload", lambda handler: expect_no_whole_body(handler, outcome))
    with raw_upload(relay, bot, framing) as client:
        client.send(b"7a120\r\n" + b"x" * 500_000 + b"\r\n")
        assert outcome.get(timeout=PATIENCE) == "begun"
        if ending == "reset":
            client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        elif ending == "half-close":
            client.socket.shutdown(socket.SHUT_WR)
            assert outcome.get(timeout=PATIENCE) == "broken"
            return
    assert outcome.get(timeout=PATIENCE) == "broken"


def test_client_that_goes_while_the_platform_waits(relay, platform, bot):
    """Also where the platform reads nothing at that time."""
    release, outcome = threading.Event(), queue.Queue()

    def respond(handler):
        assert release.wait(PATIENCE)
        expect_no_whole_body(handler, outcome)

    answer_with(platform, "POST", "/upload", respond)
    with raw_upload(relay, bot, f"Content-Length: {256 << 20}") as client:
        push(client, 1)
    release.set()
    assert [outcome.get(timeout=PATIENCE), outcome.get(timeout=PATIENCE)] == ["begun", "broken"]


@pytest.mark.parametrize("is_chunked", [False, True])
def test_early_answer(relay, platform, bot, is_chunked):
    """An answer that comes before the body was taken reaches the client; nothing behind it is taken for a request."""

    def respond(handler):
        handler.send_response(413)
        handler.send_header("X-Reason", "too large")
        if is_chunked:
            handler.send_header("Transfer-Encoding", "chunked")
            handler.end_headers()
            handler.wfile.write(b"3\r\nfar\r\n")
            handler.wfile.flush()
            # Whether the relay has passed on the first part by then or not, the answer has to be whole.
            time.sleep(0.2)
            handler.wfile.write(b"9\r\n too much\r\n0\r\n\r\n")
        else:
            handler.send_header("Content-Length", "12")
            handler.end_headers()
            handler.wfile.write(b"far too much")
        handler.wfile.flush()
        # The platform reads nothing, and lets the relay close.
        handler.connection.settimeout(PATIENCE)
        handler.close_connection = True
        closed.append(handler.connection.recv(1 << 20) is not None)

    closed = []
    answer_with(platform, "POST", "/upload", respond)
    for _ in range(3):
        with raw_upload(relay, bot, f"Content-Length: {64 << 20}") as client:
            smuggled = b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n"
            client.send(smuggled * 100)
            answer = client.response()
            assert (answer.status, answer.body) == (413, b"far too much")
            assert answer.headers["connection"] == "close" and answer.headers["x-reason"] == "too large"
            with contextlib.suppress(ConnectionError):
                client.send(smuggled * 100)
            assert client.is_closed()


def test_expect_continue(relay, platform, bot):
    """100 comes when the platform takes the body; a platform that cannot be reached is said instead."""
    answer_with(platform, "POST", "/upload", lambda handler: handler.answer(200, {"size": len(handler.body())}))
    with raw_upload(relay, bot, "Content-Length: 100000", "Expect: 100-continue") as client:
        assert client.response().status == 100
        client.send(b"x" * 100_000)
        assert json.loads(client.response().body) == {"size": 100_000}
        client.request("GET", "/livez")
        assert client.response().status == 200


def test_pipelining_behind_an_upload(relay, platform, bot):
    """What was sent behind an upload is answered behind it."""
    answer_with(platform, "POST", "/upload", lambda handler: handler.answer(200, {"size": len(handler.body())}))
    with raw_upload(relay, bot, "Transfer-Encoding: chunked") as client:
        client.send(b"5\r\nhello\r\n0\r\n\r\nGET /livez HTTP/1.1\r\nHost: a\r\n\r\nGET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n")
        assert json.loads(client.response().body) == {"size": 5}
        assert [client.response().status, client.response().status] == [200, 404]


def test_uploads_that_go_nowhere(start, platform):
    """A long body for a platform that is away is answered 502, and 504 where the platform does not go on; own endpoints
    take short bodies only."""
    relay = start("--qq-upstream", f"http://127.0.0.1:{free_port()}")
    for headers in ({}, {"Expect": "100-continue"}):
        with relay.raw() as client:
            client.request("POST", "/qq/upload", "Content-Length: 100000", *map(": ".join, headers.items()))
            answer = client.response()
            assert (answer.status, json.loads(answer.body)["reason"]) == (502, "upstream_unreachable")
    with relay.raw() as client:
        client.request("POST", "/qq/app/getAppAccessToken", f"Content-Length: {(1 << 20) + 1}")
        assert client.response().status == 413

    release = threading.Event()

    def hang(handler):
        # Longer than any client here waits: it is the relay that has to end it.
        release.wait(4 * PATIENCE)
        handler.close_connection = True

    answer_with(platform, "POST", "/upload", hang)
    relay = start("--qq-upstream", platform.url, "--qq-timeout", "1s")
    try:
        with relay.raw() as client:
            client.request("POST", "/qq/upload", f"Content-Length: {256 << 20}")
            push(client, 0.5)
            answer = client.response()
            assert (answer.status, json.loads(answer.body)["reason"]) == (504, "upstream_timeout")
        with relay.raw() as client:
            client.request("POST", "/qq/upload", "Transfer-Encoding: chunked", body=b"1\r\nx\r\n0\r\n\r\n")
            answer = client.response()
            assert (answer.status, json.loads(answer.body)["reason"]) == (504, "upstream_timeout")
    finally:
        release.set()


def test_stop_during_an_upload(start, platform):
    """A node that stops takes the rest of an upload first."""
    relay = start("--qq-upstream", platform.url)
    under_way = threading.Event()

    def respond(handler):
        under_way.set()
        handler.answer(200, {"size": len(handler.body())})

    answer_with(platform, "POST", "/upload", respond)
    with raw_upload(relay, {"Authorization": "QQBot T"}, "Content-Length: 200000") as client:
        client.send(b"x" * 100_000)
        assert under_way.wait(PATIENCE)
        relay.signal()

        def has_begun():
            """Whether the node takes nothing new; the upload's connection is all that keeps it."""
            try:
                relay.get("/livez")
            except OSError:
                return True
            return False

        until(has_begun, "the node does not begin to stop")
        client.send(b"x" * 100_000)
        answer = client.response()
        assert (answer.status, json.loads(answer.body)) == (200, {"size": 200_000})
        assert answer.headers["connection"] == "close"
    assert relay.wait() == 0


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
