"""Keeps a process from learning of the machine's network interfaces.

Other tests make and remove interfaces, and a browser that hears of one ends every request under way, those over loopback
too (net::ERR_NETWORK_CHANGED). One that can open no netlink socket takes the network for what it was at its start.
"""

import ctypes
import errno
import os
import socket
import struct

# linux/prctl.h, linux/seccomp.h
PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS, SECCOMP_MODE_FILTER = 22, 38, 2
ALLOW, ERRNO = 0x7FFF0000, 0x00050000
# linux/filter.h: load a word of struct seccomp_data, skip unless it is equal, return.
LOAD, UNLESS_EQUAL, RETURN = 0x20, 0x15, 0x06
NUMBER, FIRST_ARGUMENT = 0, 16
SOCKET_CALL = {"x86_64": 41, "aarch64": 198}.get(os.uname().machine)


class Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_char_p)]


def program():
    """Answers a call for a netlink socket with an error, and lets all else pass."""
    steps = [
        (LOAD, 0, 0, NUMBER),
        (UNLESS_EQUAL, 0, 3, SOCKET_CALL),
        (LOAD, 0, 0, FIRST_ARGUMENT),
        (UNLESS_EQUAL, 0, 1, socket.AF_NETLINK),
        (RETURN, 0, 0, ERRNO | errno.EAFNOSUPPORT),
        (RETURN, 0, 0, ALLOW),
    ]
    return Program(len(steps), b"".join(struct.pack("HBBI", *step) for step in steps))


def forbidder():
    """What a new process calls first, as `preexec_fn`; None on machines whose call's number is not known here."""
    if SOCKET_CALL is None:
        return None
    library, rules = ctypes.CDLL(None), program()

    def forbid_netlink():
        assert library.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
        assert library.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(rules), 0, 0) == 0

    return forbid_netlink
