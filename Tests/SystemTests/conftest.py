"""Fixtures: a server of the module's own, and a way to start others with other flags."""

import contextlib

import pytest

import qq
from relay import BINARY, Relay


def pytest_sessionstart(session):
    if not BINARY.exists():
        pytest.exit(f"{BINARY} does not exist: run `swift build`, or set HOOKWIRE_BINARY", returncode=1)


@pytest.fixture(scope="module")
def relay(tmp_path_factory):
    """One server for the tests of a module, with default limits. Tests keep apart by using secrets of their own."""
    with Relay(folder=tmp_path_factory.mktemp("relay")) as relay:
        yield relay


@pytest.fixture
def start(tmp_path):
    """Starts further servers with flags of the test's choice; they end with the test."""
    with contextlib.ExitStack() as stack:
        yield lambda *flags, **options: stack.enter_context(Relay(*flags, folder=tmp_path, **options))


@pytest.fixture
def secret():
    return qq.secret()
