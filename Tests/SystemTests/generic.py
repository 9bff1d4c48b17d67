"""Senders of generic webhooks: GitHub's way, Standard Webhooks, and those that send the secret itself."""

import base64
import datetime
import json
import os
import secrets
import time

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from standardwebhooks import Webhook

import messenger
import qq
from webhook_request import Request


class _Generic:
    name = "generic"
    fallback = b"OK"

    def __init__(self, secret):
        self.secret = secret
        self.id = "msg_" + secrets.token_hex(12)

    def event(self, text="hello"):
        """An event whose sender takes the bot's reply; the same id every time."""
        return self.post(json.dumps({"text": text}, ensure_ascii=False).encode())

    def request(self, body, headers, **query):
        query = {"secret": self.secret, "reply": "1", **query}
        return Request("/webhook/generic", query, body, {"Content-Type": "application/json", **headers})

    def said(self, answer):
        assert (answer.status, answer.headers["Content-Type"]) == (200, "text/plain; charset=utf-8")
        return answer.body.decode()


class GitHub(_Generic):
    def post(self, body, secret=None):
        proof = messenger.sign(secret or self.secret, body)
        return self.request(body, {"X-Hub-Signature-256": proof, "X-GitHub-Delivery": self.id, "X-GitHub-Event": "push"})


class Standard(_Generic):
    """Standard Webhooks with a shared key, signed by the reference implementation."""

    def __init__(self, secret):
        super().__init__(qq.known_secret("whsec_" + base64.b64encode(os.urandom(24)).decode()))

    def post(self, body, timestamp=None, **how):
        timestamp = int(time.time()) if timestamp is None else timestamp
        headers = {"webhook-id": self.id, "webhook-timestamp": str(timestamp)}
        return self.request(body, headers | {"webhook-signature": self.sign(timestamp, body, **how)}, scheme="standard")

    def sign(self, timestamp, body, secret=None):
        moment = datetime.datetime.fromtimestamp(timestamp, datetime.UTC)
        return Webhook(secret or self.secret).sign(self.id, moment, body.decode())


class StandardAsymmetric(Standard):
    """Standard Webhooks with a key pair. The reference implementation has no v1a: signed by `cryptography`."""

    def __init__(self, secret):
        super().__init__(secret)
        self.key = Ed25519PrivateKey.generate()
        public = self.key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        self.secret = qq.known_secret("whpk_" + base64.b64encode(public).decode())

    def sign(self, timestamp, body, key=None):
        signature = (key or self.key).sign(f"{self.id}.{timestamp}.".encode() + body)
        return "v1a," + base64.b64encode(signature).decode()


class Bearer(_Generic):
    """The secret is in the request's header only."""

    def post(self, body, secret=None):
        headers = {"Authorization": f"Bearer {secret or self.secret}", "Idempotency-Key": self.id}
        return self.request(body, headers, scheme="bearer").but(query={"secret": None})
