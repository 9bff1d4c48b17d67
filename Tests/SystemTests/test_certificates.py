"""Certificates are replaced while a node serves: whoever connects gets the new one, and no request fails meanwhile."""

import contextlib
import http.client
import os
import re
import signal
import threading
import time

import pytest
from websockets.sync.client import connect

import qq
from certificates import Authority, MountedSecret, PlainFiles, RenamedFiles, served_number
from redis_server import RedisServer
from relay import PATIENCE, receive
from tiers import TierNode
from waiting import until


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path)


class Traffic:
    """Webhooks over HTTPS, on a connection each and on one that is kept, and sockets over wss, new ones all the time.

    Whatever fails is noted, and fails the test that leaves the `with`.
    """

    def __init__(self, ingress_port, egress_port, trust):
        self.ingress_port, self.egress_port, self.trust = ingress_port, egress_port, trust
        self.secret = qq.secret()
        self.acknowledged, self.received, self.failures = [], [], []
        self.opened = 0
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._is_closing = False

    def __enter__(self):
        self._stack = contextlib.ExitStack()
        self._bot = self._stack.enter_context(self._socket())
        doings = (self._post_anew, self._post_anew, self._post_on_one, self._open_anew, self._open_anew)
        self._threads = [threading.Thread(target=self._repeat, args=(doing,)) for doing in doings]
        self._threads.append(threading.Thread(target=self._receive))
        for thread in self._threads:
            thread.start()
        return self

    def _socket(self):
        url = f"wss://127.0.0.1:{self.egress_port}/ws?secret={self.secret}"
        # This client does not see the end of a TLS connection that comes with the last frame.
        return connect(url, ssl=self.trust, proxy=None, compression=None, ping_interval=None, close_timeout=0.05)

    def _repeat(self, doing):
        with contextlib.ExitStack() as kept:
            while not self._over.is_set():
                try:
                    doing(kept)
                except Exception as error:  # noqa: BLE001 - every kind of failure counts
                    self.failures.append(f"{doing.__name__}: {error!r}")
                    return

    def _connection(self):
        return http.client.HTTPSConnection("127.0.0.1", self.ingress_port, timeout=PATIENCE, context=self.trust)

    def _post(self, connection):
        body = qq.event()
        connection.request("POST", qq.webhook_path(self.secret), body, qq.signed_headers(self.secret, body))
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (200, qq.ACKNOWLEDGED)
        with self._lock:
            self.acknowledged.append(body)

    def _post_anew(self, _):
        with contextlib.closing(self._connection()) as connection:
            self._post(connection)

    def _post_on_one(self, kept):
        if not hasattr(self, "_kept"):
            self._kept = kept.enter_context(contextlib.closing(self._connection()))
            self._kept.connect()
            self._kept.auto_open = 0  # the connection is to last
        self._post(self._kept)

    def _open_anew(self, _):
        with self._socket():
            with self._lock:
                self.opened += 1

    def _receive(self):
        try:
            for message in self._bot:
                self.received.append(message.encode())
        except Exception as error:  # noqa: BLE001
            # The end of it is ours, and a relay that is busy may be later than this client waits for.
            if not self._is_closing:
                self.failures.append(f"the socket: {error!r}")

    def goes_on(self):
        """Waits until some more of everything has been done."""
        goal = len(self.acknowledged) + 20, self.opened + 10
        until(
            lambda: self.failures or (len(self.acknowledged) >= goal[0] and self.opened >= goal[1]),
            lambda: f"nothing moves: {self.failures}",
        )
        assert not self.failures, self.failures

    def __exit__(self, *_):
        self._over.set()
        for thread in self._threads[:-1]:
            thread.join()
        with contextlib.suppress(AssertionError):
            until(lambda: len(self.received) >= len(self.acknowledged) or self.failures, "not all has come")
        self._is_closing = True
        self._stack.close()
        self._threads[-1].join()
        assert not self.failures, self.failures
        assert sorted(self.received) == sorted(self.acknowledged)


@pytest.mark.parametrize("kind", [PlainFiles, RenamedFiles, MountedSecret])
def test_swapped_during_traffic(authority, tmp_path, kind):
    """Both tiers, three ways to write the files: new connections have the new certificate, and nothing fails."""
    files, trust = kind(tmp_path / "tls", *authority.issue()[:2]), authority.trust
    with contextlib.ExitStack() as stack:
        redis = stack.enter_context(RedisServer(tmp_path))
        ingress, egress = nodes = [
            stack.enter_context(TierNode(tier, redis.url, *files.flags, folder=tmp_path, trust=trust))
            for tier in ("ingress", "egress")
        ]
        for node in nodes:
            node.await_ready()
        with Traffic(ingress.port, egress.port, trust) as traffic:
            for _ in range(2):
                traffic.goes_on()
                certificate, key, number = authority.issue()
                files.replace(certificate, key)
                for node in nodes:
                    until(
                        lambda: served_number(node.port) == number,
                        lambda: f"the new certificate is not in use: {node.log}",
                    )
            traffic.goes_on()


def reloads(relay, trust):
    """How often each outcome of reading the files again has been counted, and when the certificate in use expires."""
    text = relay.request("GET", "/metrics", context=trust).body.decode()
    counts = {outcome: int(n) for outcome, n in re.findall(r'^hookwire_tls_reloads_total{outcome="(\w+)"} (\d+)$', text, re.M)}
    (expiry,) = re.findall(r"^hookwire_tls_certificate_expiry_seconds (\d+)$", text, re.M)
    return counts, int(expiry)


def test_broken_files_leave_the_old_certificate(authority, start, tmp_path):
    """Half-written, foreign, expired or missing files are told and counted; a whole pair is taken over then."""
    certificate, key, number = authority.issue()
    files = PlainFiles(tmp_path / "tls", certificate, key)
    relay, trust = start(*files.flags), authority.trust
    new_certificate, new_key, new_number = authority.issue(days=90)
    faults = {
        "certificate_unreadable": lambda: files.certificate.write_bytes(new_certificate[: len(new_certificate) // 2]),
        "mismatch": lambda: files.certificate.write_bytes(new_certificate),
        "key_unreadable": lambda: files.key.write_bytes(new_key[:100]),
        "expired": lambda: files.replace(*authority.issue(days=-1)[:2]),
        "not_yet_valid": lambda: files.replace(*authority.issue(days=90, begins=2)[:2]),
    }
    counts, expiry = reloads(relay, trust)
    assert counts == dict.fromkeys([*faults, "replaced", "unchanged"], 0)
    assert abs(expiry - time.time() - 30 * 86_400) < 3_600
    for reason, breaks in faults.items():
        breaks()
        until(lambda: reloads(relay, trust)[0][reason] == 1, lambda: f"{reason} is not counted: {relay.log}")
        assert relay.log.count("the old one stays") == sum(reloads(relay, trust)[0].values())
        assert served_number(relay.port) == number
    files.key.unlink()
    until(lambda: reloads(relay, trust)[0]["key_unreadable"] == 2, "a missing key is not counted")
    # Whoever opens a pipe waits for a writer, and would never look again.
    os.mkfifo(files.key)
    until(lambda: reloads(relay, trust)[0]["key_unreadable"] == 3, "a pipe in place of the key is not counted")
    files.key.unlink()
    files.replace(new_certificate, new_key)
    until(
        lambda: served_number(relay.port) == new_number, lambda: f"the new certificate is not in use: {relay.log}"
    )
    counts, expiry = reloads(relay, trust)
    assert counts["replaced"] == 1 and abs(expiry - time.time() - 90 * 86_400) < 3_600
    assert new_key.decode().splitlines()[1] not in relay.log


def test_hangup_reads_again(authority, start, tmp_path, secret):
    """SIGHUP reads the files whatever their times say, and ends neither the node nor a socket."""
    files = PlainFiles(tmp_path / "tls", *authority.issue()[:2])
    relay, trust = start(*files.flags), authority.trust
    with connect(f"wss://127.0.0.1:{relay.port}/ws?secret={secret}", ssl=trust, proxy=None, close_timeout=0.05) as bot:
        relay.signal(signal.SIGHUP)
        until(lambda: reloads(relay, trust)[0]["unchanged"] == 1, lambda: f"SIGHUP reads nothing: {relay.log}")
        body = qq.event()
        headers = qq.signed_headers(secret, body)
        assert relay.request("POST", qq.webhook_path(secret), body, headers, context=trust).status == 200
        assert receive(bot) == ("text", body)
