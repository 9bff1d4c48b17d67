"""The ways to open a bot's socket, and the refusals that say why."""

import json
import urllib.parse

import pytest

import qq
from relay import receive
from websocket_raw import fresh_key, handshake_lines


def delivers(relay, secret, path, **headers):
    with relay.bot(secret, path=path, additional_headers=headers) as bot:
        body = qq.event()
        relay.deliver(secret, body)
        assert receive(bot) == ("text", body)


@pytest.mark.parametrize("form", ["/ws?secret={}", "/ws?token=T&secret={}", "/ws/{}", "/ws/{}/token"])
@pytest.mark.parametrize("secret", [None, "密钥/ & more", "a+b%20c"], ids=["plain", "encoded", "signs"])
def test_urls(relay, form, secret):
    """All the URLs that bots of the existing relays use, with secrets that need percent-encoding too."""
    secret = qq.known_secret(secret) if secret else qq.secret()
    delivers(relay, secret, form.format(urllib.parse.quote(secret, safe="")))


@pytest.mark.parametrize("scheme", ["Bearer", "bearer"])
def test_authorization_header(relay, secret, scheme):
    """For who keeps secrets out of URLs. The scheme's name is case-insensitive (RFC 9110, section 11.1)."""
    delivers(relay, secret, "/ws", Authorization=f"{scheme} {secret}")


def refused(relay, target, *lines, method="GET"):
    with relay.raw() as connection:
        connection.request(method, target, *lines)
        response = connection.response()
        assert response.is_problem()
        assert len(json.loads(response.body)["detail"]) > 15
        # What follows a handshake may be meant for another protocol: the server may close, if it says so.
        if "close" in response.headers.get("connection", ""):
            assert connection.is_closed()
        else:
            connection.request("GET", "/livez")
            assert connection.response().status == 200
        return response


def test_no_upgrade(relay, secret):
    """A plain GET is told to come as a WebSocket."""
    response = refused(relay, "/ws?secret=" + secret)
    assert response.status == 426
    assert response.headers["upgrade"].lower() == "websocket"


def test_missing_key(relay, secret):
    """There is nothing to accept without a key."""
    assert refused(relay, "/ws?secret=" + secret, *handshake_lines(key=None)).status == 400


@pytest.mark.parametrize("key", ["short", "AAAAAAAAAAAAAAAAAAAAAAAA", "!" * 24])
def test_key_that_is_no_nonce(relay, secret, key):
    """The key is 16 bytes in base64 (RFC 6455, section 4.1)."""
    assert refused(relay, "/ws?secret=" + secret, *handshake_lines(key=key)).status == 400


def test_space_behind_the_key(relay, secret):
    """Spaces around a value are none of it (RFC 9110, section 5.5)."""
    with relay.raw() as connection:
        connection.request("GET", "/ws?secret=" + secret, *handshake_lines(fresh_key() + " \t"))
        assert connection.response().status == 101


@pytest.mark.parametrize("version", ["8", "12", "14", "x", None], ids=str)
def test_version(relay, secret, version):
    """Version 13 is the one, and the refusal says so."""
    response = refused(relay, "/ws?secret=" + secret, *handshake_lines(fresh_key(), version))
    assert response.status == 426
    assert response.headers["sec-websocket-version"] == "13"


@pytest.mark.parametrize(
    "target, lines",
    [("/ws", []), ("/ws?secret=", []), ("/ws", ["Authorization: Bearer "]), ("/ws", ["Authorization: Basic eDp5"])],
    ids=["none", "empty", "empty bearer", "basic"],
)
def test_no_secret(relay, target, lines):
    """Nobody's socket is refused before it is one."""
    response = refused(relay, target, *handshake_lines(fresh_key()), *lines)
    assert response.status == 401


def test_upgrade_header_in_other_spellings(relay, secret):
    """Field names and the two tokens are case-insensitive, and Connection may list more."""
    with relay.raw() as connection:
        connection.request(
            "GET",
            "/ws?secret=" + secret,
            "UPGRADE: WebSocket",
            "connection: keep-alive, UPGRADE",
            f"sec-websocket-KEY: {fresh_key()}",
            "Sec-Websocket-Version: 13",
        )
        assert connection.response(to_head=True).status == 101


def test_subprotocol_that_is_not_spoken(relay, secret):
    """It is not chosen; the socket opens as a raw one."""
    with relay.bot(secret, subprotocols=["unheard.of"]) as bot:
        assert bot.subprotocol is None
        body = qq.event()
        relay.deliver(secret, body)
        assert receive(bot) == ("text", body)


def test_compression_is_not_promised(relay, secret):
    """The client offers permessage-deflate; the server does not take it up, and frames are plain."""
    with relay.bot(secret, compression="deflate") as bot:
        assert not bot.protocol.extensions
        body = qq.event()
        relay.deliver(secret, body)
        assert receive(bot) == ("text", body)
