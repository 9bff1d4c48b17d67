"""The machine-readable documents of docs/ are valid, and say what a running server does."""

import json
import re

import jsonschema
import pytest
import yaml
from openapi_spec_validator import validate
from openapi_spec_validator.readers import read_from_filename

import qq
from envelope_bot import EnvelopeBot
from gateway_client import GatewayClient, get_token
from relay import PATIENCE, REPOSITORY, Relay
from schemas import validators

OPENAPI, OPENAPI_ADDRESS = read_from_filename(str(REPOSITORY / "docs/openapi.yaml"))
ASYNCAPI = yaml.safe_load((REPOSITORY / "docs/asyncapi.yaml").read_text())
EVENT, VALIDATION = qq.event(), qq.validation()
METHODS = ("get", "post", "put", "delete", "head", "patch", "options")


def operations():
    for path, item in OPENAPI["paths"].items():
        for method in METHODS:
            if method in item:
                yield pytest.param(path, method, item[method], id=f"{method} {path}")


def resolve(document, value):
    """What a reference within the document leads to."""
    while isinstance(value, dict) and "$ref" in value:
        target = value["$ref"]
        assert target.startswith("#/"), target
        value = document
        for part in target[2:].split("/"):
            value = value[part.replace("~1", "/").replace("~0", "~")]
    return value


def test_openapi_is_valid():
    """By the specification, its references to the schemas included."""
    validate(OPENAPI, base_uri=OPENAPI_ADDRESS)


# Requests that get somewhere, and such that are refused, by path and method.
REQUESTS = {
    ("/webhook", "post"): [
        ("?secret=s", qq.signed_headers("s", EVENT), EVENT),
        ("?secret=s", qq.signed_headers("s", VALIDATION), VALIDATION),
        ("?secret=s", {}, b"{}"),
    ],
    ("/webhook/{platform}", "get"): [("?secret=s", {}, None)],
    ("/webhook/{platform}", "post"): [("?secret=s&scheme=none", {}, b"{}"), ("?secret=s", {}, b"{}")],
    ("/reply/{token}", "post"): [
        ("", {"Content-Type": "application/json"}, b'{"text":"hi"}'),
        ("", {"Content-Type": "application/json"}, b"{"),
        ("", {"Content-Type": "application/json"}, b"{}"),
        ("", {}, b"{}"),
        ("", {"Content-Type": "text/plain"}, b"x" * (1 << 21)),
    ],
    ("/events", "get"): [("", {}, None), ("?secret=s&after=x", {}, None), ("?secret=s&group=g", {}, None)],
    ("/ws", "get"): [("", {}, None), ("?secret=s", {}, None)],
    ("/replay", "post"): [("", {}, b"{}"), ("?secret=s", {}, b"{"), ("?secret=s", {}, b'{"position":"1-1"}')],
    ("/inspector/notes", "get"): [("", {}, None)],
    ("/inspector/bodies/{position}", "get"): [("", {}, None), ("?secret=s", {}, None)],
    ("/inspector/test-event", "post"): [
        ("", {}, b"{}"), ("?secret=s", {}, b"{}"), ("?secret=s", {}, b'{"text":"hi"}'),
    ],
    ("/dead-letters", "get"): [("", {}, None), ("?secret=s", {}, None), ("?secret=s&after=x", {}, None)],
    ("/dead-letters/{number}", "delete"): [("", {}, None), ("?secret=s", {}, None)],
    ("/dead-letters/{number}/replay", "post"): [("", {}, None), ("?secret=s", {}, None)],
    ("/qq/app/getAppAccessToken", "post"): [("", {}, b'{"appId":"1","clientSecret":"s"}'), ("", {}, b"{}")],
}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with Relay("--qq-upstream", "none", folder=tmp_path_factory.mktemp("relay")) as relay:
        yield relay


@pytest.mark.parametrize("path, method, operation", list(operations()))
def test_openapi_is_true(server, path, method, operation):
    """Each path and method is there, and what it answers is what the document says: status, media type and schema."""
    parameters = {"platform": "generic", "token": "0" * 48, "number": "7", "position": "1-1", "bot": "demo"}
    target = re.sub(r"{(\w+)}", lambda match: parameters[match[1]], path)
    for query, headers, body in REQUESTS.get((path, method), [("", {}, None)]):
        answer = server.request(method.upper(), target + query, body, headers)
        responses = operation["responses"]
        documented = responses.get(str(answer.status), responses.get("default"))
        assert documented, f"{method} {path} answers {answer.status}, which is not documented"
        content = resolve(OPENAPI, documented).get("content", {})
        type = answer.headers["Content-Type"].split(";")[0]
        assert not content or type in content or "*/*" in content, (answer.status, type)
        schema = content.get(type, {}).get("schema")
        if schema and type.endswith("json"):
            jsonschema.validate(json.loads(answer.body), resolve(OPENAPI, schema))


def test_openapi_has_every_route():
    """What docs/http.md lists is in the document."""
    table = (REPOSITORY / "docs/http.md").read_text().split("## Routes")[1].split("##")[0]
    listed = {re.sub(r"[?…].*", "", path) for path in re.findall(r"`(?:GET|POST)? ?(/[^` ]*)", table)}
    for path in listed:
        assert any(known == path or known.startswith(path) for known in OPENAPI["paths"]), path


def test_asyncapi_references():
    """Every reference leads somewhere, and every message of a channel has a payload."""

    def walk(value):
        if isinstance(value, dict):
            if "$ref" in value:
                target = value["$ref"]
                if target.startswith("#/"):
                    resolve(ASYNCAPI, value)
                else:
                    assert (REPOSITORY / "docs" / target).exists(), target
            for part in value.values():
                walk(part)
        elif isinstance(value, list):
            for part in value:
                walk(part)

    walk(ASYNCAPI)
    assert ASYNCAPI["asyncapi"] == "3.0.0"
    for channel in ASYNCAPI["channels"].values():
        for message in channel["messages"].values():
            assert "payload" in resolve(ASYNCAPI, message)
    for operation in ASYNCAPI["operations"].values():
        assert operation["action"] in ("send", "receive")
        channel = operation["channel"]["$ref"]
        assert all(message["$ref"].startswith(channel + "/messages/") for message in operation["messages"])


def test_asyncapi_is_true(server, secret):
    """Its channels are where it says, and what comes there fits the messages that it names."""

    def payload(channel, message):
        return resolve(ASYNCAPI, resolve(ASYNCAPI, ASYNCAPI["channels"][channel]["messages"][message])["payload"])

    channels = ASYNCAPI["channels"]
    protocol = channels["envelope"]["bindings"]["ws"]["headers"]["properties"]["Sec-WebSocket-Protocol"]["const"]
    raw = server.bot(secret, path=channels["raw"]["address"] + f"?secret={secret}")
    with EnvelopeBot(server, secret) as bot, raw as socket:
        assert bot.socket.subprotocol == protocol
        server.deliver(secret, body := qq.event("hi"))
        assert socket.recv(timeout=PATIENCE).encode() == body
        # The bot has checked these by the very schemas that the document refers to.
        event = bot.receive()
        answer = bot.ask({"type": "ping"})
    for name, message in [("event", event), ("relayFrame", answer)]:
        reference = resolve(ASYNCAPI, channels["envelope"]["messages"][name])["payload"]["$ref"]
        validators[reference.removeprefix("schemas/").removesuffix(".schema.json")].validate(message)
    with GatewayClient(server.port, channels["gateway"]["address"]) as client:
        ready = client.identify(get_token(server.port, secret))
        server.deliver(secret, qq.event("hi"))
        for message in (client.hello, ready, client.receive()):
            jsonschema.validate(message, payload("gateway", "dispatch"))
    answer = server.request("HEAD", channels["events"]["address"] + f"?secret={secret}")
    assert answer.headers["Content-Type"] == "text/event-stream"
