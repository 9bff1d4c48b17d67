"""At the system's limit of descriptors the relay waits for one to come free, and neither ends nor spins."""

import contextlib
import os
import pathlib
import resource
import socket
import time

import qq
from relay import Relay
from waiting import until

LIMIT = 64


# So many looks, with their pauses, last longer than the half second after which the relay tries to accept again.
LOOKS, PAUSE = 70, 0.01


def descriptors(process):
    """How many the process has."""
    return len(os.listdir(f"/proc/{process.pid}/fd"))


def sleeps(process):
    """Whether each thread of the process waits for something: one that spins runs, or wants to."""
    states = []
    for task in pathlib.Path(f"/proc/{process.pid}/task").iterdir():
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # a thread that has just ended
            states.append((task / "stat").read_text().rpartition(")")[2].split()[0])
    return set(states) == {"S"}


def rests(process):
    """Whether it sleeps at so many looks in a row."""
    for _ in range(LOOKS):
        if not sleeps(process):
            return False
        time.sleep(PAUSE)
    return True


def test_limit_of_descriptors(tmp_path):
    """More connections than descriptors: the rest waits in the backlog, and is served when others have gone."""
    with Relay("--threads", "1", "--idle-timeout", "60s", folder=tmp_path) as relay:
        resource.prlimit(relay.process.pid, resource.RLIMIT_NOFILE, (LIMIT, LIMIT))
        with contextlib.ExitStack() as stack:
            for _ in range(2 * LIMIT):
                stack.enter_context(socket.create_connection(("127.0.0.1", relay.port)))
            until(lambda: descriptors(relay.process) == LIMIT, "descriptors are left")
            until(lambda: rests(relay.process), "it spins", 60)
        assert relay.get("/livez").status == 200


def status(relay, secret):
    """What an event stream of a bot is answered with."""
    with relay.raw() as connection:
        connection.request("GET", f"/events?secret={secret}")
        return int(connection.read_until(b"\r\n").split()[1])


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
            until(lambda: descriptors(relay.process) == LIMIT, "descriptors are left")
            write(staying=staying)
            until(lambda: "Too many open files" in relay.log, "the file could be read")
        until(lambda: status(relay, removed) == 404, "the removed bot is still served")
        assert status(relay, staying) == 200
        assert relay.log.count("Too many open files") == 1
