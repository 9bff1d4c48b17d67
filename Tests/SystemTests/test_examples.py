"""The bots in examples/, run as they stand: each says what it hears, and most come back."""

import contextlib
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys

import pytest

from envelope_bot import Waiting, webhook
from relay import REPOSITORY, environment
from waiting import PATIENCE, until

FOLDER = REPOSITORY / "examples"
# Where Debian's node-ws is, which script/test installs.
WS = pathlib.Path("/usr/share/nodejs/ws")


def command(file, way, folder):
    """What runs a bot: Python, Node with its own WebSocket, or Node with the package `ws`, as before it had one."""
    if way == "python":
        return [sys.executable, FOLDER / file]
    node = shutil.which("node") or pytest.skip("node is not installed: script/test system installs it")
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
    major = int(re.match(r"v(\d+)", version)[1])
    if way == "node":
        # It came with 20 behind a flag, and for all with 22.
        if major < 20:
            pytest.skip("this Node has no WebSocket of its own: it is run with ws")
        return [node, "--experimental-websocket", FOLDER / file] if major < 22 else [node, FOLDER / file]
    if not WS.exists():
        pytest.skip("the package ws is not installed: script/test system installs it")
    shutil.copy(FOLDER / file, folder)
    (folder / "node_modules").mkdir()
    (folder / "node_modules/ws").symlink_to(WS)
    return [node, "--no-experimental-websocket", folder / file] if major >= 22 else [node, folder / file]


@contextlib.contextmanager
def running(command, relay, secret):
    """A bot that is on: until its socket is, nobody is there."""
    process = subprocess.Popen(command, env=environment(NO_PROXY="127.0.0.1", no_proxy="127.0.0.1"))
    try:

        def is_on():
            assert process.poll() is None, "the bot ended"
            return b"hookwire_sockets 1\n" in relay.get("/metrics").body

        until(is_on, "the bot does not connect")
        yield
        assert process.poll() is None, "the bot ended"
    finally:
        process.kill()
        process.wait()


WAYS = [
    (file, way)
    for file in sorted(os.listdir(FOLDER))
    if (FOLDER / file).is_file()
    for way in (["python"] if file.endswith(".py") else ["node", "ws"])
]


@pytest.mark.parametrize("file, way", WAYS)
def test_bot(start, secret, tmp_path, file, way):
    """The platform's request has the bot's words for its answer, three times in a row."""
    bot = command(file, way, tmp_path)
    relay = start()
    is_raw = "raw" in file
    address = f"ws://127.0.0.1:{relay.port}/ws?secret={secret}" + ("&reply=1" if is_raw else "")
    with running([*bot, address], relay, secret):
        for number in range(3):
            request = Waiting(relay, secret, f'{{"number":{number}}}')
            said = f'{{"number":{number}}}' if is_raw else "?"
            assert (request.answered().status, request.answer.body.decode()) == (200, said)
        # An event that asks nothing does not disturb it.
        relay.request("POST", webhook(secret), "{}", {"Content-Type": "application/json"})
        assert Waiting(relay, secret, "{}").answered().status == 200


RETURNING = [(file, way) for file, way in WAYS if "raw" not in file]


@pytest.mark.parametrize("file, way", RETURNING)
def test_returns(start, secret, tmp_path, file, way):
    """The relay is killed and started again: the bot is back and answers."""
    bot = command(file, way, tmp_path)
    relay = start()
    with running([*bot, f"ws://127.0.0.1:{relay.port}/ws?secret={secret}"], relay, secret):
        relay.signal(signal.SIGKILL)
        relay.wait()
        relay = start(port_flags=("--port", str(relay.port)))
        until(lambda: b"hookwire_sockets 1\n" in relay.get("/metrics").body, "the bot does not come back")
        assert Waiting(relay, secret, "{}").answered().body == b"?"


@pytest.mark.parametrize("file, way", [(file, way) for file, way in RETURNING if way != "python"])
@pytest.mark.parametrize("path", ["/ws", "/nowhere?secret=demo-secret"])
def test_says_why(start, tmp_path, file, way, path):
    """An address that opens nothing ends the bot with a reason and an exit code."""
    bot = command(file, way, tmp_path)
    address = f"ws://127.0.0.1:{start().port}{path}"
    done = subprocess.run([*bot, address], env=environment(), capture_output=True, text=True, timeout=PATIENCE)
    assert (done.returncode, done.stdout) == (1, "")
    assert re.search(r"^disconnected: \S", done.stderr, re.MULTILINE), done.stderr
