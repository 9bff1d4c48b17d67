"""At the system's limit of descriptors the relay waits for one to come free, and neither ends nor spins."""

import contextlib
import os
import resource
import socket
import time

import qq
from relay import PATIENCE, Relay

LIMIT = 64


def seconds_of_cpu(process):
    """User and system time that the process has taken so far."""
    with open(f"/proc/{process.pid}/stat") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_limit_of_descriptors(tmp_path):
    """More connections than descriptors: the rest waits in the backlog, and is served when others have gone."""
    with Relay("--threads", "1", "--idle-timeout", "60s", folder=tmp_path) as relay:
        resource.prlimit(relay.process.pid, resource.RLIMIT_NOFILE, (LIMIT, LIMIT))
        with contextlib.ExitStack() as stack:
            for _ in range(2 * LIMIT):
                stack.enter_context(socket.create_connection(("127.0.0.1", relay.port)))
            # The time itself is what is looked at: a relay that asks again and again takes all of it.
            time.sleep(1)
            before = seconds_of_cpu(relay.process)
            time.sleep(1)
            assert seconds_of_cpu(relay.process) - before < 0.5
        assert relay.get("/livez").status == 200


def status(relay, secret):
    """What an event stream of a bot is answered with."""
    with relay.raw() as connection:
        connection.request("GET", f"/events?secret={secret}")
        return int(connection.read_until(b"\r\n").split()[1])


def until(condition, what):
    """Waits for what a process does by itself, and tells nobody."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def test_bots_that_change_meanwhile(tmp_path):
    """A bot that is removed while its file cannot be opened is refused once it can be, though nobody touches it again."""
    staying, removed = qq.secret(), qq.secret()
    bots = tmp_path / "bots.yaml"

    def write(**secrets):
        lines = [f"  {name}: {{platform: qq, secret: {secret}}}\n" for name, secret in secrets.items()]
        (tmp_path / "new.yaml").write_text("bots:\n" + "".join(lines))
        os.rename(tmp_path / "new.yaml", bots)

    write(staying=staying, removed=removed)
    flags = ("--access", "registered", "--bots", str(bots), "--ban-after", "0", "--threads", "1", "--idle-timeout", "60s")
    with Relay(*flags, folder=tmp_path) as relay:
        assert status(relay, removed) == 200
        resource.prlimit(relay.process.pid, resource.RLIMIT_NOFILE, (LIMIT, LIMIT))
        with contextlib.ExitStack() as stack:
            for _ in range(2 * LIMIT):
                stack.enter_context(socket.create_connection(("127.0.0.1", relay.port)))
            until(lambda: len(os.listdir(f"/proc/{relay.process.pid}/fd")) == LIMIT, "descriptors are left")
            write(staying=staying)
            until(lambda: "Too many open files" in relay.log, "the file could be read")
        until(lambda: status(relay, removed) == 404, "the removed bot is still served")
        assert status(relay, staying) == 200
        assert relay.log.count("Too many open files") == 1
