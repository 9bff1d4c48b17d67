"""`serve --data`: what was acknowledged is there after a restart, whatever ended the process; and what a disk says that
is full, or a file that is damaged."""

import http.client
import json
import pathlib
import re
import resource
import signal
import threading

import pytest

import qq
from envelope_bot import EnvelopeBot, webhook
from relay import BINARY, PATIENCE, receive, run_command
from small_disk import small_disk
from test_event_streams import stream
from waiting import until

JSON = {"Content-Type": "application/json"}
SENDERS = 16


def log_files(folder):
    """The sizes of the log's files, without the room that is held in reserve."""
    paths = pathlib.Path(folder).iterdir()
    return {path.name: path.stat().st_size for path in paths if path.name != "hookwire.reserve"}


class Load:
    """Senders that post as fast as they are answered, until the relay is gone."""

    def __init__(self, relay, secret):
        self.port, self.target = relay.port, webhook(secret)
        self.acknowledged = []
        self.interrupted = 0
        self._threads = [threading.Thread(target=self._send, args=(number,)) for number in range(SENDERS)]
        for thread in self._threads:
            thread.start()

    def _send(self, sender):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            for number in range(1_000_000):
                connection.request("POST", self.target, json.dumps([sender, number, "x" * 500]), JSON)
                answer = connection.getresponse()
                answer.read()
                assert answer.status == 200
                self.acknowledged.append((sender, number))
        except (OSError, http.client.HTTPException):
            self.interrupted += 1
        finally:
            connection.close()

    def join(self):
        for thread in self._threads:
            thread.join(PATIENCE)
        assert self.interrupted == SENDERS
        return set(self.acknowledged)


def start_position(relay, secret):
    """Where the log of a channel without events begins."""
    with stream(relay, secret) as events:
        assert events.next() is None
        return events.id


def read_back(relay, secret, after, wanted):
    """The events behind a position, until all that are wanted were there; each once, in the order of the log."""
    seen, offsets = set(), []
    with stream(relay, secret, after=after) as events:
        told = events.receive()
        assert told["recovered"] and told["position"] == after
        while not wanted <= seen:
            sender, number, _ = json.loads(events.event()[1])["data"]
            assert (sender, number) not in seen
            seen.add((sender, number))
            offsets.append(int(events.id.split("-")[1]))
    assert offsets == list(range(1, len(offsets) + 1))


def test_twenty_kills_under_load(start, tmp_path):
    """SIGKILL at any moment loses no acknowledged event, and the positions that clients have stay good."""
    flags = ("--data", str(tmp_path / "data"), "--retention-count", "1000000")
    rounds = []
    relay = start(*flags)
    for number in range(20):
        secret = qq.secret()
        after = start_position(relay, secret)
        load = Load(relay, secret)
        until(lambda: len(load.acknowledged) >= 10 + 13 * number, lambda: f"{len(load.acknowledged)} are acknowledged")
        relay.signal(signal.SIGKILL)
        relay.wait()
        acknowledged = load.join()
        relay = start(*flags)
        read_back(relay, secret, after, acknowledged)
        rounds.append((secret, after, acknowledged))
    # Later ends have taken nothing of what was there before.
    for secret, after, acknowledged in rounds:
        read_back(relay, secret, after, acknowledged)


def test_restart(start, tmp_path, secret):
    """After an ordinary end everything is there: the events, where clients were, and which events are known."""
    data = tmp_path / "data"
    relay = start("--data", str(data))
    assert f"Events are kept in {data}" in relay.printed
    bodies = [qq.event(f"number {number}") for number in range(50)]
    with EnvelopeBot(relay, secret) as bot:
        for body in bodies:
            relay.deliver(secret, body)
        positions = [bot.receive()["position"] for _ in bodies]
    relay.signal()
    assert relay.wait() == 0
    relay = start("--data", str(data))
    relay.deliver(secret, bodies[20])
    relay.deliver(secret, qq.event("next"))
    with EnvelopeBot(relay, secret, after=positions[9]) as bot:
        assert bot.receive()["recovered"]
        contents = [bot.receive()["data"]["d"]["content"] for _ in range(41)]
        assert contents == [f"number {number}" for number in range(10, 50)] + ["next"]
    assert b'hookwire_disk_publications_total{outcome="duplicate"} 1\n' in relay.get("/metrics").body


def test_size(start, tmp_path):
    """Much more than the limit passes through; the files stay within it, and delivery goes on."""
    data, secret = tmp_path / "data", qq.secret()
    relay = start("--data", str(data), "--data-limit", "32MiB")
    with relay.bot(secret) as bot:
        for _ in range(120):
            body = qq.event_of_size(768 * 1024)
            relay.deliver(secret, body)
            assert receive(bot) == ("text", body)
            assert sum(log_files(data).values()) <= 32 << 20


def test_full_disk(start, tmp_path, secret):
    """While the file cannot grow QQ is asked to send again and the node says why; then the same event is stored."""
    data = tmp_path / "data"
    relay = start("--data", str(data))
    earlier = qq.event("before")
    relay.deliver(secret, earlier)
    before, body = log_files(data), qq.event_of_size(100_000)
    size = max(before.values())
    with relay.bot(secret) as bot:
        assert receive(bot) == ("text", earlier)
        no_more = (size, resource.RLIM_INFINITY)
        unlimited = resource.prlimit(relay.process.pid, resource.RLIMIT_FSIZE, no_more)
        answer = relay.post(secret, body)
        assert (answer.status, answer.body) == (503, qq.SEND_AGAIN)
        ready = relay.get("/readyz")
        assert ready.status == 503 and str(data).encode() in ready.body
        answer = relay.request("POST", webhook(secret), "{}", JSON)
        assert answer.status == 503 and int(answer.headers["Retry-After"]) > 0
        assert relay.get("/livez").status == 200
        resource.prlimit(relay.process.pid, resource.RLIMIT_FSIZE, unlimited)
        until(lambda: relay.get("/readyz").status == 200, lambda: f"it is not ready again: {relay.log}")
        relay.deliver(secret, body)
        assert receive(bot) == ("text", body)
    assert "hookwire.sqlite cannot be read or written" in relay.log and "events are stored again" in relay.log


@pytest.mark.timeout(180)
def test_disk_that_is_smaller_than_the_limit(start, tmp_path, secret):
    """A disk fills before the log has what it may: nothing acknowledged is lost, and a node that may retain less makes
    room by itself, on the disk that is still full."""
    with small_disk(tmp_path / "disk", 28 << 20):
        data = tmp_path / "disk" / "data"
        relay = start("--data", str(data), "--retention-count", "100000")
        assert "less room than --data-limit" in relay.log
        stored = fill(relay, secret)
        until(lambda: relay.get("/readyz").status == 503, "it is ready with a full disk")
        assert b"start the node with a lower --data-limit" in relay.get("/readyz").body
        # What it makes room for it has not while nothing may go.
        before = refused(relay)
        until(lambda: refused(relay) >= before + 3, "it does not try again")
        assert relay.get("/readyz").status == 503 and "stored again" not in relay.log
        relay.signal()
        relay.wait()
        relay = start("--data", str(data), "--retention-count", "100000")
        with relay.bot(secret) as bot:
            assert [receive(bot)[1] for _ in stored] == stored
        fill(relay, secret)
        relay.signal()
        relay.wait()
        relay = start("--data", str(data), "--data-limit", "16MiB", "--body-limit", "256KiB")
        for _ in range(60):
            until(
                lambda: relay.post(secret, qq.event_of_size(200_000)).body == qq.ACKNOWLEDGED,
                "it makes no room by itself",
            )
        assert relay.get("/readyz").status == 200


def refused(relay):
    """How often the disk was full."""
    text = relay.get("/metrics").body.decode()
    return int(re.search(r'^hookwire_disk_failures_total\{reason="full"\} (\d+)', text, re.MULTILINE)[1])


def fill(relay, secret):
    """Publishes until the disk is full; what was acknowledged."""
    stored = []
    while relay.post(secret, body := qq.event_of_size(60_000)).body == qq.ACKNOWLEDGED:
        stored.append(body)
        assert len(stored) < 1_000, "the disk has more room than it should"
    return stored


def refusal(*flags):
    """How a node ends that cannot keep its log."""
    done = run_command([BINARY, "serve", "--host", "127.0.0.1", "--port", "0", *flags])
    assert done.returncode not in (0, -6, -11) and done.stdout == ""
    assert "Fatal error" not in done.stderr
    return done.stderr


@pytest.mark.parametrize("damage", ["no database", "a page", "its end"])
def test_damaged_file(start, tmp_path, secret, damage):
    """A damaged file is refused with its name and what to do, and is not touched."""
    data = tmp_path / "data"
    relay = start("--data", str(data))
    for number in range(200):
        relay.deliver(secret, qq.event(f"number {number}"))
    relay.signal()
    assert relay.wait() == 0
    file = data / "hookwire.sqlite"
    content = file.read_bytes()
    damaged = {
        "no database": b"\xa5" * 8192,
        "a page": content[: 4 * 4096] + b"\xa5" * 4096 * 8 + content[12 * 4096 :],
        "its end": content[: len(content) // 2],
    }[damage]
    file.write_bytes(damaged)
    said = refusal("--data", str(data))
    assert str(file) in said and "damaged" in said and "move it" in said
    assert file.read_bytes() == damaged
    for path in data.glob("hookwire.sqlite*"):
        path.rename(tmp_path / path.name)
    start("--data", str(data)).deliver(secret, qq.event("anew"))


def test_directory_of_another(start, tmp_path, secret):
    """Two processes never share a log; the second says whose it is, and the first goes on."""
    data = tmp_path / "data"
    relay = start("--data", str(data))
    assert f"Another process keeps its log in {data}" in refusal("--data", str(data))
    relay.deliver(secret, qq.event())


@pytest.mark.parametrize(
    "flags, named",
    [
        (("--data", "d", "--redis-url", "redis://127.0.0.1:1"), "--data and --redis-url"),
        (("--data", "d", "--data-limit", "1MiB"), "--data-limit"),
        (("--data", "d", "--data-limit", "16MiB"), "--body-limit"),
        (("--data", "/nonexistent/a/b"), "/nonexistent/a/b"),
    ],
)
def test_mistakes(tmp_path, flags, named):
    """What cannot be is said before the node serves."""
    assert named in refusal(*flags)


def test_tier_of_its_own(tmp_path):
    """A tier keeps nothing: it is told to leave the directory out, whether or not it has a Redis."""
    done = run_command([BINARY, "ingress", "--port", "0", "--data", "d"])
    assert done.returncode not in (0, -6, -11) and "--data" in done.stderr
    (tmp_path / "hookwire.yaml").write_text("data: d\n")
    for tier in ("ingress", "egress"):
        for redis in ([], ["--redis-url", "redis://127.0.0.1:1"]):
            for given in (["env", "HOOKWIRE_DATA=d"], ["env", f"HOOKWIRE_CONFIG={tmp_path / 'hookwire.yaml'}"]):
                done = run_command([*given, BINARY, tier, "--port", "0", *redis])
                assert done.returncode == 64, done
                assert "HOOKWIRE_DATA" in done.stderr and "hookwire serve alone: leave it out" in done.stderr
                assert "both say" not in done.stderr


def test_memory_says_so(start, tmp_path):
    """Without --data the node says that its log ends with it, and how to keep it; by the environment it is kept too."""
    relay = start()
    assert "Events are kept in memory only" in relay.printed and "--data" in relay.printed
    relay = start(env={"HOOKWIRE_DATA": str(tmp_path / "data")})
    assert f"Events are kept in {tmp_path / 'data'}" in relay.printed
    (tmp_path / "hookwire.yaml").write_text(f"data: {tmp_path / 'other'}\n")
    relay = start("--config", str(tmp_path / "hookwire.yaml"))
    assert f"Events are kept in {tmp_path / 'other'}" in relay.printed
