"""The inspector in a real browser, on egress nodes that share a Redis with others."""

import http.client
import json
import threading
import time

import pytest

import qq
from browser import Browser
from inspector import Inspector
from redis_server import RedisServer, free_port
from relay import BINARY, PATIENCE, environment, run_command
from tiers import TierNode


@pytest.fixture(scope="module")
def nodes(tmp_path_factory):
    """An ingress node and two egress nodes; the second is for tests that end it."""
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
    """What `hookwire send` posts to an ingress node is seen on an egress node within a second, as it was, and verified."""
    ingress, egress = nodes
    inspector = Inspector(browser, egress.port, secret)
    relay = f"http://127.0.0.1:{ingress.port}"
    sent = run_command([BINARY, "send", "--relay", relay, "--secret", secret, "--platform", "qq", "--text", "hello there"])
    answered = time.monotonic()
    assert sent.returncode == 0, sent.stderr
    row = inspector.await_row("hello there")
    assert time.monotonic() - answered < 1
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
    page.wait("document.querySelectorAll('.row').length === 2")
    assert [row["text"] for row in inspector.rows()] == ["another apple", "an apple"]
    page.key("Escape")
    page.key("j", "j")
    page.key("j", "j")
    page.key("Enter")
    page.wait("document.querySelector('#said')?.textContent === 'an apple'")
    page.key("k", "k")
    page.wait("document.querySelector('#said')?.textContent === 'another apple'", "the details to follow")
    selected = page.run("document.getElementById(document.querySelector('#scroll').getAttribute('aria-activedescendant')).textContent")
    assert "another apple" in selected
    page.key("Escape")
    page.wait("document.querySelector('#details').hidden")
    page.run("document.querySelector('#search').value = ''; document.querySelector('#search').dispatchEvent(new Event('input'))")
    page.key(" ")
    page.wait("document.querySelector('#pause').getAttribute('aria-pressed') === 'true'")
    deliver(ingress, secret, qq.event("held back"))
    page.wait("document.querySelector('#pause').textContent.includes('1')")
    assert inspector.kept == (3, 3)
    page.key(" ")
    inspector.await_row("held back")


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
    inspector.await_kept(3)
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
        "responseId": secret, "session": "projects/p/agent/sessions/1",
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
        texts = [row["text"] for row in inspector.rows()]
        expected = [f"before {n}" for n in range(5)] + [f"meanwhile {n}" for n in range(20)] + ["behind"]
        assert texts == expected[::-1][: len(texts)] and len(texts) > 20
