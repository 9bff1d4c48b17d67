"""The proxies of docs/qq.md: webhooks and sockets pass, the node is told what the client asked for, and no log has a secret."""

import contextlib
import http.client
import http.server
import json
import re
import shutil
import subprocess
import threading

import pytest
from websockets.sync.client import connect

import leaks
import qq
from redis_server import free_port
from relay import PATIENCE, REPOSITORY, environment, receive
from test_caddy import Echo
from waiting import until

DOCUMENT = (REPOSITORY / "docs/qq.md").read_text()
PROXIES = ["caddy", "nginx"]
# What surrounds the documented block: Debian's file, with folders of the test's own.
NGINX = """
daemon off;
pid {folder}/pid;
error_log {folder}/main.log;
events {{}}
http {{
    access_log {folder}/access.log;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port};
{location}
    }}
}}
"""


def documented(beginning):
    """The block of the document that begins so."""
    blocks = re.findall(r"^```\w*\n(.*?)^```$", DOCUMENT, re.DOTALL | re.MULTILINE)
    (block,) = (block for block in blocks if block.startswith(beginning))
    assert block.count("127.0.0.1:8080") == 1
    return block


def nginx(folder, port, node):
    """The command that runs nginx with the documented block, without its own certificate."""
    location = documented("location / {").replace("127.0.0.1:8080", f"127.0.0.1:{node}")
    assert location.count("/var/log/nginx/error.log") == 1
    location = location.replace("/var/log/nginx/error.log", f"{folder}/error.log")
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder, port=port, location=location))
    return ["nginx", "-p", folder, "-e", folder / "start.log", "-c", folder / "nginx.conf"]


def caddy(folder, port, node):
    """The same for Caddy."""
    text = documented("{\n\tlog").replace("127.0.0.1:8080", f"127.0.0.1:{node}")
    assert text.count("relay.example.com") == 1
    text = text.replace("relay.example.com", f"http://127.0.0.1:{port}").replace("{\n", "{\n\tadmin off\n\tauto_https off\n", 1)
    (folder / "Caddyfile").write_text(text)
    return ["caddy", "run", "--config", folder / "Caddyfile", "--adapter", "caddyfile"]


@contextlib.contextmanager
def proxy(kind, folder, node):
    """A proxy before a port of this machine; what it has said is in *.log of its folder, which is searched at its end."""
    if not shutil.which(kind):
        pytest.skip(f"not installed: {kind}")
    folder, port = folder / kind, free_port()
    folder.mkdir()
    command = {"nginx": nginx, "caddy": caddy}[kind](folder, port, node)
    with (folder / "output.log").open("wb") as log:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            env=environment(XDG_DATA_HOME=str(folder), XDG_CONFIG_HOME=str(folder)),
        )
    try:

        def listens():
            assert process.poll() is None, logs(folder)
            with contextlib.suppress(OSError):
                http.client.socket.create_connection(("127.0.0.1", port), timeout=1).close()
                return True
            return False

        until(listens, lambda: logs(folder))
        yield port
    finally:
        process.terminate()
        process.wait(PATIENCE)
    assert not leaks.found_in(logs(folder)), "a secret is in a log of the proxy"


def logs(folder):
    return "".join(path.read_text(errors="replace") for path in folder.glob("*.log"))


def request(port, method, path, body=None, headers=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    with contextlib.closing(connection):
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read()


@pytest.mark.parametrize("kind", PROXIES)
def test_before_a_relay(kind, start, tmp_path, secret):
    """An event reaches a bot through the proxy; while the relay is away nothing that the proxy writes has the URL."""
    relay = start("--trusted-proxies", "loopback", "--drain", "0s")
    body = qq.event()
    webhook = ("POST", qq.webhook_path(secret), body, qq.signed_headers(secret, body))
    with proxy(kind, tmp_path, relay.port) as port:
        with connect(f"ws://127.0.0.1:{port}/ws?secret={secret}", proxy=None, close_timeout=1) as bot:
            assert request(port, *webhook) == (200, qq.ACKNOWLEDGED)
            assert receive(bot) == ("text", body)
        relay.signal()
        assert relay.wait() == 0
        assert request(port, *webhook)[0] == 502
        assert request(port, "GET", f"/ws?secret={secret}")[0] == 502


def test_nginx_out_of_ports(tmp_path, secret):
    """What nginx calls critical, a connection that it cannot even begin, names no URL either."""
    with proxy("nginx", tmp_path, "1;proxy_bind 192.0.2.1") as port:
        assert request(port, "POST", qq.webhook_path(secret), b"{}")[0] >= 500


@pytest.mark.parametrize("kind", PROXIES)
def test_what_the_node_is_told(kind, tmp_path):
    """The name and the port that the client asked for, where it is, and by which scheme."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with proxy(kind, tmp_path, server.server_port) as port:
            told = dict(json.loads(request(port, "GET", "/qq/gateway")[1]))
        server.shutdown()
    assert (told["host"], told["x-forwarded-for"], told["x-forwarded-proto"]) == (f"127.0.0.1:{port}", "127.0.0.1", "http")
