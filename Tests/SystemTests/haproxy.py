"""compose/haproxy.cfg outside of containers."""

import re

from relay import REPOSITORY


def configuration(servers):
    """The shipped configuration, with the addresses of `servers`, by tier, where containers have names."""
    text = (REPOSITORY / "compose/haproxy.cfg").read_text()
    text = re.sub(r"^resolvers containers\n(?: .*\n|\s*#.*\n)+", "", text, flags=re.M)
    text = text.replace(" resolvers containers init-addr none resolve-prefer ipv4", "")

    def lines(match):
        addresses = servers[match[2]]
        return "\n".join(f"{match[1]}server {match[2]}{n} {address}" for n, address in enumerate(addresses))

    text, count = re.subn(r"^( +)server-template (\w+) 16 \w+:8080$", lines, text, flags=re.M)
    assert count == 4 and "resolvers" not in text
    return text
