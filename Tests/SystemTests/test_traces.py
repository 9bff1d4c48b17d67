"""The way of one webhook through both tiers to the bot's reply is one trace, and nothing waits for whoever collects it."""

import contextlib
import http.client
import json
import secrets
import signal
import threading

import pytest
from websockets.sync.client import connect

import qq
from desk import Command
from envelope_bot import webhook
from local_server import LocalServer
from otlp_collector import Collector
from redis_server import RedisServer
from relay import PATIENCE
from tiers import TierNode


@pytest.fixture
def collector():
    with Collector() as collector:
        yield collector


@pytest.fixture
def nodes(tmp_path, collector):
    """An ingress and an egress node that export, joined by a Redis."""
    token = qq.secret()
    env = {"HOOKWIRE_OTLP_HEADERS": f"authorization=Bearer%20{token}", "HOOKWIRE_LOG_FORMAT": "json"}
    with contextlib.ExitStack() as stack:
        redis = stack.enter_context(RedisServer(tmp_path))
        started = [
            stack.enter_context(
                TierNode(tier, redis.url, "--otlp-endpoint", collector.url + "/", folder=tmp_path, env=env)
            )
            for tier in ("ingress", "egress")
        ]
        for node in started:
            node.await_ready()
        yield *started, token


def traceparent(flags="01"):
    trace, span = secrets.token_hex(16), secrets.token_hex(8)
    return trace, span, f"00-{trace}-{span}-{flags}"


class Request:
    """A platform's request that waits for the bot's reply, on a thread."""

    def __init__(self, port, secret, reply=True, **headers):
        def ask():
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
            with contextlib.closing(connection):
                parameters = {"reply": "1"} if reply else {}
                connection.request("POST", webhook(secret, **parameters), b'{"text":"hi"}', headers)
                response = connection.getresponse()
                self.answer = response.status, response.read()

        self.answer = None
        self._thread = threading.Thread(target=ask, daemon=True)
        self._thread.start()

    def answered(self):
        self._thread.join(PATIENCE)
        assert self.answer, "the request was not answered"
        return self.answer


def socket(port, secret, envelope=True, query=""):
    protocols = ["cloudevents.json"] if envelope else None
    url = f"ws://127.0.0.1:{port}/ws?secret={secret}{query}"
    return connect(url, subprotocols=protocols, proxy=None, compression=None, close_timeout=2)


def envelope(bot):
    return json.loads(bot.recv(timeout=PATIENCE))


def test_one_tree(nodes, collector, secret):
    """From the platform's own span by receive, publish, deliver and the bot's span to reply: one tree, over two nodes and
    their Redis. The collector gets the fields that open it."""
    ingress, egress, token = nodes
    trace, platform_span, header = traceparent()
    with socket(egress.port, secret) as bot:
        request = Request(ingress.port, secret, traceparent=header, tracestate="vendor=1")
        event = envelope(bot)
        bot_span = secrets.token_hex(8)
        named = f"00-{trace}-{bot_span}-01"
        reply = {"type": "reply", "token": event["replytoken"], "text": "hello", "traceparent": named}
        bot.send(json.dumps(reply))
        assert envelope(bot)["outcome"] == "accepted"
    assert request.answered() == (200, b"hello")
    spans = collector.await_spans("receive", "publish", "deliver", "reply", trace=trace)
    assert spans["receive"]["parentSpanId"] == platform_span
    assert spans["publish"]["parentSpanId"] == spans["receive"]["spanId"]
    assert spans["deliver"]["parentSpanId"] == spans["publish"]["spanId"]
    assert event["traceparent"] == f"00-{trace}-{spans['deliver']['spanId']}-01" and event["tracestate"] == "vendor=1"
    assert spans["reply"]["parentSpanId"] == bot_span
    assert {span["name"]: span["kind"] for span in spans.values()} == {
        "receive": 2, "publish": 4, "deliver": 5, "reply": 3
    }
    assert spans["receive"]["traceState"] == "vendor=1" and "status" not in spans["receive"]
    assert spans["receive"]["hookwire.outcome"] == "replied" and spans["reply"]["hookwire.outcome"] == "accepted"
    assert spans["deliver"]["hookwire.sockets"] == 1 and spans["deliver"]["hookwire.way"] == "live"
    assert spans["deliver"]["hookwire.position"] == spans["publish"]["hookwire.position"] == event["position"]
    tiers = {name: span["resource"]["hookwire.tier"] for name, span in spans.items()}
    assert tiers == {"receive": "ingress", "publish": "ingress", "deliver": "egress", "reply": "egress"}
    assert all(span["resource"]["service.name"] == "hookwire" for span in spans.values())
    assert len([span for span in collector.spans if span["traceId"] == trace]) == 4
    for path, headers in collector.requests:
        assert path == "/v1/traces" and headers["Authorization"] == f"Bearer {token}"


def test_bots_that_know_nothing_of_traces(nodes, collector, secret):
    """A request without a trace begins one, and the answer of a raw bot, and one over HTTP, have their place in it."""
    ingress, egress, _ = nodes
    with socket(egress.port, secret, envelope=False, query="&reply=1") as bot:
        request = Request(ingress.port, secret)
        assert bot.recv(timeout=PATIENCE) == '{"text":"hi"}'
        bot.send("hello")
        assert request.answered() == (200, b"hello")
    spans = collector.await_spans("receive", "publish", "deliver", "reply")
    assert len({span["traceId"] for span in spans.values()}) == 1 and "parentSpanId" not in spans["receive"]
    assert spans["reply"]["parentSpanId"] == spans["deliver"]["spanId"] and spans["reply"]["hookwire.way"] == "raw"

    with socket(egress.port, secret) as bot:
        request = Request(ingress.port, secret)
        event = envelope(bot)
        connection = http.client.HTTPConnection("127.0.0.1", egress.port, timeout=PATIENCE)
        with contextlib.closing(connection):
            connection.request(
                "POST", f"/reply/{event['replytoken']}", '{"text":"hey"}', {"Content-Type": "application/json"}
            )
            assert connection.getresponse().status == 200
        assert request.answered() == (200, b"hey")
    trace, deliver = event["traceparent"].split("-")[1:3]
    spans = collector.await_spans("receive", "publish", "deliver", "reply", trace=trace)
    assert spans["reply"]["parentSpanId"] == deliver and spans["reply"]["hookwire.way"] == "http"


def test_forward_hands_it_on(nodes, collector, secret, tmp_path):
    """What hookwire forward sends to a local server is a child of the delivery, and its answer has its place as well."""
    ingress, egress, _ = nodes
    trace, _, header = traceparent()
    with LocalServer() as local:
        address = f"http://127.0.0.1:{egress.port}"
        with Command("forward", "--relay", address, "--to", local.url, secret=secret, folder=tmp_path) as command:
            command.complains("Connected")
            assert Request(ingress.port, secret, traceparent=header).answered() == (200, b"ok")
            heard = dict(local.hears(1, PATIENCE)[0].fields())
            spans = collector.await_spans("receive", "publish", "deliver", "reply", trace=trace)
    assert heard[b"traceparent"].decode() == f"00-{trace}-{spans['deliver']['spanId']}-01"
    assert spans["reply"]["parentSpanId"] == spans["deliver"]["spanId"]


@pytest.mark.parametrize("data", [False, True], ids=["memory", "disk"])
def test_from_the_log(start, tmp_path, collector, secret, data):
    """What is read from the log belongs to the trace too, with either log; spans that wait are sent when the node ends."""
    flags = ["--data", str(tmp_path / "data")] if data else []
    relay = start(*flags, "--otlp-endpoint", collector.url)
    trace, _, header = traceparent()
    assert Request(relay.port, secret, reply=False, traceparent=header).answered() == (200, b"OK")
    with socket(relay.port, secret, query="&since=5m") as bot:
        event = envelope(bot)
        while event["type"].startswith("hookwire."):
            event = envelope(bot)
    relay.signal()
    assert relay.wait() == 0
    spans = collector.await_spans("receive", "publish", "deliver", trace=trace)
    assert spans["deliver"]["parentSpanId"] == spans["publish"]["spanId"] and spans["deliver"]["hookwire.way"] == "log"
    assert event["traceparent"].split("-")[1:3] == [trace, spans["deliver"]["spanId"]]


def test_switched_off(start, secret):
    """A node that exports nothing carries the request's word to the bot as it came, and makes up none."""
    relay = start()
    trace, span, header = traceparent("00")
    with socket(relay.port, secret) as bot:
        Request(relay.port, secret, reply=False, traceparent=header, tracestate="a=1").answered()
        event = envelope(bot)
        assert event["traceparent"] == header and event["tracestate"] == "a=1"
        Request(relay.port, secret, reply=False, traceparent="00-nothing").answered()
        Request(relay.port, secret, reply=False).answered()
        assert "traceparent" not in envelope(bot) and "traceparent" not in envelope(bot)
    assert "hookwire_trace_spans_total" not in relay.get("/metrics").body.decode()


def test_not_recorded(start, collector, secret):
    """A request whose trace nobody records is not recorded here, nor is one beyond the share, nor one that is refused."""
    relay = start("--otlp-endpoint", collector.url, "--trace-sample", "0")
    trace, _, header = traceparent("00")
    _, _, recorded = traceparent()
    with socket(relay.port, secret) as bot:
        Request(relay.port, secret, reply=False, traceparent=header).answered()
        Request(relay.port, secret, reply=False).answered()
        assert envelope(bot)["traceparent"] == header and "traceparent" not in envelope(bot)
    assert relay.request("POST", "/webhook?secret=" + secret, b"{}", {"traceparent": recorded}).status == 400
    relay.signal()
    assert relay.wait() == 0
    assert collector.spans == [] and collector.requests == []


def metric(relay, line):
    for text in relay.get("/metrics").body.decode().splitlines():
        if text.startswith(line + " "):
            return float(text.rsplit(" ", 1)[1])
    return None


def test_collector_in_trouble(start, collector, secret):
    """A collector that asks to wait gets its spans later; one that refuses, or is away, loses them, which is counted. Events
    wait for neither."""
    collector.statuses = [503]
    relay = start("--otlp-endpoint", collector.url)
    with socket(relay.port, secret) as bot:
        assert Request(relay.port, secret, reply=False).answered() == (200, b"OK")
        envelope(bot)
        collector.await_spans("receive", "publish", "deliver")
        assert metric(relay, 'hookwire_trace_exports_total{outcome="later"}') == 1
        collector.statuses = [400]
        count = len(collector.requests)
        Request(relay.port, secret, reply=False).answered()
        envelope(bot)
        collector.await_requests(count + 1)
        collector.close()
        assert Request(relay.port, secret, reply=False).answered() == (200, b"OK")
        envelope(bot)
    relay.signal()
    assert relay.wait() == 0
    assert "spans were dropped" in relay.log


def test_spans_that_wait_are_seen(start, collector, secret):
    """How many wait is told while a collector is away, not only when it takes some."""
    collector.statuses = [503] * 100
    relay = start("--otlp-endpoint", collector.url)
    for count in range(1, 4):
        Request(relay.port, secret, reply=False).answered()
        while metric(relay, "hookwire_trace_queued_spans") < 2 * count:
            assert relay.process.poll() is None  # a number that is asked for again and again


def test_answers_that_do_not_end(start, collector, secret):
    """A collector whose answer's body never ends is not waited for: what it took counts as taken, the next batch is sent,
    and the node ends when it is told to."""
    collector.withheld = 10
    relay = start("--otlp-endpoint", collector.url, "--drain", "1s")
    with socket(relay.port, secret):
        Request(relay.port, secret, reply=False).answered()
        collector.await_requests(1)
        relay.signal(signal.SIGTERM)
    assert relay.process.wait(PATIENCE) == 0


def test_what_a_collector_claims(start, collector, secret):
    """A number of refused spans that there never were is no number of spans."""
    collector.answer = b'{"partialSuccess":{"rejectedSpans":"9223372036854775807"}}'
    relay = start("--otlp-endpoint", collector.url)
    with socket(relay.port, secret):
        Request(relay.port, secret, reply=False).answered()
        collector.await_requests(1)
    while not (refused := metric(relay, 'hookwire_trace_spans_total{outcome="refused"}')):
        assert collector.requests  # a number that is asked for again and again
    assert 0 < refused <= len(collector.spans)
    assert metric(relay, 'hookwire_trace_spans_total{outcome="exported"}') == 0
