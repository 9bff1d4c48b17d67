"""Commands by a name that has an IPv6 and an IPv4 address, as `localhost` has on most machines: both are tried, and whatever
becomes of the one that does not answer, the other one is used.
"""

import json
import os
import socket
import subprocess

import pytest

import generic
from desk import Command
from local_server import LocalServer
from relay import BINARY, PATIENCE, run_command
from test_forward import events, post
from webhook_request import send

NAME = "two.example"


def _reason_against():
    if os.geteuid() != 0:
        return "a table of hosts of one's own is root's"
    done = subprocess.run(["unshare", "--mount", "true"], capture_output=True, text=True)
    return f"no mount namespaces: {done.stderr.strip()}" if done.returncode else None


_REASON = _reason_against()
pytestmark = pytest.mark.skipif(_REASON is not None, reason=str(_REASON))


@pytest.fixture
def knowing(tmp_path):
    """The words that run a command where the name is known: the relay listens at its second address only."""
    hosts = tmp_path / "hosts"
    hosts.write_text(f"127.0.0.1 localhost\n::1 {NAME}\n127.0.0.1 {NAME}\n")
    return ["unshare", "--mount", "sh", "-euc", 'mount --bind "$0" /etc/hosts; exec "$@"', hosts]


@pytest.fixture(params=["refuses", "is silent"])
def address(request, relay):
    """The relay's URL by the name, whose first address refuses connections or does not answer."""
    try:
        first = socket.create_server(("::1", relay.port), family=socket.AF_INET6, backlog=0)
    except OSError as error:
        pytest.skip(f"no IPv6 here: {error}")
    with first:
        if request.param == "refuses":
            first.close()
            yield f"http://{NAME}:{relay.port}"
        else:
            # Room is for one that nobody accepts: what else comes is not answered.
            with socket.create_connection(("::1", relay.port)):
                yield f"http://{NAME}:{relay.port}"


def test_listen(relay, address, knowing, secret, tmp_path):
    """It receives events, and what it says arrives: one event is not printed twice for a consumer."""
    sent = events(2)
    words = ("listen", "--relay", address, "--consumer", "archive", "--count", 1)
    for body in sent:
        post(relay, secret, body)
        with Command(*words, secret=secret, folder=tmp_path, through=knowing) as command:
            assert json.loads(command.prints(1)[0])["data"] == json.loads(body)
            assert command.ends()[0] == 0


def test_forward(relay, address, knowing, secret, tmp_path):
    """It brings events to the local server, and the answer to who waits for it."""
    with LocalServer(answer=b"the bot's") as local:
        words = ("forward", "--relay", address, "--to", local.url)
        with Command(*words, secret=secret, folder=tmp_path, through=knowing) as command:
            command.complains("Connected")
            assert send(relay, generic.GitHub(secret).event("hi")).body == b"the bot's"


def test_forward_to_it(relay, knowing, secret, tmp_path):
    """The local server has such a name, too."""
    with LocalServer() as local:
        words = ("forward", "--relay", relay.url, "--to", f"http://{NAME}:{local.port}/")
        with Command(*words, secret=secret, folder=tmp_path, through=knowing) as command:
            command.complains("Connected")
            sent = events(2)
            post(relay, secret, *sent)
            assert [heard.body for heard in local.hears(2, PATIENCE)] == sent


def test_replay(relay, address, knowing, secret):
    """It reads the log."""
    sent = events(2)
    post(relay, secret, *sent)
    with LocalServer() as local:
        words = ("replay", "--relay", address, "--secret", secret, "--last", "2", "--to", local.url)
        done = run_command([*knowing, BINARY, *words])
        assert done.returncode == 0, done.stderr
        assert [heard.body for heard in local.heard] == sent


def test_bench(relay, address, knowing):
    """It measures at the address that answers."""
    url = f"{address}/webhook?secret={{secret}}"
    webhook, sockets = ("--webhook", url), ("--socket", url.replace("http", "ws", 1).replace("/webhook", "/ws"))
    words = ("bench", "--i-own-this-server", "--events", "10", "--warm-up", "0s")
    done = run_command([*knowing, BINARY, *words, *webhook, *sockets])
    assert done.returncode == 0, done.stderr
