"""Routes, methods and what an error looks like."""

import json
import re

import pytest

import qq


def problem(answer, status):
    """An RFC 9457 problem whose sentence says something."""
    assert answer.status == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    document = json.loads(answer.body)
    assert document["status"] == status
    assert document["title"]
    assert len(document["detail"]) > 15
    # RFC 9110, section 11.6.1.
    assert status != 401 or answer.headers["WWW-Authenticate"]
    return document


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/healthz"])
def test_health(relay, path):
    """A node that runs says so."""
    assert relay.get(path).status == 200


def test_metrics(relay):
    """Prometheus text, line by line: comments, and samples of families that a comment announced."""
    answer = relay.get("/metrics")
    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    lines = answer.body.decode().splitlines()
    families = {match[1]: match[2] for line in lines if (match := re.fullmatch(r"# TYPE (\w+) (\w+)", line))}
    samples = [line for line in lines if line and not line.startswith("#")]
    assert families and samples
    for sample in samples:
        match = re.fullmatch(r'([a-zA-Z_:][\w:]*)(\{(\w+="(?:[^"\\]|\\.)*",?)*\})? (\S+)', sample)
        assert match, sample
        float(match[4].replace("Inf", "inf"))
        family = match[1] if match[1] in families else re.sub(r"_(bucket|sum|count|total)$", "", match[1])
        assert family in families, sample


@pytest.mark.parametrize("path", ["/nothing", "/webhook/", "/livez/x", "//", "/ws/a/b/c"])
def test_unknown_path(relay, path):
    """404, and a sentence."""
    problem(relay.get(path), 404)


@pytest.mark.parametrize(
    "method, path, allowed",
    [
        ("GET", "/webhook?secret=x", {"POST"}),
        ("DELETE", "/webhook?secret=x", {"POST"}),
        ("POST", "/livez", {"GET", "HEAD"}),
        ("PUT", "/metrics", {"GET", "HEAD"}),
    ],
)
def test_wrong_method(relay, method, path, allowed):
    """405 names the methods that there are."""
    answer = relay.request(method, path)
    problem(answer, 405)
    assert allowed <= set(re.split(r",\s*", answer.headers["Allow"]))
    assert method not in answer.headers["Allow"]


def test_refusals_are_problems(relay, secret):
    """Whatever is refused says why, in the same form."""
    problem(relay.post(secret, qq.event(), {}), 401)
    problem(relay.post(secret, b"[]"), 400)
    problem(relay.request("POST", "/webhook?secret=", b"{}"), 400)
    problem(relay.get("/ws?secret=" + secret), 426)


@pytest.mark.parametrize("path", ["/livez", "/metrics", "/nothing"])
def test_head(relay, path):
    """HEAD is GET without the body: same status, and the next answer follows directly."""
    with relay.raw() as connection:
        connection.request("HEAD", path)
        head = connection.response(to_head=True)
        connection.request("GET", path)
        full = connection.response()
        assert head.status == full.status
        assert head.headers["content-type"] == full.headers["content-type"]
        if path != "/metrics":
            assert head.headers["content-length"] == str(len(full.body))


def test_absolute_target(relay):
    """Proxies may send the whole URL as the target (RFC 9112, section 3.2.2)."""
    with relay.raw() as connection:
        connection.request("GET", "http://relay.example/livez")
        assert connection.response().status == 200


def test_other_query_parameters(relay):
    """Other query parameters do no harm, wherever they stand."""
    secret = qq.secret()
    body = qq.event()
    target = f"/webhook?a=1&secret={secret}&token=T&b"
    assert relay.request("POST", target, body, qq.signed_headers(secret, body)).body == qq.ACKNOWLEDGED
