"""QQ's side of the webhook: bodies as the platform writes them, signed with `cryptography`, not with our own code."""

import itertools
import json
import secrets
import string
import time
import urllib.parse

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

ACKNOWLEDGED = b'{"op":12,"d":0}'
SEND_AGAIN = b'{"op":12,"d":1}'
ORDER_OF_THE_GROUP = 2**252 + 27742317777372353535851937790883648493

# Every secret that this process handed to a server: none may show up in a log. One-letter ones would, by chance.
issued = set()
_numbers = itertools.count(1)


def secret(length=32):
    """A secret that nobody else uses, so that tests can share a server."""
    return known_secret("".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(length)))


def known_secret(value):
    """Notes a secret that the test chose."""
    if len(value) >= 8:
        issued.add(value)
    return value


def private_key(secret):
    seed = secret.encode()
    while len(seed) < 32:
        seed += seed
    return Ed25519PrivateKey.from_private_bytes(seed[:32])


def sign(secret, timestamp, body):
    """The signature over timestamp and body, as 64 bytes."""
    return private_key(secret).sign(str(timestamp).encode() + body)


def signed_headers(secret, body, timestamp=None):
    """The headers of a real request, signed now or at the Unix time given."""
    timestamp = str(int(time.time()) if timestamp is None else timestamp)
    return headers(timestamp, sign(secret, timestamp, body).hex())


def headers(timestamp, signature):
    return {
        "User-Agent": "QQBot-Callback",
        "Content-Type": "application/json",
        "X-Bot-Appid": "102000001",
        "X-Signature-Ed25519": signature,
        "X-Signature-Timestamp": timestamp,
        "X-Signature-Method": "Ed25519",
    }


def event_id():
    return f"C2C_MESSAGE_CREATE:{secrets.token_hex(6)}-{next(_numbers)}"


def event(content="hello", id=None):
    """A dispatch with a fresh id, keys in the platform's order."""
    message = {"id": "ROBOT1.0_a", "content": content, "author": {"user_openid": "2B13"}}
    body = {"op": 0, "id": id or event_id(), "d": message, "t": "C2C_MESSAGE_CREATE"}
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def event_of_size(size):
    """A dispatch of exactly so many bytes."""
    id = event_id()
    return event("x" * (size - len(event("", id))), id)


def validation(plain_token="Arq0D5A61EgUu4OxUvOp", event_ts="1725442341"):
    """The request that QQ sends when a callback URL is entered."""
    return json.dumps({"d": {"plain_token": plain_token, "event_ts": event_ts}, "op": 13}).encode()


def webhook_path(secret):
    return "/webhook?secret=" + urllib.parse.quote(secret, safe="")
