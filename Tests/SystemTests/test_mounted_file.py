"""A file that is mounted by itself, as `docker run -v FILE:FILE` and `subPath` of Kubernetes do: who replaces it outside
replaces nothing here."""

import contextlib
import http.client
import os
import re
import subprocess

import pytest

import qq
from bots_command import Registry
from redis_server import free_port
from relay import BINARY, PATIENCE, environment
from waiting import until


def _reason_against():
    if os.geteuid() != 0:
        return "mounting is root's"
    done = subprocess.run(["unshare", "--mount", "true"], capture_output=True, text=True)
    return f"no mount namespaces: {done.stderr.strip()}" if done.returncode else None


_REASON = _reason_against()
pytestmark = pytest.mark.skipif(_REASON is not None, reason=str(_REASON))


@pytest.fixture
def outside(tmp_path):
    """The registry as whoever keeps it changes it, with a bot in it."""
    (tmp_path / "outside").mkdir()
    registry = Registry("file", tmp_path / "outside")
    registry.does("add", "support", "--secret", qq.secret())
    return registry


@pytest.fixture
def inside(outside, tmp_path):
    """The words that run a command where the registry's file alone is mounted, and its path there."""
    path = tmp_path / "inside.yaml"
    path.touch()
    words = ["unshare", "--mount", "sh", "-euc", 'mount --bind "$0" "$1"; shift; exec "$@"', outside.path, path]
    return words, path


def test_node_tells_that_its_file_was_replaced(outside, inside, tmp_path):
    """The node has the old file for ever, and its log and a gauge say so."""
    words, path = inside
    log, port = tmp_path / "log", free_port()
    flags = ["--host", "127.0.0.1", "--port", str(port), "--access", "registered", "--bots", path]
    with log.open("wb") as errors:
        process = subprocess.Popen(
            [*words, BINARY, "serve", *flags], stdout=subprocess.PIPE, stderr=errors, env=environment(), cwd=tmp_path
        )
    try:
        assert b"listening" in process.stdout.readline()
        outside.does("add", "other", "--secret", qq.secret())

        def is_stale():
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
            with contextlib.closing(connection):
                connection.request("GET", "/metrics")
                return re.search(rb"^hookwire_registry_current 0", connection.getresponse().read(), re.M)

        until(is_stale, log.read_text)
        assert re.search(rf"{re.escape(str(path))}: .*outside of its mount.*mount its folder", log.read_text())
    finally:
        process.kill()
        process.communicate()


def test_command_says_that_its_file_is_mounted(inside, tmp_path):
    """A command cannot replace it, and says what can be done."""
    words, path = inside
    before = path.read_text()
    done = subprocess.run(
        [*words, BINARY, "bots", "add", "other", "--secret", qq.secret(), "--bots", path],
        capture_output=True, text=True, env=environment(), cwd=tmp_path, timeout=PATIENCE,
    )
    assert done.returncode == 2
    assert f"{path} cannot be replaced" in done.stderr and "mount its folder" in done.stderr
    assert path.read_text() == before
