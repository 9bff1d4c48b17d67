"""A consumer that says itself what it is done with (`ack=1`): everything else comes again, on whatever node."""

import json
import urllib.parse

import pytest
import websockets
from websockets.sync.client import connect

import qq
from redis_server import RedisServer
from relay import PATIENCE
from test_forward import events, post
from tiers import tiers
from waiting import until


@pytest.fixture
def nodes(tmp_path):
    with RedisServer(tmp_path) as redis, tiers(redis.url, tmp_path, ingress=1) as ((ingress,), egress):
        yield ingress, egress


class Consumer:
    """A client of an envelope socket. Use `with`: leaving breaks the connection off, without a goodbye."""

    def __init__(self, node, secret, protocols=("cloudevents.json",), **query):
        query = {"secret": secret, "consumer": "worker", "ack": "1"} | query
        address = f"ws://127.0.0.1:{node.port}/ws?" + urllib.parse.urlencode({k: v for k, v in query.items() if v})
        self.socket = connect(address, subprotocols=protocols, proxy=None, compression=None, close_timeout=2, legacy=True)

    def frame(self):
        return json.loads(self.socket.recv(timeout=PATIENCE))

    def take(self, count):
        """So many events, by position and text; the relay's own frames are passed over."""
        taken = []
        while len(taken) < count:
            frame = self.frame()
            if not frame["type"].startswith("hookwire."):
                taken.append((frame["position"], frame["text"]))
        return taken

    def ack(self, position):
        self.socket.send(json.dumps({"type": "ack", "position": position}))
        # An answer to what was sent behind it: the ack has been read.
        self.socket.send(json.dumps({"type": "ping"}))
        while (frame := self.frame())["type"] != "hookwire.pong":
            assert frame["type"] == "hookwire.error", frame
            return frame["reason"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.socket.close()


def texts(taken):
    return [text for _, text in taken]


def goes_on_with(node, secret, expected, **query):
    """Asserts what a new client of the consumer gets. The word of the one before is stored a moment after it was said, and
    nobody is told when."""
    taken = []

    def goes_on():
        with Consumer(node, secret, **query) as consumer:
            taken[:] = texts(consumer.take(len(expected)))
        return taken == expected

    until(goes_on, lambda: f"it gets {taken}, not {expected}")


def test_comes_again_until_it_is_done(nodes, secret):
    """Received is not done: without a word all comes again on another node, and behind what was said after that."""
    ingress, (first, second) = nodes
    post(ingress, secret, *events(5))
    with Consumer(first, secret) as consumer:
        assert len(consumer.take(5)) == 5
    with Consumer(second, secret) as consumer:
        taken = consumer.take(5)
        assert texts(taken) == [f"event {n}" for n in range(5)]
        assert consumer.ack(taken[2][0]) is None
    goes_on_with(first, secret, ["event 3", "event 4"])


def test_goodbye_is_no_word(nodes, secret):
    """A close frame says nothing of what was not acknowledged."""
    ingress, (first, second) = nodes
    post(ingress, secret, *events(2))
    with Consumer(first, secret) as consumer:
        consumer.take(2)
        consumer.socket.close()
    with Consumer(second, secret) as consumer:
        assert texts(consumer.take(2)) == ["event 0", "event 1"]


def test_filtered_events_are_done(nodes, secret):
    """What the filter keeps back is done with when all that came is: the next socket, without it, does not get it."""
    ingress, (first, second) = nodes
    wanted = qq.event("wanted").replace(b"C2C_MESSAGE_CREATE\"}", b"WANTED\"}")
    post(ingress, secret, *events(2), wanted, *events(3, start=2))
    with Consumer(first, secret, type="WANTED") as consumer:
        ((position, text),) = consumer.take(1)
        assert text == "wanted" and consumer.ack(position) is None
        # With a goodbye: what comes while the node has not noticed the end is kept back too, and done with.
        consumer.socket.close()
    post(ingress, secret, qq.event("last"))
    goes_on_with(second, secret, ["last"])


@pytest.mark.parametrize("begins", ["after", "backlog"])
def test_what_lies_between_is_not_passed_over(nodes, secret, begins):
    """A socket that begins elsewhere than at the cursor moves it by no event that its filter keeps back."""
    ingress, (first, second) = nodes
    post(ingress, secret, *events(2))
    with Consumer(first, secret) as consumer:
        positions = [position for position, _ in consumer.take(2)]
    start = {"after": positions[-1]} if begins == "after" else {"backlog": "off"}
    wanted = qq.event("wanted").replace(b"C2C_MESSAGE_CREATE\"}", b"WANTED\"}")
    with Consumer(second, secret, type="WANTED", **start) as consumer:
        # Behind its first frame it gets what comes, each event as it comes.
        assert begins == "backlog" or consumer.frame()["recovered"] is True
        post(ingress, secret, *events(1, start=2), wanted)
        assert texts(consumer.take(1)) == ["wanted"]
    with Consumer(first, secret) as consumer:
        assert texts(consumer.take(4)) == ["event 0", "event 1", "event 2", "wanted"]


def test_foreign_positions(nodes, secret):
    """An ack of what is not there is answered, and moves nothing."""
    ingress, (first, second) = nodes
    post(ingress, secret, *events(1))
    with Consumer(first, secret) as consumer:
        ((position, _),) = consumer.take(1)
        epoch, _, offset = position.partition("-")
        assert consumer.ack(f"{epoch}-{int(offset) + 1}") == "not_unsettled"
    with Consumer(second, secret) as consumer:
        assert texts(consumer.take(1)) == ["event 0"]


def test_head(nodes, secret):
    """The first frame says where the stream begins and where the log stands."""
    ingress, (first, _) = nodes
    post(ingress, secret, *events(3))
    with Consumer(first, secret) as consumer:
        frame = consumer.frame()
        assert frame["type"] == "hookwire.recovery" and frame["recovered"] is True
        assert [frame[name].split("-")[1] for name in ("position", "head")] == ["0", "3"]


def test_new_name(nodes, secret):
    """backlog=new: a new consumer begins behind what the bot's sockets have had, a known one where it was."""
    ingress, (first, second) = nodes
    post(ingress, secret, *events(2))
    with connect(f"ws://127.0.0.1:{first.port}/ws?secret={secret}", proxy=None) as bot:
        for _ in range(2):
            bot.recv(timeout=PATIENCE)
    post(ingress, secret, *events(2, start=2))
    for node in (second, first):
        with Consumer(node, secret, backlog="new") as consumer:
            assert texts(consumer.take(2)) == ["event 2", "event 3"]


@pytest.mark.parametrize(
    "query, protocols",
    [({"consumer": ""}, ("cloudevents.json",)), ({"ack": "yes"}, ("cloudevents.json",)), ({}, None),
     ({"consumer": "", "group": "g"}, ("cloudevents.json",))],
    ids=["no consumer", "no such value", "raw", "group"],
)
def test_refusals(nodes, secret, query, protocols):
    """Where it means nothing it is refused, with a sentence."""
    _, (first, _) = nodes
    with pytest.raises(websockets.exceptions.InvalidStatus) as refused:
        Consumer(first, secret, protocols=protocols, **query)
    assert refused.value.response.status_code == 400
    assert json.loads(refused.value.response.body)["reason"] == "bad_ack"
