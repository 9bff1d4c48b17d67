"""compose/haproxy.cfg: what nodes are told of where a client is, with a proxy before HAProxy and without one."""

import contextlib
import http.client
import http.server
import json
import pathlib
import re
import shutil
import ssl
import subprocess
import threading

import pytest
import yaml

from haproxy import configuration
from redis_server import free_port
from relay import PATIENCE, REPOSITORY, environment
from test_caddy import Echo
from test_tls import certificate  # noqa: F401 (a fixture)
from waiting import until

CLIENT = "203.0.113.7"

pytestmark = pytest.mark.skipif(not shutil.which("haproxy"), reason="not installed: haproxy")


@pytest.fixture
def node():
    """What stands for the nodes of both tiers: it answers with the header fields of the request."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


@contextlib.contextmanager
def balancer(folder, node, bind="bind :8080 tcp-ut 30s", **variables):
    """HAProxy with the file as it is, but for its port and for addresses where containers have names."""
    port = free_port()
    text = configuration(dict.fromkeys(("ingress", "egress"), [f"127.0.0.1:{node}"]))
    assert "bind :8080 tcp-ut 30s" in text
    text = text.replace("bind :8080 tcp-ut 30s", bind.replace(":8080", f"127.0.0.1:{port}"))
    file = folder / "haproxy.cfg"
    file.write_text(text)
    with (folder / "haproxy.log").open("wb") as log:
        process = subprocess.Popen(
            ["haproxy", "-db", "-f", file], stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=environment(**variables)
        )
    try:
        log = folder / "haproxy.log"

        def listens():
            assert process.poll() is None, log.read_text()
            return is_open(port)

        until(listens, log.read_text)
        yield port
    finally:
        process.kill()
        process.wait()


def is_open(port):
    with contextlib.suppress(OSError):
        http.client.socket.create_connection(("127.0.0.1", port), timeout=1).close()
        return True
    return False


def fields(connection):
    """What a node is told of a request whose sender says where its client is."""
    with contextlib.closing(connection):
        connection.request("GET", "/qq/gateway", headers={"X-Forwarded-For": CLIENT, "Forwarded": f"for={CLIENT}"})
        told = json.loads(connection.getresponse().read())
    return [value for name, value in told if name == "x-forwarded-for"], dict(told)


def test_client_says_nothing_of_itself(node, tmp_path):
    """Nobody is believed where there is no proxy."""
    with balancer(tmp_path, node) as port:
        addresses, told = fields(http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE))
    assert addresses == ["127.0.0.1"] and "forwarded" not in told and "x-forwarded-proto" not in told


@pytest.mark.parametrize("front, addresses", [("127.0.0.1", [CLIENT, "127.0.0.1"]), ("192.0.2.0/24 ::1", ["127.0.0.1"])])
def test_front_proxy(node, tmp_path, front, addresses):
    """A proxy that was named is believed, and nobody else."""
    with balancer(tmp_path, node, HOOKWIRE_FRONT_PROXIES=front) as port:
        assert fields(http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE))[0] == addresses


def test_certificate(node, tmp_path, certificate):  # noqa: F811
    """The line of docs/deployment.md: on the port that is published, and nodes are told that it is HTTPS."""
    documented = re.search(r"`(bind :8080 ssl [^`]*)`", (REPOSITORY / "docs/deployment.md").read_text())[1]
    both = tmp_path / "relay.pem"
    folder = pathlib.Path(certificate)
    both.write_bytes((folder / "key.pem").read_bytes() + (folder / "cert.pem").read_bytes())
    bind = documented.replace("/etc/hookwire/relay.pem", str(both))
    trust = ssl.create_default_context(cafile=folder / "cert.pem")
    with balancer(tmp_path, node, bind) as port:
        connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=PATIENCE, context=trust)
        assert fields(connection)[1]["x-forwarded-proto"] == "https"


def test_size_of_a_header(node, tmp_path):
    """As much as docs/http.md says gets through, and what nodes would take beyond it does not."""
    kibibytes = int(re.search(r"HAProxy takes (\d+) KiB of header", (REPOSITORY / "docs/http.md").read_text())[1])
    statuses = []
    with balancer(tmp_path, node) as port:
        for size in (kibibytes, 2 * kibibytes):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
            lines = {f"X-{number}": "x" * 1014 for number in range(10, 10 + size - 1)}
            with contextlib.closing(connection):
                connection.request("HEAD", "/qq/gateway", headers=lines)
                statuses.append(connection.getresponse().status)
    assert statuses[1] == 400 and statuses[0] not in (400, 502), statuses


def test_variables_are_documented():
    """docs/deployment.md has each variable of docker-compose.yml, and Redis has room beside what it may hold."""
    text = (REPOSITORY / "docker-compose.yml").read_text()
    document = (REPOSITORY / "docs/deployment.md").read_text()
    for name in set(re.findall(r"\$\{([A-Z_]+)", text)):
        assert f"`{name}`" in document, name
    defaults = dict(re.findall(r"\$\{(HOOKWIRE_REDIS_\w+):-(\w+)\}", text))
    assert defaults == {"HOOKWIRE_REDIS_MEMORY": "512mb", "HOOKWIRE_REDIS_LIMIT": "1G"}
    assert yaml.safe_load(text)["services"]["balancer"]["environment"].keys() == {"HOOKWIRE_FRONT_PROXIES"}
