"""How late this machine wakes up, and how it is kept from going to sleep while something is measured."""

import contextlib
import struct
import time

# Linux, Documentation/power/pm_qos_interface.rst: what is written here holds until the file is closed.
LATENCY_REQUEST = "/dev/cpu_dma_latency"

NAP = 0.002
NAPS = 1_000


@contextlib.contextmanager
def kept_awake():
    """Idle processors spin instead of halting, as for cyclictest: on a virtual machine it may take milliseconds until a
    halted one runs again, whoever is measured. Gives whether the system allows it."""
    try:
        request = open(LATENCY_REQUEST, "wb", buffering=0)
    except OSError:
        request = None
    if request is None:
        yield False
        return
    with request:
        request.write(struct.pack("=i", 0))
        yield True


def lateness():
    """By how many seconds a sleep of 2 ms ends late: the 99th percentile."""
    late = []
    for _ in range(NAPS):
        start = time.perf_counter()
        time.sleep(NAP)
        late.append(time.perf_counter() - start - NAP)
    return sorted(late)[NAPS * 99 // 100]
