"""Secrets never show in what the process prints. (Every test of this folder checks that too when its server ends.)"""

import urllib.parse

import qq
from relay import receive
from websocket_raw import TEXT, fresh_key, handshake_lines


def test_logs_hold_no_secret(start):
    """At the most talkative level, over every path that has a secret in its hands: taken, refused, closed."""
    relay = start("--log-level", "trace")
    secret = qq.known_secret("S3cretThatMustNotShow密钥")
    quoted = urllib.parse.quote(secret, safe="")
    with relay.bot(secret) as bot:
        body = qq.event()
        relay.deliver(secret, body)
        assert receive(bot) == ("text", body)
    assert relay.post(secret, qq.event(), {}).status == 401
    assert relay.post(secret, b"[]").status == 400
    assert relay.post(secret, qq.validation()).status == 200
    assert relay.post(secret, qq.validation("a b")).status == 400
    assert relay.post(secret, qq.event_of_size(2 << 20)).status == 413
    assert relay.get(qq.webhook_path(secret)).status == 405
    assert relay.get("/nothing/" + quoted).status == 404
    assert relay.get("/ws/" + quoted).status == 426
    assert relay.get("/metrics").status == 200
    with relay.raw() as connection:
        connection.send(f"POST /webhook?secret={quoted} HTTP/1.1\r\nbroken\r\n\r\n")
        assert connection.response().status == 400
    with relay.raw_socket() as socket:
        plain = qq.secret()
        socket.request("GET", "/ws", f"Authorization: Bearer {plain}", *handshake_lines(fresh_key()))
        assert socket.response(to_head=True).status == 101
        socket.send_frame(TEXT, b"x", masked=False)
        assert socket.close_code() == 1002
    metrics = relay.get("/metrics").body.decode()
    relay.signal()
    assert relay.wait() == 0
    assert relay.log, "nothing was logged, so nothing was shown"
    assert not relay.leaked_secrets()
    for text in (relay.log, metrics):
        assert "S3cret" not in text
        assert plain not in text


def test_errors_hold_no_secret(relay):
    """A refusal does not repeat what it was given."""
    secret = qq.known_secret("AnotherS3cretNotToShow")
    answers = [
        relay.post(secret, qq.event(), {}),
        relay.post(secret, b"[]"),
        relay.get(qq.webhook_path(secret)),
        relay.get("/nothing?secret=" + secret),
        relay.get("/ws?secret=" + secret),
    ]
    for answer in answers:
        assert answer.status >= 400
        assert secret not in answer.body.decode() + str(answer.headers)


def test_secret_is_no_command_line_argument(start):
    """`serve` takes no secret, so the list of processes shows none."""
    relay = start()
    secret = qq.secret()
    relay.deliver(secret, qq.event())
    with open(f"/proc/{relay.process.pid}/cmdline", "rb") as file:
        assert secret.encode() not in file.read()
