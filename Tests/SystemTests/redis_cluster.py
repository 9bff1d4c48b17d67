"""A real Redis Cluster of a test's own, on loopback."""

import contextlib
import time

from redis_server import DURABLE, RedisServer
from waiting import until

SLOTS = 16_384


def cluster_options(timeout):
    """What makes a server a node of a cluster, whose masters are missed after so many milliseconds."""
    return (
        "--cluster-enabled", "yes", "--cluster-node-timeout", timeout, "--cluster-replica-validity-factor", "0",
        "--repl-diskless-sync-delay", "0",
    )


class RedisCluster:
    """Masters with the same number of slots each, and a replica for each of them. Use `with`."""

    def __init__(self, folder, masters=3, replicas=3, timeout=1500, options=DURABLE):
        self.folder = folder
        self.options = (*cluster_options(timeout), *options)
        self._stack = contextlib.ExitStack()
        self.nodes = []
        for _ in range(masters + replicas):
            self._start()
        self.masters = self.nodes[:masters]
        for number, node in enumerate(self.masters):
            first, last = SLOTS * number // masters, SLOTS * (number + 1) // masters - 1
            node.command("CLUSTER", "ADDSLOTSRANGE", first, last)
        for epoch, node in enumerate(self.nodes, 1):
            node.command("CLUSTER", "SET-CONFIG-EPOCH", epoch)  # those of the same age agree at once
        for node in self.nodes[1:]:
            self._meet(node)
        until(lambda: all(self._knows(node, len(self.nodes)) for node in self.nodes), "all nodes know each other")
        for number, node in enumerate(self.nodes[masters:]):
            node.command("CLUSTER", "REPLICATE", self.masters[number % masters].command("CLUSTER", "MYID"))
        self.await_served()
        until(lambda: all(self._follows(node) for node in self.nodes[masters:]), "replicas follow")

    def _start(self):
        folder = self.folder / f"node{len(self.nodes)}"
        folder.mkdir()
        node = self._stack.enter_context(RedisServer(folder, *self.options, bus=True))
        self.nodes.append(node)
        return node

    def _meet(self, node):
        node.command("CLUSTER", "MEET", "127.0.0.1", self.nodes[0].port, self.nodes[0].bus_port)

    @staticmethod
    def _knows(node, count):
        return f"cluster_known_nodes:{count}" in node.command("CLUSTER", "INFO")

    @staticmethod
    def _follows(node):
        return "master_link_status:up" in node.command("INFO", "replication")

    @property
    def url(self):
        """Two of the nodes, which is enough to find the others."""
        return f"redis+cluster://127.0.0.1:{self.nodes[0].port},127.0.0.1:{self.nodes[1].port}"

    @property
    def living(self):
        return [node for node in self.nodes if node.process.poll() is None]

    def await_served(self):
        """Waits until every node that lives says that all slots are served."""
        until(
            lambda: all("cluster_state:ok" in node.command("CLUSTER", "INFO") for node in self.living),
            "the cluster is served",
        )

    def add_master(self):
        """A node more, which has no slots."""
        node = self._start()
        node.command("CLUSTER", "SET-CONFIG-EPOCH", len(self.nodes))
        self._meet(node)
        count = len(self.living)
        until(lambda: all(self._knows(other, count) for other in self.living), "the new node is known")
        self.await_served()
        return node

    def migrate(self, slot, source, target, pause=0.0):
        """Moves a slot with its keys, as `redis-cli --cluster reshard` does; so long does it lie half here, half there."""
        ids = {node: node.command("CLUSTER", "MYID") for node in (source, target)}
        target.command("CLUSTER", "SETSLOT", slot, "IMPORTING", ids[source])
        source.command("CLUSTER", "SETSLOT", slot, "MIGRATING", ids[target])
        if pause:
            time.sleep(pause)  # what is measured is what happens meanwhile
        while keys := source.command("CLUSTER", "GETKEYSINSLOT", slot, 100).split():
            source.command("MIGRATE", "127.0.0.1", target.port, "", 0, 5000, "KEYS", *keys)
        for node in (target, source):
            node.command("CLUSTER", "SETSLOT", slot, "NODE", ids[target])

    def used_slots(self, node, count):
        """Slots of a node that have keys, so many at most."""
        keys = node.command("--scan", "--pattern", "hw:{*").splitlines()
        slots = {slot_of(key.split("{")[1].split("}")[0]) for key in keys}
        return sorted(slots)[:count]

    def calls(self, name):
        """How often a command has been called, by all nodes that live."""
        count = 0
        for node in self.living:
            for line in node.command("INFO", "commandstats").splitlines():
                if line.startswith(f"cmdstat_{name}:"):
                    count += int(line.split("calls=")[1].split(",")[0])
        return count

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        return self._stack.__exit__(*exception)


def slot_of(tag):
    """The hash slot of a hash tag."""
    crc = 0
    for byte in str(tag).encode():
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ 0x1021 if crc & 0x8000 else crc << 1) & 0xFFFF
    return crc % SLOTS
