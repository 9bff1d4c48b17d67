"""The inspector in a real browser, on egress nodes that share a Redis with others."""

import http.client
import json
import threading
import time

import pytest
from websockets.sync.client import connect

import qq
from browser import Browser
from inspector import Inspector
from redis_server import RedisServer, free_port
from relay import BINARY, PATIENCE, run_command
from tiers import TierNode
from waiting import until


@pytest.fixture(scope="module")
def nodes(tmp_path_factory):
    """An ingress node and an egress node."""
    folder = tmp_path_factory.mktemp("nodes")
    with RedisServer(folder) as redis:
        with TierNode("ingress", redis.url, folder=folder) as ingress, TierNode("egress", redis.url, folder=folder) as egress:
            ingress.await_ready()
            egress.await_ready()
            ingress.redis, ingress.folder = redis, folder
            yield ingress, egress


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with Browser(tmp_path_factory.mktemp("browser")) as browser:
        yield browser


def post(node, target, body, headers=None):
    connection = http.client.HTTPConnection("127.0.0.1", node.port, timeout=PATIENCE)
    connection.request("POST", target, body, headers or {"Content-Type": "application/json"})
    response = connection.getresponse()
    return response.status, response.read()


def deliver(node, secret, body):
    assert post(node, qq.webhook_path(secret), body, qq.signed_headers(secret, body))[0] == 200


def test_an_event_from_another_node(nodes, browser, secret):
    """What `hookwire send` posts to an ingress node is seen on an egress node by itself, as it was, and verified."""
    ingress, egress = nodes
    inspector = Inspector(browser, egress.port, secret)
    relay = f"http://127.0.0.1:{ingress.port}"
    sent = run_command([BINARY, "send", "--relay", relay, "--secret", secret, "--platform", "qq", "--text", "hello there"])
    assert sent.returncode == 0, sent.stderr
    row = inspector.await_row("hello there")
    # On the connection that the page has had since before: it has not asked for it.
    assert sum("/events?" in request["url"] for request in inspector.page.requests) == 1
    assert (row["platform"], row["type"]) == ("qq", "GROUP_AT_MESSAGE_CREATE") and "verified" in row["check"]
    inspector.open("hello there")
    page = inspector.page
    assert page.text("#said") == "hello there"
    details = page.text("#details")
    assert "Ed25519 signature verified" in details and "X-Signature-Ed25519" in details
    assert inspector.secret_is_nowhere() and inspector.stays_at_home()
    assert not page.complaints


def test_search_and_keys(nodes, browser, secret):
    """Search and type narrow the list; the keyboard moves, opens, pauses and closes."""
    ingress, egress = nodes
    inspector = Inspector(browser, egress.port, secret)
    page = inspector.page
    for text in ("an apple", "a pear", "another apple"):
        deliver(ingress, secret, qq.event(text))
    inspector.await_kept(3)
    page.key("/", "/")
    page.call("Input.insertText", text="apple")
    until(
        lambda: [row["text"] for row in inspector.rows()] == ["another apple", "an apple"],
        lambda: f"these rows: {inspector.rows()}",
    )
    page.key("Escape")
    page.key("j", "j")
    page.key("j", "j")
    page.key("Enter")
    page.wait("document.querySelector('#said')?.textContent === 'an apple'")
    page.key("k", "k")
    page.wait("document.querySelector('#said')?.textContent === 'another apple'", "the details to follow")
    page.wait(
        "document.getElementById(document.querySelector('#scroll').getAttribute('aria-activedescendant'))"
        ".textContent.includes('another apple')"
    )
    page.key("Escape")
    page.wait("document.querySelector('#details').hidden")
    page.run("document.querySelector('#search').value = ''; document.querySelector('#search').dispatchEvent(new Event('input'))")
    page.run(
        "(() => { const make = URL.createObjectURL; window.exported = [];"
        " URL.createObjectURL = (blob) => { window.exported.push(blob); return make(blob); }; })()"
    )
    page.key(" ")
    page.wait("document.querySelector('#pause').getAttribute('aria-pressed') === 'true'")
    deliver(ingress, secret, qq.event("held back"))
    page.wait("document.querySelector('#pause').textContent.includes('1')")
    assert inspector.kept == (3, 3)
    page.click("#export")
    page.run("document.querySelector('#scroll').focus()")
    page.key(" ")
    inspector.await_row("held back")
    page.click("#export")
    texts = [[event["text"] for event in json.loads(page.run(f"window.exported[{n}].text()"))] for n in (0, 1)]
    assert texts == [["an apple", "a pear", "another apple"], ["an apple", "a pear", "another apple", "held back"]]
    page.click("#clear")
    inspector.await_kept(0)


def test_replay_edited(nodes, browser, secret):
    """A replay reaches the bots with the body as it was edited, and says what it repeats."""
    ingress, egress = nodes
    inspector = Inspector(browser, egress.port, secret)
    page = inspector.page
    deliver(ingress, secret, qq.event("before"))
    inspector.open("before")
    page.click("#replay-edited")
    page.wait("document.querySelector('#edit-body')?.value.includes('before')")
    page.run("document.querySelector('#edit-body').value = document.querySelector('#edit-body').value.replace('before', 'after')")
    page.click("#dialog-send")
    row = inspector.await_row("after")
    assert "replay" in row["check"]
    page.click("#replay")
    page.wait("document.querySelectorAll('.row').length === 3")
    texts = [row["text"] for row in inspector.rows()]
    assert texts == ["before", "after", "before"]
    page.click("#test")
    page.click("#dialog-send")
    inspector.await_row("Hello from the inspector")


def test_reply_box(nodes, browser, secret):
    """A Dialogflow request is answered from the page, and its HTTP answer has the text."""
    ingress, egress = nodes
    inspector = Inspector(browser, egress.port, secret)
    page = inspector.page
    question = {
        "responseId": qq.event_id(), "session": "projects/p/agent/sessions/1",
        "queryResult": {"queryText": "what time is it", "languageCode": "en", "intent": {"displayName": "time"}},
    }
    answers = []
    request = threading.Thread(
        target=lambda: answers.append(post(ingress, f"/webhook/dialogflow?secret={secret}", json.dumps(question)))
    )
    request.start()
    inspector.open("what time is it")
    page.type("#reply-text", "half past <b>nine</b>")
    page.click("#reply-send")
    request.join(PATIENCE)
    status, body = answers[0]
    assert status == 200 and json.loads(body)["fulfillmentText"] == "half past <b>nine</b>"
    page.wait("document.querySelector('#answer')?.textContent.includes('half past')")


def test_refused_requests(nodes, browser, secret):
    """A request that ingress refuses is shown with its reason to who holds the secret that it names, and to nobody else;
    what it says of the secret is not."""
    ingress, egress = nodes
    other = qq.secret()
    inspector, stranger = Inspector(browser, egress.port, secret), Inspector(browser, egress.port, other)
    body = qq.event("forged <b>text</b>")
    headers = qq.signed_headers(other, body) | {"X-Test": "seen", "Authorization": "Bearer kept-back-one"}
    assert post(ingress, qq.webhook_path(secret), body, headers)[0] == 401
    assert post(ingress, f"/webhook/messenger?secret={secret}&token=kept-back-two", b"{}")[0] == 401
    inspector.await_kept(2)
    page = inspector.page
    page.wait("document.querySelectorAll('.row').length === 2")
    row = next(row for row in inspector.rows() if row["platform"] == "qq")
    assert "refused" in row["check"] and row["type"] == "wrong_signature", row
    page.key("j", "j")
    page.key("j", "j")
    page.key("Enter")
    page.wait("document.querySelector('#body') !== null")
    details = page.text("#details")
    assert "wrong_signature" in details and "X-Test" in details and "forged <b>text</b>" in details
    assert "kept-back" not in page.run("document.documentElement.outerHTML")
    page.run("document.querySelector('#type').value = 'refused'; document.querySelector('#type').dispatchEvent(new Event('change'))")
    assert inspector.kept == (2, 2)
    deliver(ingress, other, qq.event("an event"))
    stranger.await_row("an event")
    assert stranger.kept == (1, 1)
    assert inspector.secret_is_nowhere()


def test_who_received_it(nodes, browser, secret):
    """The clients of every node that were sent an event, by how they speak and their consumer's name, and what the answer
    to the platform was."""
    ingress, egress = nodes
    with TierNode("egress", ingress.redis.url, folder=ingress.folder) as other:
        other.await_ready()
        raw = connect(f"ws://127.0.0.1:{other.port}/ws?secret={secret}&consumer=archive", proxy=None)
        envelope = connect(
            f"ws://127.0.0.1:{egress.port}/ws?secret={secret}", proxy=None, subprotocols=["cloudevents.json"]
        )
        with raw as raw, envelope as envelope:
            inspector = Inspector(browser, egress.port, secret)
            # The other node learns within a moment that somebody looks on; each event that comes meanwhile is delivered.
            for number in range(PATIENCE * 10):
                deliver(ingress, secret, qq.event(f"try {number} ends"))
                raw.recv(timeout=PATIENCE)
                inspector.open(f"try {number} ends")
                time.sleep(0.1)  # what a node knows of who looks on is a few seconds behind at most
                receivers = inspector.page.text("#receivers")
                if "archive" in receivers and "WebSocket (envelopes)" in receivers:
                    break
            assert "WebSocket (envelopes)" in receivers and "archive" in receivers and "Event stream" not in receivers
            assert "Written to clients" in inspector.page.text("#timing")
            question = json.dumps({"responseId": qq.event_id(), "queryResult": {"queryText": "who answers"}})
            answers = []
            request = threading.Thread(
                target=lambda: answers.append(post(ingress, f"/webhook/dialogflow?secret={secret}", question))
            )
            request.start()
            inspector.open("who answers")
            while (event := json.loads(envelope.recv(timeout=PATIENCE))).get("text") != "who answers":
                pass
            envelope.send(json.dumps({"type": "reply", "token": event["replytoken"], "text": "the bot does"}))
            request.join(PATIENCE)
            assert answers[0][0] == 200
            inspector.page.wait("document.querySelector('#answer')?.textContent.includes('the bot does')")


def test_egress_restart(nodes, browser, secret):
    """The page comes back by itself and misses nothing that came meanwhile."""
    ingress, _ = nodes
    flags = ("--port", str(free_port()), "--drain", "1s")
    with TierNode("egress", ingress.redis.url, *flags, folder=ingress.folder) as node:
        node.await_ready()
        inspector = Inspector(browser, node.port, secret)
        for number in range(5):
            deliver(ingress, secret, qq.event(f"before {number}"))
        inspector.await_kept(5)
        node.kill()
        inspector.page.wait("document.querySelector('#status').dataset.state === 'trying'")
    for number in range(20):
        deliver(ingress, secret, qq.event(f"meanwhile {number}"))
    with TierNode("egress", ingress.redis.url, *flags, folder=ingress.folder) as node:
        inspector.await_live()
        deliver(ingress, secret, qq.event("behind"))
        inspector.await_kept(26)
        inspector.await_row("behind")
        texts = [row["text"] for row in inspector.rows()]
        expected = [f"before {n}" for n in range(5)] + [f"meanwhile {n}" for n in range(20)] + ["behind"]
        assert texts == expected[::-1][: len(texts)] and len(texts) > 20
