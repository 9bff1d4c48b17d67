"""Meta's side of the Messenger webhook, with the body that Meta's documentation and many a tutorial have."""

import hashlib
import hmac
import json
import secrets

from webhook_request import Request

TUTORIAL = (
    b'{"object":"page","entry":[{"id":"PAGE_ID","time":1573555267191,"messaging":[{"sender":{"id":"USER_ID"},'
    b'"recipient":{"id":"PAGE_ID"},"timestamp":1573555267169,"message":{"mid":"mid.1573555267169:ec1cb9e1d69d6ef156",'
    b'"seq":68,"text":"hello world"}}]}]}'
)


def sign(secret, body, algorithm="sha256"):
    return f"{algorithm}={hmac.new(secret.encode(), body, getattr(hashlib, algorithm)).hexdigest()}"


class Messenger:
    name = "messenger"
    acknowledgement = b"EVENT_RECEIVED"

    def __init__(self, secret):
        self.secret = secret
        self.verify_token = secrets.token_hex(8)
        self.id = "m_" + secrets.token_hex(20)

    def event(self, text="hello"):
        body = json.loads(TUTORIAL)
        body["entry"][0]["messaging"][0]["message"] |= {"mid": self.id, "text": text}
        return self.post(json.dumps(body, ensure_ascii=False).encode())

    def post(self, body, secret=None):
        headers = {"Content-Type": "application/json", "X-Hub-Signature-256": sign(secret or self.secret, body)}
        query = {"secret": self.secret, "verify_token": self.verify_token}
        return Request("/webhook/messenger", query, body, headers)

    def handshake(self, challenge="1158201444"):
        query = {"hub.mode": "subscribe", "hub.challenge": challenge, "hub.verify_token": self.verify_token}
        return self.post(b"").but(method="GET", headers={"X-Hub-Signature-256": None}, query=query)
