"""Who gets a core first, where generators and the server want the same ones."""

import contextlib
import enum
import os
import pathlib

_AUTOGROUP = pathlib.Path("/proc/self/autogroup")
# The least of what sched(7) knows.
_NICENESS = 19


class Priority(enum.Enum):
    """How a process is scheduled, as of sched(7)."""

    ORDINARY = enum.auto()
    # Whoever else wants a core goes first, and without waiting for the rest of this one's slice where the kernel lets
    # idle ones be preempted.
    YIELDING = enum.auto()
    # Before all others, where the system allows it (CAP_SYS_NICE); ordinary where it does not. For what waits most of
    # the time.
    URGENT = enum.auto()

    def take(self):
        """Gives this process the priority."""
        if self is Priority.YIELDING:
            os.nice(_NICENESS)
            with contextlib.suppress(OSError):
                os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
            # A session of its own is scheduled as one, where the kernel does that (the autogroup feature): what was asked
            # for then counts among the session's processes only, unless the session has it too.
            with contextlib.suppress(OSError):
                _AUTOGROUP.write_text(str(_NICENESS))
        elif self is Priority.URGENT:
            with contextlib.suppress(OSError):
                os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
