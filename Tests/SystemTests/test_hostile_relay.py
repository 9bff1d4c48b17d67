"""Commands that keep a socket, at a server that means them harm."""

import json
import subprocess

from hostile_relay import HostileRelay
from relay import BINARY, PATIENCE, environment


def test_bench_tells_why_its_sockets_ended():
    """Sockets that end before anything is sent are as lost as those that end later."""
    with HostileRelay(lambda connection: connection.shutdown(2)) as relay:
        address = f"127.0.0.1:{relay.port}"
        done = subprocess.run(
            [BINARY, "bench", "--webhook", f"http://{address}/", "--socket", f"ws://{address}/", "--events", "20",
             "--settle", "500ms", "--json"],
            capture_output=True, timeout=PATIENCE * 2, env=environment(),
        )  # fmt: skip
    report = json.loads(done.stdout)
    assert done.returncode == 1
    assert report["failures"]["socketsLost"] == {"cut_off": 1}
    assert "1 sockets ended early: cut_off" in report["problems"]
