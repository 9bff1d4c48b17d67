"""What a process cannot do that must not learn of interfaces, and what it still can."""

import subprocess
import sys

import pytest

import netlink

TRIES = """
import errno, socket
socket.socket(socket.AF_INET).close()
socket.socket(socket.AF_UNIX).close()
try:
    socket.socket(socket.AF_NETLINK, socket.SOCK_RAW).close()
    print("open")
except OSError as error:
    print(errno.errorcode[error.errno])
"""


@pytest.mark.skipif(netlink.forbidder() is None, reason="the number of socket(2) is not known here for this processor")
def test_netlink_is_forbidden():
    def tried(**options):
        return subprocess.run([sys.executable, "-c", TRIES], capture_output=True, text=True, check=True, **options).stdout

    assert tried() == "open\n"
    assert tried(preexec_fn=netlink.forbidder()) == "EAFNOSUPPORT\n"
