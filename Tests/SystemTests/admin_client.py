"""The admin API as its operator's scripts use it."""

import contextlib
import http.client
import json
import secrets
import urllib.parse

import qq
from relay import PATIENCE


def admin_token():
    """A token for a node's HOOKWIRE_ADMIN_TOKEN; no output may have it."""
    return qq.known_secret(secrets.token_hex(16))


class AdminClient:
    """Requests to one listener with one token."""

    def __init__(self, url, token):
        self.address = urllib.parse.urlsplit(url)
        self.token = token

    def ask(self, method, path, value=None, status=200):
        """The answer's JSON, None where there is none. `status` is what it has to have."""
        connection = http.client.HTTPConnection(self.address.hostname, self.address.port, timeout=PATIENCE)
        with contextlib.closing(connection):
            body = None if value is None else json.dumps(value)
            connection.request(method, "/api/" + path, body, {"Authorization": "Bearer " + self.token})
            response = connection.getresponse()
            content = response.read()
            assert response.status == status, (response.status, content)
            return json.loads(content) if content else None

    def add(self, name, secret, platform="qq", **more):
        return self.ask("POST", "bots", {"name": name, "platform": platform, "secret": secret, **more}, 201)

    def add_token(self, bot, name, *scopes):
        """The new token; no output may have it."""
        value = {"name": name} | ({"scopes": scopes} if scopes else {})
        return qq.known_secret(self.ask("POST", f"bots/{bot}/tokens", value, 201)["token"])

    def revoke(self, bot, name):
        self.ask("DELETE", f"bots/{bot}/tokens/{name}", status=204)

    def status(self, bot):
        return self.ask("GET", "bots/" + bot)["status"]
