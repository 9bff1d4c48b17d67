"""`hookwire health`: whether a node is ready, for containers that have no other HTTP client."""

import socket

import pytest

from relay import BINARY, run_command


def health(url):
    return run_command([BINARY, "health", "--url", url])


@pytest.mark.parametrize("path", ["", "/", "/readyz"])
def test_without_a_path(relay, path):
    """An address alone asks whether the node is ready, and not for the page of the inspector."""
    done = health(relay.url + path)
    assert (done.returncode, done.stdout) == (0, "ready\n"), done.stderr


def test_another_path(relay):
    """A path is asked for as it is given, and what is not 200 is no."""
    assert "hookwire_build_info" in health(relay.url + "/metrics").stdout
    assert health(relay.url + "/no/such/path").returncode == 1


@pytest.mark.parametrize("url", ["127.0.0.1:28080", "ftp://127.0.0.1/", "http://", "http://127.0.0.1:x/"])
def test_no_address(url):
    """What is no address is a mistake in the command, with a sentence."""
    done = health(url)
    assert done.returncode == 64 and "--url must be an address such as" in done.stderr, done.stderr


def test_nobody_there():
    """A refused connection is a sentence, and no library's error."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{unused.getsockname()[1]}"
    done = health(address)
    assert done.returncode == 1
    assert done.stderr.startswith(f"Cannot reach {address}: the connection was refused."), done.stderr
    assert done.stderr.count("\n") == 1


def test_no_tls(relay):
    """A node without TLS that is asked with it."""
    done = health(relay.url.replace("http:", "https:"))
    assert done.returncode == 1 and f"127.0.0.1:{relay.port}" in done.stderr, done.stderr
    assert "NIO" not in done.stderr and done.stderr.count("\n") == 1
