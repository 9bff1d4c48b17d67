"""Stops one thread of a process that a test started, as a debugger does."""

import contextlib
import ctypes
import os

import pytest

# linux/ptrace.h, linux/wait.h
DETACH, SEIZE, INTERRUPT = 17, 0x4206, 0x4207
WAIT_FOR_ANY_THREAD = 0x40000000

GLIBC = ctypes.CDLL(None, use_errno=True)
GLIBC.ptrace.argtypes = [ctypes.c_long] * 4
GLIBC.ptrace.restype = ctypes.c_long


@contextlib.contextmanager
def stopped(thread):
    """The others run on. To be left while the thread is still stopped, or its process has ended."""
    if GLIBC.ptrace(SEIZE, thread, 0, 0) != 0:
        pytest.skip(f"the machine does not let a test stop a thread: {os.strerror(ctypes.get_errno())}")
    assert GLIBC.ptrace(INTERRUPT, thread, 0, 0) == 0
    os.waitpid(thread, WAIT_FOR_ANY_THREAD)
    try:
        yield
    finally:
        GLIBC.ptrace(DETACH, thread, 0, 0)
