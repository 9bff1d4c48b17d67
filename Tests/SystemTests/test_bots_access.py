"""Registered bots on two ingress and two egress nodes: who may come in, and who has to leave when a bot changes."""

import asyncio
import contextlib
import http.client
import itertools
import json
import os
import secrets
import subprocess
import urllib.parse

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

import qq
from bot_side import Bot
from browser import Browser
from desk import Command
from gateway_client import GatewayClient, get_token
from platform_side import Publisher
from redis_server import DURABLE, RedisServer
from relay import BINARY, PATIENCE, environment
from sdk_bots import SDKBot
from tiers import TierNode
from waiting import until, until_async

# Seconds until a change has to be in effect on every node. It is one where the machine has nothing else to do, since nodes
# look every 400 ms; tests that run side by side on two cores have been seen to need a little more.
WITHIN = 5.0


class Realm:
    """Two nodes of each tier that take registered bots only, and the command that registers them."""

    def __init__(self, folder, stack, access="registered"):
        self.folder = folder
        redis = stack.enter_context(RedisServer(folder, *DURABLE))
        self.env = {"HOOKWIRE_REGISTRY_KEY": secrets.token_hex(32), "HOOKWIRE_REDIS_URL": redis.url}
        key = {"HOOKWIRE_REGISTRY_KEY": self.env["HOOKWIRE_REGISTRY_KEY"]}

        def start(tier, *flags):
            return stack.enter_context(
                TierNode(tier, redis.url, "--access", access, *flags, folder=folder, env=key)
            )

        self.ingress = [start("ingress") for _ in range(2)]
        self.egress = [start("egress", "--qq-upstream", "none") for _ in range(2)]
        self.nodes = [*self.ingress, *self.egress]
        for node in self.nodes:
            node.await_ready()

    def bots(self, *words, secret=None):
        """`hookwire bots`; a secret goes by the environment."""
        env = environment(**self.env, **({"HOOKWIRE_SECRET": secret} if secret else {}))
        done = subprocess.run([BINARY, "bots", *words], env=env, capture_output=True, text=True, timeout=PATIENCE)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def add(self, name, *flags, secret=None):
        """Adds a bot that every node knows when this is over: what is sent at once may not be on its way to a stranger."""
        secret = secret or qq.secret()
        self.bots("add", name, *flags, secret=secret)
        platform = flags[flags.index("--platform") + 1] if "--platform" in flags else "qq"
        for node in self.ingress:
            within(lambda: post(node, "x" * 32, f"/webhook/{platform}/{name}")[0] == 401, "the bot")
        for node in self.egress:
            within(lambda: opens(node, f"/ws/{secret}") == 101, "the bot")
        return secret

    def token(self, name, label, *scopes, flags=()):
        """A token that every node knows when this is over."""
        words = [word for scope in scopes for word in ("--scope", scope)]
        token = qq.known_secret(self.bots("token", name, "--name", label, *words, *flags).split()[-1])
        for node in self.egress:
            within(lambda: opens(node, f"/ws/{name}/{token}") != 404, "the token")
        return token

    @property
    def ports(self):
        return [node.port for node in self.ingress]


@pytest.fixture(scope="module")
def realm(tmp_path_factory):
    with contextlib.ExitStack() as stack:
        yield Realm(tmp_path_factory.mktemp("realm"), stack)


@pytest.fixture
def name():
    """A bot's name that no other test has."""
    return "bot-" + secrets.token_hex(4)


def request(node, method, target, body=None, headers=None):
    connection = http.client.HTTPConnection("127.0.0.1", node.port, timeout=PATIENCE)
    with contextlib.closing(connection):
        connection.request(method, target, body, headers or {})
        response = connection.getresponse()
        fields = [(name, value) for name, value in response.getheaders() if name.lower() != "date"]
        return response.status, sorted(fields), response.read()


def post(node, secret, path, body=None):
    body = body or qq.event()
    return request(node, "POST", path, body, qq.signed_headers(secret, body))


def socket(node, path, **options):
    defaults = {"proxy": None, "compression": None, "ping_interval": None, "close_timeout": 2}
    return connect(f"ws://127.0.0.1:{node.port}{path}", **(defaults | options))


def bearer(token):
    return {"additional_headers": {"Authorization": f"Bearer {token}"}}


def opens(node, path, **options):
    """The status of a socket's handshake."""
    try:
        with socket(node, path, **options):
            return 101
    except InvalidStatus as refusal:
        return refusal.response.status_code


def within(condition, what):
    """Waits until a change is in effect; it has no longer than `WITHIN`."""
    until(condition, what, WITHIN)


def closed(client):
    """The code and the reason that a socket was closed with, at most `WITHIN` from now."""
    try:
        while True:
            client.recv(timeout=WITHIN)
    except ConnectionClosed as end:
        return end.rcvd.code, end.rcvd.reason


def test_changes_are_seen_everywhere(realm, name):
    """A bot that is added, rotated and removed is so on every node soon."""
    assert [post(node, "x" * 32, f"/webhook/qq/{name}")[0] for node in realm.ingress] == [404, 404]
    secret = realm.add(name, "--appid", "102000001")
    for path in (f"/webhook/qq/{name}", qq.webhook_path(secret), "/webhook/qq", "/webhook"):
        for node in realm.ingress:
            within(lambda: post(node, secret, path)[0] == 200, f"{path} after add")
    for node in realm.egress:
        within(lambda: opens(node, f"/ws?secret={secret}") == 101, "a socket after add")

    new = qq.secret()
    realm.bots("rotate", name, secret=new)
    for node in realm.ingress:
        within(lambda: post(node, new, f"/webhook/qq/{name}")[0] == 200, "the new secret")
        assert post(node, secret, f"/webhook/qq/{name}")[0] == 200
    for node in realm.egress:
        within(lambda: opens(node, f"/ws/{new}") == 101, "a socket by the new secret")
        assert opens(node, f"/ws/{secret}") == 101

    realm.bots("rotate", name, "--finish")
    for node in realm.ingress:
        within(lambda: post(node, secret, f"/webhook/qq/{name}")[0] == 401, "the old secret's end")
        assert post(node, new, f"/webhook/qq/{name}")[0] == 200
    for node in realm.egress:
        within(lambda: opens(node, f"/ws/{secret}") == 404, "the old secret's end")

    realm.bots("remove", name)
    for node in realm.ingress:
        within(lambda: post(node, new, f"/webhook/qq/{name}")[0] == 404, "the bot's end")
    for node in realm.egress:
        within(lambda: opens(node, f"/ws/{new}") == 404, "the bot's end")


@pytest.mark.timeout(120)
def test_rotation_under_load(realm, name):
    """While a secret is rotated every event is acknowledged at once and arrives once on every socket; sockets stay."""

    async def run(old, new, token):
        paths = [f"/ws/{name}/{token}", f"/ws?secret={old}"]
        sockets = [Bot(name, node.port, path) for node, path in itertools.product(realm.egress, paths)]
        await asyncio.gather(*(bot.open() for bot in sockets))
        publishers = [
            Publisher(old, realm.ports), Publisher(old, realm.ports, path=f"/webhook/qq/{name}"),
            Publisher(new, realm.ports, path=f"/webhook/qq/{name}"),
        ]
        loop = asyncio.get_running_loop()
        load = [asyncio.create_task(publisher.send_at(100, 300)) for publisher in publishers[:2]]
        # The load is under way: what follows happens in the middle of it.
        await until_async(lambda: all(len(each.acknowledged) >= 50 for each in publishers[:2]), "there is no load")
        await loop.run_in_executor(None, lambda: realm.bots("rotate", name, secret=new))
        await asyncio.sleep(WITHIN)  # how long a node may take to know the new secret
        load.append(asyncio.create_task(publishers[2].send_at(100, 300)))
        await asyncio.gather(*load[:2])
        sent = [body for publisher in publishers[:2] for body in publisher.acknowledged]
        await asyncio.gather(load[2])
        sent += publishers[2].acknowledged
        assert len(sent) == len(set(sent)) == 900
        await asyncio.gather(*(bot.has(900) for bot in sockets))
        for bot in sockets:
            assert bot.closed is None and sorted(bot.received) == sorted(sent)
        # Every event was taken at its first delivery: nothing had to be sent again.
        assert [dict(publisher.answers) for publisher in publishers] == [{200: 300}] * 3
        await loop.run_in_executor(None, lambda: realm.bots("rotate", name, "--finish"))
        by_secret = [bot for bot in sockets if "secret" in bot.path]
        await until_async(lambda: all(bot.closed is not None for bot in by_secret), "a socket stays", WITHIN)
        assert [bot.closed for bot in by_secret] == [4001] * 2
        await publishers[2].send(10)
        staying = [bot for bot in sockets if bot not in by_secret]
        await asyncio.gather(*(bot.has(910) for bot in staying))
        for publisher in publishers:
            publisher.close()
        await asyncio.gather(*(bot.close() for bot in staying))

    old, new = realm.add(name), qq.secret()
    token = realm.token(name, "load")
    asyncio.run(run(old, new, token))


def test_revoked_token(realm, name):
    """A token that is taken back closes its sockets with 4001 and a reason, and its streams, on all nodes; others stay."""
    secret = realm.add(name)
    lost, kept = realm.token(name, "lost"), realm.token(name, "kept")
    with contextlib.ExitStack() as stack:

        def everywhere(token):
            clients = []
            for node in realm.egress:
                clients += [
                    socket(node, f"/ws/{name}/{token}"), socket(node, f"/ws/{name}", **bearer(token)),
                    socket(node, "/ws", subprotocols=["cloudevents.json"], **bearer(token)),
                    socket(node, f"/ws/{name}/{token}?group=g"),
                ]
            return [stack.enter_context(client) for client in clients]

        going, staying = everywhere(lost), everywhere(kept)
        staying.append(stack.enter_context(socket(realm.egress[0], f"/ws/{secret}")))
        streams = []
        for node in realm.egress:
            for path in ("/events", "/inspector/notes"):
                connection = stack.enter_context(
                    contextlib.closing(http.client.HTTPConnection("127.0.0.1", node.port, timeout=2 * WITHIN))
                )
                connection.request("GET", path, headers={"Authorization": f"Bearer {lost}"})
                streams.append(connection.getresponse())
        sessions = [stack.enter_context(GatewayClient(node.port)) for node in realm.egress]
        for session, node in zip(sessions, realm.egress, strict=True):
            session.identify(get_token(node.port, lost))

        realm.bots("token", name, "--revoke", "lost")
        assert [closed(client) for client in going] == [(4001, "revoked")] * len(going)
        for stream in streams:
            assert stream.status == 200
            stream.read()  # to its end, or a time-out
        assert [session.closed()[1] for session in sessions] == [4004] * 2
        for node in realm.egress:
            assert opens(node, f"/ws/{name}/{lost}") == 404
        assert post(realm.ingress[0], secret, f"/webhook/qq/{name}")[0] == 200
        # Members of the group share: one of them has it.
        for client in staying[:3] + staying[4:7] + staying[8:]:
            assert client.recv(timeout=PATIENCE)


def test_token_that_expires(realm, name):
    """A token that is over closes its sockets by itself, and is told apart for its holder only."""
    realm.add(name)
    token = realm.token(name, "short", flags=("--expires", "8s"))
    with socket(realm.egress[0], f"/ws/{name}/{token}") as client:
        with pytest.raises(ConnectionClosed) as ended:
            client.recv(timeout=8 + 2 * WITHIN)
        assert (ended.value.rcvd.code, ended.value.rcvd.reason) == (4001, "revoked")
    status, _, body = request(realm.egress[0], "GET", "/events", headers={"Authorization": f"Bearer {token}"})
    assert (status, json.loads(body)["reason"]) == (401, "expired_token")


def test_removed_bot(realm, name):
    """Removing a bot ends everything that was open of it, whatever it was opened by."""
    secret = realm.add(name)
    token = realm.token(name, "t")
    with socket(realm.egress[1], f"/ws/{name}/{token}") as one, socket(realm.egress[0], f"/ws/{secret}") as other:
        realm.bots("remove", name)
        assert closed(one) == closed(other) == (4001, "revoked")


def test_nothing_is_told(realm, name):
    """What is not listed is answered as any path that leads nowhere: the same bytes but for the date."""
    secret = realm.add(name)
    unknown, body = qq.secret(), qq.event()
    signed = qq.signed_headers(unknown, body) | {"X-Bot-Appid": "999"}
    nowhere = request(realm.ingress[0], "POST", "/no/such/path", body)
    for target in (
        f"/webhook/qq/{unknown}", f"/webhook/wechat/{name}", f"/webhook/generic/{name}", qq.webhook_path(unknown),
        f"/webhook/qq?secret={unknown}", f"/webhook/messenger?secret={unknown}", f"/webhook/generic?secret={unknown}",
        f"/webhook/generic?secret={secret}", f"/webhook/wechat?secret={unknown}", "/webhook/qq", "/webhook",
        f"/webhook/dialogflow?secret={unknown}",
    ):
        assert request(realm.ingress[0], "POST", target, body, signed) == nowhere, target

    node = realm.egress[0]
    wrong = {"Authorization": f"Bearer {unknown}"}
    upgrade = {
        "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    for target, headers in (
        (f"/ws/{unknown}", upgrade), (f"/ws/{name}", upgrade), (f"/ws/{name}/{unknown}", upgrade),
        (f"/ws?secret={unknown}", upgrade), ("/ws", upgrade | wrong), (f"/ws/{name}", upgrade | wrong),
        (f"/ws/{name}", upgrade | {"Sec-WebSocket-Protocol": f"hookwire.raw, bearer.{unknown}"}),
        ("/events", wrong), (f"/events?bot={name}", wrong), (f"/events?bot={unknown}", {}),
        (f"/events?secret={unknown}", {}), (f"/events?token={unknown}", {}), ("/dead-letters", wrong),
        ("/inspector/notes", wrong), ("/inspector/bodies/9f2c61d07a55e013-42", wrong),
        (f"/qq/ws/{unknown}", upgrade), (f"/qq/secret/{unknown}/gateway", {}), (f"/qq/ws/{name}", upgrade),
    ):
        # Whoever asks for an upgrade and gets none is disconnected, wherever it asks.
        nowhere = request(node, "GET", "/no/such/path", headers=headers)
        assert nowhere[0] == 404 and request(node, "GET", target, headers=headers) == nowhere, target
    nowhere = request(node, "POST", "/no/such/path", "", wrong)
    for target, body in (
        ("/replay", '{"position":"9f2c61d07a55e013-42"}'), ("/dead-letters/1/replay", ""),
        ("/inspector/test-event", '{"text":"x"}'),
        ("/qq/app/getAppAccessToken", json.dumps({"appId": "1", "clientSecret": unknown})),
    ):
        assert request(node, "POST", target, body, wrong) == nowhere, target


def test_scopes(realm, name):
    """A token is good for what it says: replies are neither offered nor taken without `reply`, replays need `replay`."""
    secret = realm.add(name, "--platform", "generic", "--scheme", "none", "--reply")
    reader, writer = realm.token(name, "reader", "receive"), realm.token(name, "writer", "receive", "reply")
    replayer = realm.token(name, "replayer", "replay")
    node = realm.egress[0]
    assert opens(node, f"/ws/{name}/{replayer}") == 403
    assert opens(node, f"/ws/{name}/{reader}?reply=1") == 403
    envelopes = {"subprotocols": ["cloudevents.json"]}
    with (
        socket(node, f"/ws/{name}/{reader}", **envelopes) as silent,
        socket(node, f"/ws/{name}/{writer}", **envelopes) as answering,
    ):
        connection = http.client.HTTPConnection("127.0.0.1", realm.ingress[0].port, timeout=PATIENCE)
        with contextlib.closing(connection):
            connection.request("POST", f"/webhook/generic/{name}", "hi", {"Authorization": f"Bearer {secret}"})
            unoffered, offered = json.loads(silent.recv(timeout=PATIENCE)), json.loads(answering.recv(timeout=PATIENCE))
            assert "replytoken" not in unoffered and unoffered["position"] == offered["position"]
            frame = {"type": "reply", "token": offered["replytoken"], "text": "stolen", "ref": "1"}
            silent.send(json.dumps(frame))
            refusal = json.loads(silent.recv(timeout=PATIENCE))
            assert (refusal["type"], refusal["reason"], refusal["ref"]) == ("hookwire.error", "wrong_scope", "1")
            answering.send(json.dumps(frame | {"text": "hello"}))
            assert connection.getresponse().read() == b"hello"
    position = offered["position"]
    for token, status in ((reader, 403), (replayer, 200), (secret, 200)):
        headers = {"Authorization": f"Bearer {token}"}
        assert request(node, "POST", "/replay", json.dumps({"position": position}), headers)[0] == status
        assert request(node, "GET", f"/inspector/bodies/{position}", headers=headers)[0] == status
        assert request(node, "GET", "/dead-letters", headers=headers)[0] == status
    for token, status in ((replayer, 403), (writer, 403), (secret, 200)):
        headers = {"Authorization": f"Bearer {token}"}
        assert request(node, "POST", "/inspector/test-event", '{"text":"x"}', headers)[0] == status


def test_browsers(realm, name, tmp_path):
    """A page opens a socket with its token in a subprotocol, which is never echoed; one of another origin does not."""
    node = realm.egress[0]
    origin = f"http://127.0.0.1:{node.port}"
    secret = realm.add(name, "--origin", origin)
    token = realm.token(name, "page", "receive")
    protocols = ["hookwire.raw", f"bearer.{token}"]
    with socket(node, f"/ws/{name}", subprotocols=protocols) as client:
        assert client.subprotocol == "hookwire.raw"
    with socket(node, f"/ws/{name}", subprotocols=["cloudevents.json", *protocols]) as client:
        assert client.subprotocol == "cloudevents.json"
    assert opens(node, f"/ws/{name}", subprotocols=protocols, origin="https://elsewhere.example") == 403
    # Who has no token learns nothing of origins.
    assert opens(node, f"/ws/{name}", origin="https://elsewhere.example") == 404

    script = """new Promise(resolve => {
        const socket = new WebSocket("ws://127.0.0.1:%d/ws/%s", ["hookwire.raw", "bearer.%s"])
        window.messages = []
        socket.onmessage = event => messages.push(event.data)
        socket.onopen = () => resolve(socket.protocol)
        socket.onclose = event => { window.end = `${event.code} ${event.reason}`; resolve("closed") }
    })"""
    with Browser(tmp_path) as browser:
        page = browser.page(f"{origin}/livez")
        assert page.run(script % (node.port, name, token)) == "hookwire.raw"
        body = qq.event("for the page")
        assert post(realm.ingress[1], secret, f"/webhook/qq/{name}", body)[0] == 200
        page.wait("messages.length == 1")
        assert page.run("messages[0]") == body.decode()
        other = browser.page(f"http://localhost:{node.port}/livez")
        assert other.run(script % (node.port, name, token)) == "closed"
        realm.bots("token", name, "--revoke", "page")
        page.wait("window.end", seconds=WITHIN)
        assert page.run("window.end") == "4001 revoked"


def test_gateway_over_a_rotation(realm, name):
    """A session goes on over a rotation, and is resumed after it with the new secret's token and nothing lost."""
    secret = realm.add(name)
    one, other = realm.egress

    def send(secret, text):
        assert post(realm.ingress[0], secret, f"/webhook/qq/{name}", qq.event(text))[0] == 200

    new = qq.secret()
    with GatewayClient(one.port) as client:
        client.identify(get_token(one.port, secret))
        send(secret, "a")
        assert client.contents(1) == ["a"]
        realm.bots("rotate", name, secret=new)
        for node in (*realm.ingress, *realm.egress):
            path = f"/ws/{new}" if node in realm.egress else None
            within(lambda: (opens(node, path) == 101) if path else post(node, new, f"/webhook/qq/{name}",
                   qq.validation())[0] == 200, "the new secret")
        send(new, "b")
        assert client.contents(1) == ["b"]
        session, sequence = client.session_id, client.sequence
    send(secret, "c")
    with GatewayClient(other.port) as client:
        client.resume(get_token(other.port, new), session, sequence)
        assert client.until_resumed() == ["c"]
        realm.bots("rotate", name, "--finish")
        send(new, "d")
        assert client.contents(1) == ["d"]


@pytest.mark.timeout(120)
@pytest.mark.parametrize("by", ["secret", "token"])
def test_real_sdk(realm, name, tmp_path, by):
    """An unmodified SDK of QQ's logs in as a registered bot, by its secret or by a token in its place."""
    secret = realm.add(name)
    key = secret if by == "secret" else realm.token(name, "sdk", "receive")
    node = realm.egress[0]
    assert opens(node, "/qq/ws/" + urllib.parse.quote(key)) == 101
    with SDKBot("qqbot-agent-sdk", f"127.0.0.1:{node.port}", "102000001", key, tmp_path) as bot:
        bot.await_line("ready")
        command = [BINARY, "send", "--relay", f"http://127.0.0.1:{realm.ingress[0].port}", "--bot", name, "--text", "hi"]
        subprocess.run(command, env=environment(HOOKWIRE_SECRET=secret), check=True, capture_output=True)
        bot.await_received(1)
        assert bot.received == ["hi"]


def test_clients_of_ours(realm, name):
    """listen, replay, dead-letters and doctor work with a bot's name and a token, and say why where they may not."""
    secret = realm.add(name)
    token = realm.token(name, "cli", "receive", "replay")
    node = realm.egress[0]
    assert post(realm.ingress[0], secret, f"/webhook/qq/{name}", qq.event("hello"))[0] == 200

    def run(*words, **env):
        return subprocess.run(
            [BINARY, *words], env=environment(**env), capture_output=True, text=True, timeout=PATIENCE
        )

    def client(*words, **env):
        return run(*words, "--relay", f"http://127.0.0.1:{node.port}", **({"HOOKWIRE_TOKEN": token} | env))

    heard = client("listen", "--bot", name, "--since", "5m", "--count", "1")
    assert heard.returncode == 0 and json.loads(heard.stdout)["text"] == "hello", heard.stderr
    position = json.loads(heard.stdout)["position"]
    assert client("replay", "--position", position, "--bot", name).stdout.startswith(f"replayed {position} as ")
    assert client("dead-letters", "list", "--bot", name).stdout == "No dead letters.\n"
    other = client("listen", "--bot", "another", "--count", "1")
    assert other.returncode == 1 and "404" in other.stderr
    file = realm.folder / f"token-{os.urandom(4).hex()}"
    file.write_text(token + "\n")
    heard = client("listen", "--since", "5m", "--count", "1", HOOKWIRE_TOKEN="", HOOKWIRE_TOKEN_FILE=str(file))
    assert heard.returncode == 0, heard.stderr
    sent = run(
        "send", "--relay", f"http://127.0.0.1:{realm.ingress[0].port}", "--bot", name, HOOKWIRE_SECRET=secret
    )
    assert sent.returncode == 0, sent.stdout
    url = f"http://127.0.0.1:{realm.ingress[0].port}/webhook/qq/{name}"
    findings = json.loads(run("doctor", url, "--insecure", "--json", HOOKWIRE_SECRET=secret).stdout)
    outcomes = {finding["check"]: finding["outcome"] for finding in findings["checks"]}
    assert list(outcomes.values()).count("ok") >= 6 and outcomes["event"] == outcomes["forgery"] == "ok", findings


def test_clients_of_ours_revoked(realm, name):
    """listen and forward end when their token is taken back: who came back would be refused for ever."""
    realm.add(name)
    with contextlib.ExitStack() as stack:
        clients = []
        for label, words in (("a", ["listen"]), ("b", ["forward", "--to", "http://127.0.0.1:1/"])):
            token = realm.token(name, label)
            command = Command(
                *words, "--relay", f"http://127.0.0.1:{realm.egress[0].port}", "--bot", name,
                secret=token, folder=realm.folder, env={"HOOKWIRE_TOKEN": token},
            )
            clients.append(stack.enter_context(command))
            command.complains("Connected")
            realm.bots("token", name, "--revoke", label)
        for command in clients:
            assert command.ends()[0] == 1
            assert "the token or the secret was revoked" in command.errors and "(4001)" in command.errors
            assert "trying again" not in command.errors


def test_open_with_a_registry(tmp_path):
    """An open relay serves any secret as ever; a bot that is newly listed keeps its sockets, or is told to come again."""
    with contextlib.ExitStack() as stack:
        realm = Realm(tmp_path, stack, access="open")
        kept, stranger = qq.secret(), qq.secret()
        node = realm.egress[0]
        clients = {
            secret: stack.enter_context(socket(node, f"/ws/{secret}")) for secret in (kept, stranger)
        }
        realm.add("kept", secret=kept)
        assert post(realm.ingress[0], kept, "/webhook/qq/kept")[0] == 200
        assert post(realm.ingress[1], stranger, qq.webhook_path(stranger))[0] == 200
        for client in clients.values():
            assert client.recv(timeout=PATIENCE)
        # The secret is rotated away; the channel stays the bot's.
        new = qq.secret()
        realm.bots("rotate", "kept", secret=new)
        realm.bots("rotate", "kept", "--finish")
        assert closed(clients[kept]) == (4001, "revoked")
        within(lambda: opens(realm.egress[1], f"/ws/{kept}") == 404, "the old secret's end")
        for ingress in realm.ingress:
            within(lambda: post(ingress, kept, qq.webhook_path(kept))[0] == 404, "the old secret's end")
        assert post(realm.ingress[1], stranger, qq.webhook_path(stranger))[0] == 200
        assert clients[stranger].recv(timeout=PATIENCE)
