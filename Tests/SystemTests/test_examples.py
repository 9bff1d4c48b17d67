"""The bots in examples/, run as they stand: each says what it hears."""

import contextlib
import os
import re
import shutil
import subprocess
import sys
import time

import pytest

from envelope_bot import Waiting, webhook
from relay import PATIENCE, REPOSITORY, environment

FOLDER = REPOSITORY / "examples"


def node():
    """How Node runs a program that has a WebSocket; nil where there is no such Node."""
    path = shutil.which("node")
    if not path:
        return None
    version = subprocess.run([path, "--version"], capture_output=True, text=True, check=True).stdout
    major = int(re.match(r"v(\d+)", version)[1])
    # It came with 20 behind a flag, and for all with 22.
    return None if major < 20 else [path, "--experimental-websocket"] if major < 22 else [path]


@contextlib.contextmanager
def running(command, relay, secret):
    """A bot that is on: until its socket is, nobody is there."""
    process = subprocess.Popen(command, env=environment(NO_PROXY="127.0.0.1", no_proxy="127.0.0.1"))
    try:
        deadline = time.monotonic() + PATIENCE
        while b"hookwire_sockets 1\n" not in relay.get("/metrics").body:
            assert process.poll() is None and time.monotonic() < deadline, "the bot did not connect"
            time.sleep(0.05)
        yield
        assert process.poll() is None, "the bot ended"
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("file", sorted(os.listdir(FOLDER)))
def test_bot(start, secret, file):
    """The platform's request has the bot's words for its answer, three times in a row."""
    if file.endswith(".py"):
        command = [sys.executable]
    else:
        command = node() or pytest.skip("needs Node 20 or later, which is not installed here")
    relay = start()
    is_raw = "raw" in file
    address = f"ws://127.0.0.1:{relay.port}/ws?secret={secret}" + ("&reply=1" if is_raw else "")
    with running([*command, FOLDER / file, address], relay, secret):
        for number in range(3):
            request = Waiting(relay, secret, f'{{"number":{number}}}')
            said = f'{{"number":{number}}}' if is_raw else "?"
            assert (request.answered().status, request.answer.body.decode()) == (200, said)
        # An event that asks nothing does not disturb it.
        relay.request("POST", webhook(secret), "{}", {"Content-Type": "application/json"})
        assert Waiting(relay, secret, "{}").answered().status == 200
