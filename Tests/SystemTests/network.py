"""A small network of a test's own: hosts in Linux network namespaces on one switch, with no way out of it."""

import contextlib
import ctypes
import os
import subprocess
import threading

CLONE_NEWNET = 0x40000000
FORWARDING, DISABLED = "3", "0"  # of a switch's port, as bridge(8) has them


def _ip(*words):
    done = subprocess.run(["ip", *map(str, words)], capture_output=True, text=True)
    assert done.returncode == 0, f"ip {' '.join(map(str, words))}: {done.stderr.strip()}"


def _enter(file):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(file.fileno(), CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")


class Host:
    """One host with an address of its own."""

    def __init__(self, network, name, number):
        self.network = network
        self.namespace = f"{network.prefix}-{name}"
        self.address = f"10.77.0.{number}"
        self._port = f"{network.prefix}p{number}"

    def create(self):
        _ip("netns", "add", self.namespace)
        _ip("-n", self.namespace, "link", "set", "lo", "up")
        _ip(
            "-n", self.network.switch, "link", "add", self._port, "type", "veth",
            "peer", "name", "eth0", "netns", self.namespace,
        )
        _ip("-n", self.network.switch, "link", "set", self._port, "master", "switch", "up")
        _ip("-n", self.namespace, "address", "add", f"{self.address}/24", "dev", "eth0")
        _ip("-n", self.namespace, "link", "set", "eth0", "up")
        return self

    def command(self, *words):
        """The words of a command that runs on this host."""
        return ["ip", "netns", "exec", self.namespace, *map(str, words)]

    @contextlib.contextmanager
    def here(self):
        """What this thread opens meanwhile, and the threads that it starts, is on the host."""
        with open("/proc/thread-self/ns/net") as before, open(f"/run/netns/{self.namespace}") as inside:
            _enter(inside)
            try:
                yield
            finally:
                _enter(before)

    def run(self, function, *arguments):
        """Runs a function on the host, in a thread of its own, and returns what it returns."""
        outcome = []

        def body():
            with self.here():
                try:
                    outcome.append((True, function(*arguments)))
                except BaseException as error:  # it is raised again by whoever waits
                    outcome.append((False, error))

        thread = threading.Thread(target=body)
        thread.start()
        thread.join()
        is_good, value = outcome[0]
        if not is_good:
            raise value
        return value

    def cut(self):
        """From now on every packet from it and to it is dropped, and nobody is told."""
        self._switch(DISABLED)

    def join(self):
        """Packets pass again."""
        self._switch(FORWARDING)

    def _switch(self, state):
        words = ["bridge", "-n", self.network.switch, "link", "set", "dev", self._port, "state", state]
        subprocess.run(words, check=True, capture_output=True)

    def limit(self, rate):
        """Lets so much pass to it, as tc(8) writes rates."""
        subprocess.run(
            ["tc", "-n", self.network.switch, "qdisc", "replace", "dev", self._port, "root", "tbf",
             "rate", rate, "burst", "16kb", "latency", "300ms"],
            check=True, capture_output=True,
        )


class Network:
    """A switch and its hosts. Use `with`: leaving takes everything away again."""

    def __init__(self):
        self.prefix = f"hw{os.urandom(3).hex()}"
        self.switch = f"{self.prefix}-switch"
        self.hosts = []

    def host(self, name):
        host = Host(self, name, len(self.hosts) + 1)
        self.hosts.append(host)
        return host.create()

    def __enter__(self):
        _ip("netns", "add", self.switch)
        _ip("-n", self.switch, "link", "add", "switch", "type", "bridge")
        _ip("-n", self.switch, "link", "set", "switch", "up")
        return self

    def __exit__(self, *_):
        for namespace in [host.namespace for host in self.hosts] + [self.switch]:
            subprocess.run(["ip", "netns", "delete", namespace], capture_output=True)
