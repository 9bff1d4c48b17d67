"""Several bots share a secret's events, or get some of them only; what a group gives up can be looked at and sent again."""

import contextlib
import http.client
import http.server
import json
import queue
import subprocess
import threading

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

import qq
from envelope_bot import EnvelopeBot, webhook
from relay import BINARY, PATIENCE, environment
from test_tiers import redis  # noqa: F401 (a fixture)
from tiers import tiers


def publish(relay, secret, *texts):
    for text in texts:
        assert relay.request("POST", webhook(secret), json.dumps({"n": text}).encode()).status < 300


def command(relay, secret, *arguments):
    """`hookwire dead-letters`, and what it printed."""
    done = subprocess.run(
        [BINARY, "dead-letters", *arguments, "--relay", f"http://127.0.0.1:{relay.port}"],
        env=environment(HOOKWIRE_SECRET=secret),
        capture_output=True,
        text=True,
        timeout=PATIENCE * 2,
    )
    return done.returncode, done.stdout, done.stderr


def numbers(frames):
    return [frame["data"]["n"] for frame in frames]


def settle(bot, event, verdict="ack"):
    bot.socket.send(json.dumps({"type": verdict, "position": event["position"]}))


def test_members_share_the_events(relay, secret):
    """Each event is one member's, and what a member leaves behind is the other's."""
    with EnvelopeBot(relay, secret, group="g", prefetch="3") as one:
        with EnvelopeBot(relay, secret, group="g", prefetch="3") as other:
            publish(relay, secret, *range(6))
            mine, others = [one.receive() for _ in range(3)], [other.receive() for _ in range(3)]
            assert sorted(numbers(mine + others)) == list(range(6))
            for event in mine:
                settle(one, event)
            settle(other, others[0])
        again = [one.receive() for _ in range(2)]
        assert sorted(numbers(again)) == sorted(numbers(others[1:]))
        assert [event["attempt"] for event in again] == [2, 2]


def refuse_and_work(bad, good, publish_all, count):
    """One member refuses whatever it is given, the other one does it; returns what became of the events."""
    refused, done = [], []

    def refuse():
        with contextlib.suppress(ConnectionClosed):
            while True:
                event = bad.receive(timeout=None)
                refused.append(event["data"]["n"])
                settle(bad, event, "nack")

    refusing = threading.Thread(target=refuse)
    refusing.start()
    publish_all()
    while len(done) < count:
        event = good.receive()
        done.append(event["data"]["n"])
        settle(good, event)
    bad.socket.close()
    refusing.join()
    return refused, done


def test_refused_events(relay, secret):
    """What a member refuses is done by another one, on whatever event loop; none is given up while there is one."""
    with contextlib.ExitStack() as stack:
        bad, good = (stack.enter_context(EnvelopeBot(relay, secret, group="g")) for _ in range(2))
        refused, done = refuse_and_work(bad, good, lambda: publish(relay, secret, *range(20)), 20)
    assert sorted(done) == list(range(20)) and refused
    assert command(relay, secret, "list")[1] == "No dead letters.\n"


def test_a_drain_is_nobodys_failure(start, secret, tmp_path):
    """What members leave behind because their node drains is not dealt to those who go next, and not counted as tried."""
    relay, events = start("--data", tmp_path / "data", "--drain", "1s"), queue.SimpleQueue()

    def read(bot):
        with contextlib.suppress(ConnectionClosed):
            while True:
                events.put(bot.receive(timeout=None)["attempt"])

    with contextlib.ExitStack() as stack:
        bots = [stack.enter_context(EnvelopeBot(relay, secret, group="g", visibility="1m")) for _ in range(4)]
        threads = [threading.Thread(target=read, args=(bot,)) for bot in bots]
        for thread in threads:
            thread.start()
        publish(relay, secret, *range(8))
        assert [events.get(timeout=PATIENCE) for _ in range(8)] == [1] * 8
        relay.signal()
        for thread in threads:
            thread.join()
    assert events.empty()
    relay = start("--data", tmp_path / "data")
    with EnvelopeBot(relay, secret, group="g", visibility="1m") as bot:
        assert [bot.receive()["attempt"] for _ in range(8)] == [1] * 8


def test_dead_letters(relay, secret):
    """What is refused too often is listed, comes back when it is replayed, and is gone when it is dropped."""
    assert command(relay, secret, "list") == (0, "No dead letters.\n", "")
    with EnvelopeBot(relay, secret, group="g", attempts="2") as bot:
        publish(relay, secret, "a", "b")
        refused = [bot.receive()]
        for _ in range(3):
            settle(bot, refused[-1], "nack")
            refused.append(bot.receive())
        settle(bot, refused[-1], "nack")
        publish(relay, secret, "c")
        settle(bot, bot.receive())
        status, listing, _ = command(relay, secret, "list")
        lines = listing.splitlines()
        assert status == 0 and len(lines) == 2
        assert all("group g  2 attempts" in line for line in lines) and '{"n": "a"}' in lines[0]
        whole = [json.loads(line) for line in command(relay, secret, "list", "--json")[1].splitlines()]
        assert [json.loads(letter["body"]) for letter in whole] == [{"n": "a"}, {"n": "b"}]

        assert command(relay, secret, "replay", str(whole[0]["number"]))[:2] == (0, f"replayed {whole[0]['number']}\n")
        again = bot.receive()
        assert again["data"] == {"n": "a"} and again["attempt"] == 1
        assert again["replayof"] in {event["position"] for event in refused} and again["position"] != again["replayof"]
        settle(bot, again)
        assert command(relay, secret, "drop", "--all")[:2] == (0, f"dropped {whole[1]['number']}\n")
        assert command(relay, secret, "list")[1] == "No dead letters.\n"

        status, _, error = command(relay, secret, "drop", str(whole[1]["number"]))
        assert status == 1 and "no dead letter" in error
    assert command(relay, "another-secret", "list")[1] == "No dead letters.\n"
    assert relay.get(f"/dead-letters?secret={secret}").headers["Cache-Control"] == "no-store"


def test_dead_letters_of_a_stranger(relay, secret):
    """What somebody else wrote moves no cursor, whether a person or a program reads the list."""
    query = {"queryResult": {"queryText": "a", "intent": {"displayName": "\x1b[2J\u202eintent"}}}
    with EnvelopeBot(relay, secret, group="g", attempts="1") as bot:
        with EnvelopeBot(relay, secret) as other:
            path = f"/webhook/dialogflow?secret={secret}"
            asking = threading.Thread(target=relay.request, args=("POST", path, json.dumps(query, ensure_ascii=False).encode()))
            asking.start()
            other.reply(other.receive(), text="b")
            asking.join()
        settle(bot, bot.receive(), "nack")
        publish(relay, secret, "marker")
        settle(bot, bot.receive())
    for words in [("list",), ("list", "--json")]:
        status, listing, _ = command(relay, secret, *words)
        assert status == 0 and "intent" in listing and not set(listing) & set("\x1b\u202e")


def test_large_dead_letters(redis, start, secret):
    """Redis sends no more of large dead letters at once than is shown, and all are shown in the end."""
    relay = start("--redis-url", redis.url)
    with EnvelopeBot(relay, secret, group="g", attempts="1", prefetch="1") as bot:
        for number in range(8):
            publish(relay, secret, str(number) + 300_000 * "x")
            settle(bot, bot.receive(), "nack")
        publish(relay, secret, "marker")
        settle(bot, bot.receive())

    def sent():
        stats = dict(line.split(":", 1) for line in redis.command("INFO", "stats").splitlines() if ":" in line)
        return int(stats["total_net_output_bytes"])

    before, shown, after = sent(), [], 0
    page = json.loads(relay.get(f"/dead-letters?secret={secret}").body)["dead_letters"]
    assert sent() - before < 1 << 20
    while page:
        shown += [json.loads(letter["body"])["n"][0] for letter in page]
        after = page[-1]["number"]
        page = json.loads(relay.get(f"/dead-letters?secret={secret}&after={after}").body)["dead_letters"]
    assert shown == [str(number) for number in range(8)]


def letter(number):
    """What docs/openapi.yaml says that a dead letter has at least."""
    return {"number": number, "group": "g", "attempts": 5, "position": f"9f2c61d07a55e013-{number}", "platform": "generic"}


class GoingLetters(http.server.BaseHTTPRequestHandler):
    """A relay whose first dead letter somebody else has replayed or dropped since it was listed."""

    def do_GET(self):
        letters = [] if "after=2" in self.path else [letter(1), letter(2)]
        self._answer(200, {"dead_letters": letters})

    def do_POST(self):
        if "/1/" in self.path:
            self._answer(404, {"reason": "no_such_dead_letter", "detail": "It is gone."})
        else:
            self._answer(200, {"position": "9f2c61d07a55e013-2"})

    def _answer(self, status, members):
        body = json.dumps(members).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.mark.parametrize("which, printed", [(["--all"], "gone 1\nreplayed 2\n"), (["1", "2"], "")], ids=["all", "named"])
def test_dead_letters_that_go_meanwhile(which, printed):
    """Of all of them, one that is gone was somebody else's to do; one that is named must be there."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), GoingLetters) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        server.port = server.server_port
        status, output, error = command(server, "a-secret", "replay", *which)
        server.shutdown()
    assert output == printed
    assert (status, error) == ((0, "") if printed else (1, "404: It is gone.\n"))


class NoRelay(http.server.BaseHTTPRequestHandler):
    """Answers everything with the same status and bytes."""

    status, body = 200, b""

    def _answer(self):
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    do_GET = do_POST = do_DELETE = _answer

    def log_message(self, *_):
        pass


# The same page for ever, and one whose letters lack what each has.
SAME = json.dumps({"dead_letters": [letter(1), letter(2)]}).encode()
BARE = json.dumps({"dead_letters": [{"number": 1}]}).encode()


@pytest.mark.parametrize(
    "words, status, body",
    [
        (["list"], 200, b"<html></html>"), (["list"], 200, b"{}"), (["list"], 204, b""), (["list"], 200, SAME),
        (["list"], 200, BARE), (["drop", "--all"], 200, b"<html></html>"), (["drop", "7"], 200, b"<html></html>"),
        (["replay", "7"], 200, b"<html></html>"), (["replay", "7"], 200, b"{}"), (["replay", "7"], 201, b'{"position":"a-1"}'),
    ],
    ids=["page", "empty object", "nothing", "the same page", "bare letters", "drop all", "drop", "replay", "replay nowhere",
         "another status"],
)  # fmt: skip
def test_dead_letters_of_another_server(words, status, body):
    """What answers with something else than the API is no relay: nothing counts as done."""
    answer = type("Answer", (NoRelay,), {"status": status, "body": body})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        server.port = server.server_port
        code, output, error = command(server, "a-secret", *words)
        server.shutdown()
    assert (code, output) == (1, "") and "what answers there is no Hookwire relay" in error


def test_dead_letters_are_told_as_they_are_done():
    """What was done is printed before the next is asked for, also into a pipe: a kill leaves nothing untold."""
    asked, may_answer = threading.Event(), threading.Event()

    class Answer(GoingLetters):
        def do_POST(self):
            if "/2/" in self.path:
                asked.set()
                may_answer.wait(PATIENCE)
            self._answer(200, {"position": "9f2c61d07a55e013-9"})

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        words = [BINARY, "dead-letters", "replay", "1", "2", "--relay", f"http://127.0.0.1:{server.server_port}"]
        env = environment(HOOKWIRE_SECRET="a-secret")
        with subprocess.Popen(words, stdout=subprocess.PIPE, env=env) as process:
            assert asked.wait(PATIENCE)
            process.kill()
            assert process.stdout.read() == b"replayed 1\n"
        may_answer.set()
        server.shutdown()


def test_dead_letters_that_a_proxy_does_not_know():
    """A 404 that is not the relay's does not say that the dead letter is gone."""

    class Answer(GoingLetters):
        def do_POST(self):
            self._answer(404, {})

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        server.port = server.server_port
        code, output, error = command(server, "a-secret", "replay", "--all")
        server.shutdown()
    assert (code, output) == (1, "") and error.startswith("404")


def test_dead_letters_of_nobody():
    """A relay that does not run is told from one that refuses."""
    done = subprocess.run(
        [BINARY, "dead-letters", "list", "--secret", "s", "--relay", "http://127.0.0.1:1"],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE * 2,
    )
    assert done.returncode == 2 and "Cannot reach" in done.stderr


def test_visibility(relay, secret):
    """What a member does not settle in time is another's."""
    with EnvelopeBot(relay, secret, group="g", visibility="1s", prefetch="1") as slow:
        publish(relay, secret, "a")
        event = slow.receive()
        with EnvelopeBot(relay, secret, group="g", visibility="1s") as other:
            again = other.receive()
            assert again["position"] == event["position"] and again["attempt"] >= 2
            settle(other, again)


def overdue(bot):
    """The positions of what comes to a member since another one had it for too long; the rest is settled."""
    positions = []
    with contextlib.suppress(TimeoutError):
        while True:
            event = bot.receive(timeout=1 if positions else PATIENCE)
            if event["attempt"] == 1:
                settle(bot, event)
            else:
                positions.append(event["position"])
    return positions


def test_a_late_goodbye_takes_nothing_away(relay, secret):
    """What is another member's since the time of the first was over stays its own when the first one goes."""
    with relay.raw_socket(receive_buffer=4096) as stalled:
        stalled.upgrade(f"/ws?secret={secret}&group=g&visibility=4s")
        publish(relay, secret, *["x" * 1_000_000] * 12)
        with EnvelopeBot(relay, secret, group="g", visibility="4s", prefetch="64") as other:
            held = overdue(other)
            assert held
            stalled.socket.close()
            while b"\nhookwire_sockets 1\n" not in relay.get("/metrics").body:
                pass  # a metric is asked for again and again
            publish(relay, secret, "marker")
            assert other.receive()["data"] == {"n": "marker"}


def test_too_many_groups(relay, secret):
    """The group that is one too many is told so."""
    with contextlib.ExitStack() as stack:
        publish(relay, secret, "a")
        for number in range(64):
            assert numbers([stack.enter_context(EnvelopeBot(relay, secret, group=f"g{number}")).receive()]) == ["a"]
        with EnvelopeBot(relay, secret, group="one-more") as bot, pytest.raises(ConnectionClosed) as closed:
            bot.receive()
        assert closed.value.rcvd.code == 1008 and "64 groups" in closed.value.rcvd.reason


def test_raw_members(relay, secret):
    """A raw member acknowledges by reading."""
    with relay.bot(secret, path=f"/ws?secret={secret}&group=g") as one:
        publish(relay, secret, "a")
        assert json.loads(one.recv(timeout=PATIENCE)) == {"n": "a"}
    with relay.bot(secret, path=f"/ws?secret={secret}&group=g") as other:
        publish(relay, secret, "b")
        assert json.loads(other.recv(timeout=PATIENCE)) == {"n": "b"}


@pytest.mark.parametrize("query", ["consumer=a b", "group=g&consumer=c", "rate=0", "since=x", "where=x"])
def test_bad_queries(relay, secret, query):
    """What is wrong in an address is said in a sentence."""
    answer = relay.request(
        "GET",
        f"/ws?secret={secret}&{query.replace(' ', '%20')}",
        None,
        {
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        },
    )
    assert answer.status == 400
    assert json.loads(answer.body)["detail"].endswith(".")


def post(node, target, body):
    """What a platform does, and its node acknowledges."""
    connection = http.client.HTTPConnection("127.0.0.1", node.port, timeout=PATIENCE)
    with contextlib.closing(connection):
        connection.request("POST", target, json.dumps(body))
        assert connection.getresponse().status < 300


@pytest.mark.timeout(120)
def test_groups_across_tiers(redis, tmp_path):
    """Members on two egress nodes share what comes through two ingress nodes; of a node that dies nothing is lost."""
    secret = qq.secret()
    with tiers(redis.url, tmp_path) as (ingress, egress):
        bots = [GroupBot(node.port, secret) for node in egress]
        try:
            wanted = set()
            for n in range(40):
                post(ingress[n % 2], webhook(secret), {"n": n})
                wanted.add(n)
            had = set()
            for bot in bots:
                while (event := bot.next(1.5)) is not None:
                    had.add(event["data"]["n"])
                    if bot is bots[1] or event["data"]["n"] % 3:
                        bot.settle(event)
            assert had == wanted
            unsettled = {event["data"]["n"] for event in bots[0].had if not event["data"]["n"] % 3}
            egress[0].kill()
            again = set()
            while unsettled - again:
                event = bots[1].next(PATIENCE)
                assert event is not None and event["attempt"] >= 2
                again.add(event["data"]["n"])
                bots[1].settle(event)
            assert again == unsettled
        finally:
            for bot in bots:
                bot.close()


@pytest.mark.timeout(120)
def test_refused_events_across_tiers(redis, tmp_path):
    """What a member refuses on one node is done by another one on another node, though the first one is alone on its own."""
    secret = qq.secret()
    with tiers(redis.url, tmp_path, ingress=1) as (ingress, egress), contextlib.ExitStack() as stack:
        bad, good = (
            stack.enter_context(contextlib.closing(GroupBot(node.port, secret))) for node in egress
        )

        def publish_all():
            for n in range(20):
                post(ingress[0], webhook(secret), {"n": n})

        refused, done = refuse_and_work(bad, good, publish_all, 20)
        assert sorted(done) == list(range(20)) and refused


class GroupBot:
    """A member of a group on a node."""

    def __init__(self, port, secret):
        address = f"ws://127.0.0.1:{port}/ws?secret={secret}&group=g&visibility=6s&prefetch=40"
        self._connection = connect(address, subprotocols=["cloudevents.json"], proxy=None)
        self.socket = self._connection.__enter__()
        self.had = []

    def next(self, timeout):
        """The next event; None where none comes."""
        try:
            event = json.loads(self.socket.recv(timeout=timeout))
        except TimeoutError:
            return None
        self.had.append(event)
        return event

    def receive(self, timeout=PATIENCE):
        return json.loads(self.socket.recv(timeout=timeout))

    def settle(self, event):
        self.socket.send(json.dumps({"type": "ack", "position": event["position"]}))

    def close(self):
        self._connection.__exit__(None, None, None)
