"""Users with the rights that docs/redis.md gives them, in place of Redis' default user."""

import contextlib
import re
import unittest.mock

from redis_server import RedisServer
from relay import REPOSITORY
from tiers import TierNode


def all_users():
    """The lines of the document, as words, by the user's name: each password is the name."""
    text = (REPOSITORY / "docs/redis.md").read_text()
    lines = {}
    for name, rights in re.findall(r"^user (\S+) (.+)$", text, re.MULTILINE):
        words = [word if word[0] != ">" else f">{name}" for word in re.findall(r"\([^)]*\)|\S+", rights)]
        lines[name] = words
    return lines


def users():
    """Those of the nodes, of `hookwire bots`, and of the nodes at the sentinels."""
    return {name: words for name, words in all_users().items() if name.startswith("hookwire")}


PLAIN = ("+subscribe", "+unsubscribe", "+publish")


def sharded():
    """What the document gives users of a cluster in place of those."""
    text = (REPOSITORY / "docs/redis.md").read_text()
    return re.search(r"`(\+ssubscribe [^`]+)`", text)[1].split()


@contextlib.contextmanager
def least_rights(cluster=False):
    """Until it is left, every `RedisServer` has these users, every node of a tier is its tier's, whatever else takes a
    server's URL is the operator, and what Redis refused anybody fails the test."""
    known = users()
    if cluster:
        known = {name: [*(word for word in words if word not in PLAIN), *sharded()] for name, words in known.items()}
    plain_init, plain_exit, plain_url, plain_node = (
        RedisServer.__init__, RedisServer.__exit__, RedisServer.url, TierNode.__init__,
    )

    def init(self, folder, *options, **more_options):
        # Options, so that they are there from the first moment, after a restart as well.
        more = [word for name, words in known.items() if name != "hookwire" for word in ("--user", name, *words)]
        plain_init(self, folder, *options, *more, **more_options)

    def exit(self, *error):
        refused = self.command("ACL", "LOG") if self.process.poll() is None else ""
        plain_exit(self, *error)
        assert not refused, f"Redis refused:\n{refused}"

    def url(self):
        return plain_url.fget(self).replace("://", "://hookwire-operator:hookwire-operator@")

    def node(self, tier, redis_url, *flags, **options):
        plain_node(self, tier, redis_url.replace("hookwire-operator", f"hookwire-{tier}"), *flags, **options)

    with contextlib.ExitStack() as stack:
        for target, name, value in (
            (RedisServer, "__init__", init), (RedisServer, "__exit__", exit), (RedisServer, "url", property(url)),
            (TierNode, "__init__", node),
        ):
            stack.enter_context(unittest.mock.patch.object(target, name, value))
        yield
