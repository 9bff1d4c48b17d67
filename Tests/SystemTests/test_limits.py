"""Limits on running nodes: of bots over both nodes of a tier, and of addresses; each bot and each address on its own."""

import asyncio
import collections
import contextlib
import http.client
import json
import socket
import struct
import time

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

import qq
from gateway_client import GatewayClient, get_token
from http_raw import RawConnection
from redis_server import RedisServer
from relay import PATIENCE
from tiers import tiers
from waiting import until

# When the events of a log were stored, in µs.
TIMES = "local r = {} for _, e in ipairs(redis.call('XRANGE', KEYS[1], '-', '+')) do r[#r + 1] = e[2][2] end return r"


def registry(folder, *bots):
    """A file of bots, each as its name, its secret and lines of YAML."""
    lines = ["bots:"]
    for name, secret, *more in bots:
        lines += [f"  - name: {name}", "    platform: qq", f"    secret: {secret}", *(f"    {line}" for line in more)]
    path = folder / "bots.yaml"
    path.write_text("\n".join(lines) + "\n")
    path.chmod(0o600)
    return path


@pytest.fixture
def redis(tmp_path):
    with RedisServer(tmp_path) as redis:
        yield redis


class Platform:
    """Sends one bot's events to one node at a rate, whatever is answered; again where the node asks for that."""

    def __init__(self, secret, port):
        self.secret, self.port = secret, port
        self.answers = collections.Counter()
        self.refusals = set()

    async def send(self, rate, seconds, connections=4):
        turns = asyncio.Queue()
        start = time.monotonic()
        workers = [asyncio.create_task(self._worker(turns)) for _ in range(connections)]
        for number in range(int(rate * seconds)):
            turns.put_nowait(number)
            ahead = start + number / rate - time.monotonic()
            if ahead > 0:
                await asyncio.sleep(ahead)  # the rate is the platform's
        for _ in workers:
            turns.put_nowait(None)
        await asyncio.gather(*workers)

    async def _worker(self, turns):
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        with contextlib.closing(writer):
            while await turns.get() is not None:
                body = qq.event("limited")
                fields = "".join(f"{name}: {value}\r\n" for name, value in qq.signed_headers(self.secret, body).items())
                head = f"POST {qq.webhook_path(self.secret)} HTTP/1.1\r\nHost: a\r\nContent-Length: {len(body)}\r\n"
                status, attempts = 503, 3
                while status == 503 and attempts > 0:  # a Redis that had no time for a second, on a machine that had none
                    attempts -= 1
                    writer.write(f"{head}{fields}\r\n".encode() + body)
                    answer = (await reader.readuntil(b"\r\n\r\n")).decode().lower().split("\r\n")
                    headers = dict(line.split(": ", 1) for line in answer[1:] if line)
                    text = await reader.readexactly(int(headers["content-length"]))
                    status = int(answer[0].split(" ")[1])
                self.answers[status] += 1
                if status == 429:
                    self.refusals.add((text, headers["retry-after"]))


def stored(redis, count_at_least):
    """When the events of the only log with so many were stored, in seconds by Redis' clock, which the relay goes by."""
    times = []
    for key in redis.command("KEYS", "hw:*:log").split():
        if int(redis.command("XLEN", key)) >= count_at_least:
            times.append([int(at) / 1e6 for at in redis.command("EVAL", TIMES, 1, key).split()])
    return times


def test_requests_over_both_nodes(redis, tmp_path):
    """At five times its rate over two nodes, a bot has its rate within 10 %, and another bot does not notice."""
    limited, free, rate, seconds = qq.secret(), qq.secret(), 20, 12
    bots = registry(tmp_path, ("limited", limited, "limits:", f"  requests: {rate}/s", "  burst: 20"), ("free", free))
    with tiers(redis.url, tmp_path, flags=("--bots", str(bots), "--access", "registered")) as (ingress, _):
        for node in ingress:
            node.await_ready()

        async def send():
            senders = [Platform(limited, node.port) for node in ingress] + [Platform(free, ingress[0].port)]
            await asyncio.gather(
                *(sender.send(rate * 5 / 2, seconds) for sender in senders[:2]), senders[2].send(10, seconds)
            )
            return senders

        *ours, other = asyncio.run(send())
        assert other.answers == {200: 10 * seconds}
        answers = sum((sender.answers for sender in ours), collections.Counter())
        assert set(answers) == {200, 429}
        for text, retry_after in set().union(*(sender.refusals for sender in ours)):
            # QQ sends again what is not acknowledged with d:0.
            assert json.loads(text) == {"op": 12, "d": 1} and int(retry_after) >= 1
        times = next(times for times in stored(redis, 1) if len(times) == answers[200])
        # Behind the burst, and before the last second, in which the senders stop.
        window = [at for at in times if times[0] + 2 <= at < times[0] + seconds - 1]
        expected = rate * (seconds - 3)
        assert abs(len(window) - expected) <= expected / 10, (len(window), expected)
        metrics = ingress[0].get("/metrics")[1]
        assert 'hookwire_limited_total{reason="request_rate"}' in metrics


def test_requests_without_redis(redis, tmp_path):
    """While Redis is away a bot with a limit is asked to send again, as any other, and goes on afterwards."""
    limited = qq.secret()
    bots = registry(tmp_path, ("limited", limited, "limits:", "  requests: 1000/s"))
    with tiers(redis.url, tmp_path, ingress=1, egress=0, flags=("--bots", str(bots))) as (ingress, _):
        node = ingress[0]

        def post():
            body = qq.event()
            connection = http.client.HTTPConnection("127.0.0.1", node.port, timeout=PATIENCE)
            with contextlib.closing(connection):
                connection.request("POST", qq.webhook_path(limited), body, qq.signed_headers(limited, body))
                return connection.getresponse().status

        assert post() == 200
        redis.kill()
        node.await_ready(False)
        assert post() == 503
        redis.start()
        node.await_ready()
        assert post() == 200


def open_socket(port, target, source="127.0.0.1", **options):
    return connect(
        f"ws://127.0.0.1:{port}{target}",
        proxy=None,
        compression=None,
        close_timeout=2,
        open_timeout=PATIENCE,
        source_address=(source, 0),
        **options,
    )


def refused(port, target, **options):
    """The status and Retry-After of a socket that is not opened."""
    with pytest.raises(InvalidStatus) as caught:
        open_socket(port, target, **options).close()
    return caught.value.response.status_code, caught.value.response.headers.get("retry-after")


def opened(port, target, seconds=PATIENCE):
    """Tries until a socket is opened."""

    def attempt():
        with contextlib.suppress(InvalidStatus):
            return open_socket(port, target)

    return until(attempt, "the socket is refused", seconds, pause=0.1)


def reset(bot):
    """Ends a socket as a client that crashes."""
    bot.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    bot.socket.close()


@pytest.mark.parametrize("kind", ["/ws?", "/events?"])
def test_sockets_over_both_nodes(redis, tmp_path, kind):
    """A bot has so many sockets on all nodes together; each is given back once, and those of a node that died too."""
    secret = qq.secret()
    bots = registry(tmp_path, ("limited", secret, "limits:", "  sockets: 3"))
    target = f"/ws?secret={secret}"
    with tiers(redis.url, tmp_path, ingress=0, flags=("--bots", str(bots))) as (_, egress):
        ports = [node.port for node in egress]
        if kind == "/events?":
            stream = RawConnection(ports[0], timeout=PATIENCE)
            stream.request("GET", f"/events?secret={secret}")
            stream.read_until(b"\r\n\r\n")
        else:
            stream = open_socket(ports[0], target)
        bots = [open_socket(ports[0], target), open_socket(ports[1], target)]
        for port in ports:
            assert refused(port, target) == (429, "5")
        for _ in range(3):
            reset(bots.pop())
            bots.append(opened(ports[1], target))
            bots.pop(0).close()
            bots.append(opened(ports[0], target))
            for port in ports:
                assert refused(port, target)[0] == 429
        # Two of the three are on the node that dies, or one: whatever it has is free within a minute.
        egress[0].kill()
        bots += [opened(ports[1], target, seconds=60)]
        with contextlib.suppress(Exception):
            stream.socket.close()


def test_sockets_of_an_address(start, secret):
    """An address has so many sockets on a node, other addresses have their own, and a reset one makes room."""
    relay = start("--sockets-per-address", "2")
    target = f"/ws?secret={secret}"
    bots = [open_socket(relay.port, target) for _ in range(2)]
    assert refused(relay.port, target) == (429, "5")
    other = open_socket(relay.port, target, source="127.0.0.2")
    for _ in range(3):
        reset(bots.pop())
        bots.append(opened(relay.port, target))
        assert refused(relay.port, target) == (429, "5")
    # Who looks on counts like a socket.
    assert relay.get(f"/inspector/notes?secret={secret}").status == 429
    for bot in (*bots, other):
        bot.close()


def test_new_sockets(start, secret):
    """A node opens so many sockets a second, and asks others to come back."""
    relay = start("--new-sockets", "0.01", "--new-sockets-burst", "2")
    target = f"/ws?secret={secret}"
    bots = [open_socket(relay.port, target) for _ in range(2)]
    status, retry_after = refused(relay.port, target)
    assert status == 503 and 50 < int(retry_after) <= 100
    for bot in bots:
        bot.close()


def test_guesses(start, tmp_path):
    """10,000 wrong tokens cost the address they come from, and nobody else."""
    secret = qq.secret()
    bots = registry(tmp_path, ("guessed", secret))
    relay = start("--bots", str(bots), "--ban-after", "40")

    async def guess(share):
        answers = collections.Counter()
        reader, writer = await asyncio.open_connection("127.0.0.1", relay.port, local_addr=("127.0.0.2", 0))
        with contextlib.closing(writer):
            for number in share:
                token = f"Authorization: Bearer hwt_{number:064x}"
                writer.write(f"GET /events?bot=guessed HTTP/1.1\r\nHost: a\r\n{token}\r\n\r\n".encode())
                head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
                await reader.readexactly(int(head.split("content-length: ")[1].split("\r\n")[0]))
                status = int(head[9:12])
                answers[status] += 1
                if status == 429:
                    assert "retry-after: " in head
        return answers

    async def all_guesses():
        return sum(await asyncio.gather(*(guess(range(at, 10_000, 20)) for at in range(20))), collections.Counter())

    answers = asyncio.run(all_guesses())
    assert set(answers) == {404, 429} and answers.total() == 10_000
    # What was under way when the ban came is answered as it was.
    assert 40 <= answers[404] <= 60
    right = f"/ws/guessed?secret={secret}"
    assert refused(relay.port, right, source="127.0.0.2")[0] == 429
    with contextlib.closing(open_socket(relay.port, right, source="127.0.0.3")) as bot:
        body = qq.event()
        relay.deliver(secret, body)
        assert bot.recv(timeout=PATIENCE).encode() == body
    assert 'hookwire_limited_total{reason="banned"}' in relay.get("/metrics").body.decode()


def test_one_bot_set_up_wrongly(start, tmp_path):
    """A platform's address is banned for the bot whose signatures are wrong, and goes on for the others."""
    right, wrong = qq.secret(), qq.secret()
    bots = registry(tmp_path, ("right", right), ("wrong", wrong))
    relay = start("--bots", str(bots), "--ban-after", "20")
    relay.deliver(right, qq.event())
    statuses = []
    for _ in range(40):
        body = qq.event()
        headers = qq.signed_headers(right, body)
        statuses.append(relay.request("POST", "/webhook/qq/wrong", body, headers).status)
        relay.deliver(right, qq.event())
    assert statuses[:10] == [401] * 10 and statuses[-1] == 429, statuses


def test_an_address_of_many_customers(start, tmp_path):
    """Who has a platform send wrong events to somebody's bot gets its address banned, and keeps no genuine event away."""
    secret, own = qq.secret(), qq.secret()
    relay = start("--bots", str(registry(tmp_path, ("shared", secret))), "--access", "registered", "--ban-after", "10")

    def post(secret, age=0):
        body = qq.event()
        headers = qq.signed_headers(secret, body, int(time.time()) - age)
        return relay.request("POST", "/webhook/qq/shared", body, headers).status

    assert [post(secret, age=600) for _ in range(12)] == [401] * 12
    assert post(secret) == 200
    # Failures are forgotten as time passes, so that it may take one more than half of the ten.
    statuses = [post(own) for _ in range(8)]
    assert statuses[:5] == [401] * 5 and statuses[-1] == 429, statuses
    assert post(secret) == 200


def exchange(relay, guess):
    body = json.dumps({"appId": "1", "clientSecret": guess})
    return relay.request("POST", "/qq/app/getAppAccessToken", body, {"Content-Type": "application/json"}).status


def identify(relay, guess):
    """4004 for a wrong token, or the status of a socket that is not opened."""
    try:
        with GatewayClient(relay.port) as client:
            client.send({"op": 2, "d": {"token": f"QQBot {guess}", "intents": 1 << 25, "shard": [0, 1]}})
            with pytest.raises(ConnectionClosed) as closed:
                client.receive()
            return closed.value.rcvd.code
    except InvalidStatus as error:
        return error.response.status_code


@pytest.mark.parametrize(
    "guess",
    [
        exchange,
        identify,
        lambda relay, guess: relay.get("/qq/gateway", {"Authorization": f"QQBot {guess}"}).status,
        lambda relay, guess: relay.request("POST", f"/qq/secret/{guess}/v2/x", b"{}").status,
        lambda relay, guess: relay.request("POST", f"/reply/{guess}", b"{}").status,
    ],
    ids=["token", "identify", "gateway", "platform", "reply"],
)
def test_every_way_to_guess(start, tmp_path, guess):
    """Whatever tells right secrets and tokens from wrong ones bans those who guess."""
    bots = registry(tmp_path, ("guessed", qq.secret()))
    upstream = ("--qq-upstream", "http://127.0.0.1:1", "--qq-token-upstream", "http://127.0.0.1:1")
    relay = start("--bots", str(bots), "--access", "registered", "--ban-after", "10", *upstream)
    answers = [guess(relay, f"guess{number:06}") for number in range(20)]
    assert set(answers[:9]) <= {401, 404, 4004} and answers[-1] == 429, answers


def test_a_bot_of_ones_own(start, tmp_path):
    """Who guesses beside a bot of his own is banned for all that he did not know before, and learns of no right guess."""
    own, other, tokens = qq.secret(), qq.secret(), ("/ws/other/{}", "/ws/{}")
    bots = registry(tmp_path, ("own", own), ("other", other))
    relay = start("--bots", str(bots), "--access", "registered", "--ban-after", "10")
    guesses = []
    for number in range(30):
        with open_socket(relay.port, f"/ws/{own}"):
            guesses.append(refused(relay.port, tokens[number % 2].format(f"guess{number:06}"))[0])
    assert set(guesses[:10]) == {404} and set(guesses[12:]) == {429}, guesses
    for target in (f"/ws/other/{other}", f"/ws/{other}", f"/ws?bot=other&secret={other}"):
        assert refused(relay.port, target)[0] == 429
    assert relay.get(f"/events?secret={other}").status == 429
    with open_socket(relay.port, f"/ws/{own}"):
        pass
    with open_socket(relay.port, f"/ws/{other}", source="127.0.0.3"):
        pass


def test_a_genuine_request_again(start, tmp_path):
    """A genuine request that somebody sends again and again does not use up its bot's limit."""
    secret = qq.secret()
    relay = start("--bots", str(registry(tmp_path, ("limited", secret, "limits:", "  requests: 2/m", "  burst: 2"))))
    body = qq.event()
    headers = qq.signed_headers(secret, body)
    assert {relay.request("POST", "/webhook/qq/limited", body, headers).status for _ in range(10)} == {200}
    relay.deliver(secret, qq.event())


def test_gateway_sessions_beyond_the_seats(start, tmp_path):
    """A gateway session beyond its bot's sockets is told that, and to come back; one within them stays."""
    secret = qq.secret()
    bots = registry(tmp_path, ("limited", secret, "limits:", "  sockets: 1"))
    relay = start("--bots", str(bots), "--qq-upstream", "none")
    token = get_token(relay.port, secret)
    with GatewayClient(relay.port) as first, GatewayClient(relay.port) as second:
        first.identify(token)
        second.send({"op": 2, "d": {"token": f"QQBot {token}", "intents": 1 << 25, "shard": [0, 1]}})
        assert second.receive()["op"] == 7
        with pytest.raises(ConnectionClosed) as closed:
            second.receive()
        assert closed.value.rcvd.code == 4009 and "as many sockets" in closed.value.rcvd.reason
        first.send({"op": 1, "d": None})
        assert first.receive()["op"] == 11


def test_origins_at_the_gateway(start, tmp_path):
    """Pages of other origins than the bot's come in by none of the gateway's ways."""
    secret = qq.secret()
    bots = registry(tmp_path, ("paged", secret, 'origins: ["https://bot.example"]'))
    relay = start("--bots", str(bots), "--qq-upstream", "none")
    token = get_token(relay.port, secret)

    def identified(origin):
        with open_socket(relay.port, "/qq/ws", origin=origin) as client:
            client.recv(timeout=PATIENCE)
            client.send(json.dumps({"op": 2, "d": {"token": f"QQBot {token}", "intents": 0, "shard": [0, 1]}}))
            return json.loads(client.recv(timeout=PATIENCE))["t"]

    for target in (f"/qq/ws/{secret}", f"/qq/secret/{secret}/ws"):
        assert refused(relay.port, target, origin="https://evil.example")[0] == 403
        open_socket(relay.port, target, origin="https://bot.example").close()
    assert identified("https://bot.example") == "READY"
    with pytest.raises(ConnectionClosed) as closed:
        identified("https://evil.example")
    assert closed.value.rcvd.code == 4004


def rates(connection, prefix=""):
    """The statuses of five requests on one connection."""
    statuses = []
    for number in range(5):
        connection.send((prefix if number == 0 else "") + "GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n")
        statuses.append(connection.response().status)
    return statuses


def test_forwarded_clients(start):
    """Behind a trusted proxy each client counts for itself, by header fields or by the PROXY protocol."""
    relay = start("--trusted-proxies", "loopback", "--address-rate", "0.001", "--address-burst", "3")
    spent = [404, 404, 404, 429, 429]

    def get(**headers):
        return relay.get("/nothing", {name.replace("_", "-"): value for name, value in headers.items()}).status

    assert [get(Forwarded='for="[2001:db8::1]:4711";proto=https') for _ in range(5)] == spent
    assert get(Forwarded='for="[2001:db8::2]"') == 429  # the same network of a client
    assert get(Forwarded='for="[2001:db8:1::2]"') == 404
    assert get(Forwarded='for="[2001:db8:1::2]", for="[2001:db8::1]"') == 429  # what the client wrote itself
    assert [get(X_Forwarded_For="198.51.100.9, 192.0.2.1, 127.0.0.9") for _ in range(5)] == spent
    assert get(X_Forwarded_For="192.0.2.2") == 404
    with relay.raw() as connection:
        assert rates(connection, "PROXY TCP4 192.0.2.3 127.0.0.1 4000 80\r\n") == spent
    with relay.raw() as connection:
        assert rates(connection, "PROXY TCP4 192.0.2.3 127.0.0.1 4001 80\r\n") == [429] * 5
    header = b"\r\n\r\n\0\r\nQUIT\n" + bytes([0x21, 0x11, 0, 12]) + bytes([192, 0, 2, 4, 127, 0, 0, 1, 1, 2, 0, 80])
    with relay.raw() as connection:
        connection.send(header)
        assert rates(connection) == spent
    with relay.raw() as connection:
        connection.send("PROXY TCP4 nobody\r\n")
        assert connection.is_closed()
    assert "bad_line" in relay.log
    # Health checks are nobody's limit.
    assert [relay.get("/livez", {"X-Forwarded-For": "192.0.2.1"}).status for _ in range(5)] == [200] * 5


def test_strangers_are_not_believed(start):
    """Header fields and PROXY headers of an address that is not trusted are what anybody may send."""
    relay = start("--trusted-proxies", "192.0.2.0/24", "--address-rate", "0.001", "--address-burst", "3")
    with relay.raw() as connection:
        connection.send("PROXY TCP4 192.0.2.3 127.0.0.1 4000 80\r\nGET /nothing HTTP/1.1\r\nHost: a\r\n\r\n")
        assert connection.response().status == 400
    # A proxy on this machine that nobody has named: its clients are not counted as one, and the log says so once.
    assert [relay.get("/nothing", {"X-Forwarded-For": "192.0.2.1"}).status for _ in range(5)] == [404] * 5
    assert relay.log.count("--trusted-proxies") == 1
    # Without such fields it is a client.
    assert [relay.get("/nothing").status for _ in range(5)] == [404, 404, 404, 429, 429]
