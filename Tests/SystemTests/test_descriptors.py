"""At the system's limit of descriptors the relay waits for one to come free, and neither ends nor spins."""

import contextlib
import os
import resource
import socket
import time

from relay import Relay

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
