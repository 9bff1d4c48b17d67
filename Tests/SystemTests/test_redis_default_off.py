"""Redis whose default user is off, as docs/redis.md has it: replicas follow, sentinels fail over, a restart keeps it."""

import contextlib
import re

import pytest

import qq
import redis_sentinel
from redis_sentinel import Sentinels
from redis_server import RedisServer
from redis_users import all_users
from relay import REPOSITORY
from test_redis_acl import TwoTiers
from tiers import TierNode
from waiting import PATIENCE, until

DOCUMENT = (REPOSITORY / "docs/redis.md").read_text()
TIERS = ("ingress", "egress")


class GuardedServer(RedisServer):
    """A Redis that is asked as the user `admin`, where it has one."""

    user = "admin"

    def _run(self, *words):
        login = ("--user", self.user, "--pass", self.user, "--no-auth-warning") if self.user else ()
        return super()._run(*login, *words)

    def as_anybody(self, *words):
        return RedisServer._run(self, *words).stdout

    def refused(self):
        return self.command("ACL", "LOG")


def of_servers():
    """The users of the document that Redis has; the one of sentinels is another."""
    return {name: words for name, words in all_users().items() if name != "hookwire"}


def lines(first_word):
    """The document's lines of a configuration that begin so, with the users' names for passwords."""
    found = re.findall(rf"^{first_word}.*$", DOCUMENT, re.MULTILINE)
    return [re.sub(r"\b([A-Z]+)_PASSWORD", lambda match: match[1].lower(), line) for line in found]


def link(server):
    return re.search(r"master_link_status:(\w+)", server.command("INFO", "replication"))[1]


@pytest.mark.timeout(120)
def test_fail_over(tmp_path, monkeypatch):
    """With all users in an aclfile and `default off`, nodes deliver, before and after the master dies, and the old master
    comes back as a replica, with its users."""
    monkeypatch.setattr(redis_sentinel, "RedisServer", GuardedServer)
    file = tmp_path / "users.acl"
    file.write_text("".join(f"user {name} {' '.join(words)}\n" for name, words in of_servers().items()))
    master_options = [word for line in lines("master(?:user|auth) ") for word in f"--{line}".split()]
    assert len(master_options) == 4
    with contextlib.ExitStack() as stack:
        sentinels = stack.enter_context(Sentinels(
            tmp_path, options=("--aclfile", file, *master_options), lines=lines("sentinel auth-"),
        ))
        assert "NOAUTH" in sentinels.primary.as_anybody("PING")
        sentinels.await_replicas(2)
        ingress, egress = (
            stack.enter_context(TierNode(
                tier, sentinels.url.replace("://", f"://hookwire-{tier}:hookwire-{tier}@"), folder=tmp_path
            )) for tier in TIERS
        )
        for node in (ingress, egress):
            node.await_ready()
        check_delivery(ingress, egress)
        old = sentinels.primary
        old.kill()
        sentinels.await_other(old)
        old.start()
        sentinels.await_replicas(2)
        for node in (ingress, egress):
            node.await_ready()
        check_delivery(ingress, egress)
        assert link(old) == "up"
        for server in sentinels.servers:
            assert "NOAUTH" in server.as_anybody("PING")
            assert set(server.command("ACL", "USERS").split()) == set(of_servers())
            assert server.refused() == ""


def check_delivery(ingress, egress):
    relay, secret = TwoTiers(ingress, egress), qq.secret()
    with relay.bot(secret) as bot:
        relay.deliver(secret, qq.event("with default off"))
        assert "with default off" in bot.recv(timeout=PATIENCE)


class ConfiguredServer(GuardedServer):
    """A Redis with a configuration file, which it may rewrite."""

    user = None

    def start(self):
        self.configuration = (self.folder / "redis.conf",)
        self.configuration[0].touch()
        super().start()


@pytest.mark.timeout(120)
def test_switched_off_while_it_runs(tmp_path):
    """The steps of the document: the replica follows, and restarts of both keep the users and who follows whom."""
    section = DOCUMENT.split("### Replicas and sentinels")[1].split("\n#")[0]
    steps = re.findall(r"^\d\. (.*(?:\n   .*)*)", section, re.MULTILINE)
    commands = [re.findall(r"`((?:ACL|CONFIG|SENTINEL|CLIENT) [^`]+)`", step) for step in steps]
    assert [each[0] for each in (commands[1], commands[3], commands[4])] == [
        "CONFIG SET masteruser replica masterauth REPLICA_PASSWORD", "CLIENT KILL TYPE replica", "ACL SETUSER default off",
    ]
    assert "CONFIG REWRITE" in commands[1] and "CONFIG REWRITE" in commands[4]
    with contextlib.ExitStack() as stack:
        servers = []
        for name in ("master", "replica"):
            (tmp_path / name).mkdir()
            follow = ("--replicaof", "127.0.0.1", servers[0].port) if servers else ()
            servers.append(stack.enter_context(ConfiguredServer(
                tmp_path / name, "--repl-diskless-sync-delay", "0", "--repl-ping-replica-period", "1", *follow
            )))
        master, replica = servers
        until(lambda: link(replica) == "up", "it does not follow", 2 * PATIENCE)
        for server in servers:
            for name, words in of_servers().items():
                if name != "default":
                    server.command("ACL", "SETUSER", name, *words)
        for server in servers:
            server.command(*commands[1][0].replace("REPLICA_PASSWORD", "replica").split())
            server.command("CONFIG", "REWRITE")
        master.command(*commands[3][0].split())
        known = lambda: "user=replica" in master.command("CLIENT", "LIST", "TYPE", "replica")  # noqa: E731
        until(known, "it comes as somebody else", 2 * PATIENCE)
        for server in servers:
            server.user = "admin"
            server.command(*commands[4][0].split())
            server.command("CONFIG", "REWRITE")
        for server in (replica, master):
            server.kill()
            server.start()
            until(lambda: link(replica) == "up", "it follows no more", 2 * PATIENCE)
            assert "NOAUTH" in server.as_anybody("PING")
            assert set(server.command("ACL", "USERS").split()) == set(of_servers())
        assert [server.refused() for server in servers] == ["", ""]
