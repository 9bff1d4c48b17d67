"""`hookwire bots`, on a file and on Redis: what it does, says and does not say, and what nodes make of it."""

import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import time

import pytest

import qq
from bots_command import Registry, bot_database
from redis_server import RedisServer, free_port
from relay import BINARY, PATIENCE, REPOSITORY, environment
from tiers import TierNode
from waiting import until


@pytest.fixture(scope="module")
def redis(tmp_path_factory):
    server = RedisServer(tmp_path_factory.mktemp("registry"))
    yield server
    server.kill()


@pytest.fixture(params=["file", "redis"])
def registry(request, tmp_path):
    """A registry of each kind, empty."""
    if request.param == "file":
        yield Registry("file", tmp_path)
    else:
        server = request.getfixturevalue("redis")
        server.command("FLUSHALL")
        yield Registry("redis", tmp_path, server)


@pytest.fixture
def file(tmp_path):
    return Registry("file", tmp_path)


def names(registry):
    return [json.loads(line)["name"] for line in registry.does("list", "--json").splitlines()]


def test_life_of_a_bot(registry):
    """Added, shown, rotated, removed; and never a secret in what is printed."""
    first, second = qq.secret(), qq.secret()
    out = registry.does("add", "support", "--platform", "qq", "--secret", first, "--appid", "11111111", "--requests", "20/m")
    assert "/webhook/qq/support" in out and "/ws/support" in out
    registry.does("add", "other", "--platform", "generic", "--secret-file", "/dev/stdin", stdin=qq.secret() + "\n")
    assert names(registry) == ["other", "support"]
    table = registry.does("list").splitlines()
    assert table[0].split()[:2] == ["NAME", "PLATFORM"] and table[2].split()[:3] == ["support", "qq", "11111111"]
    channel = json.loads(registry.does("show", "support", "--json"))["channel"]
    registry.does("rotate", "support", "--secret", second)
    shown = registry.does("show", "support")
    assert "holds too" in shown and "20/m" in shown
    bot = json.loads(registry.does("show", "support", "--json"))
    assert bot["rotating"] and bot["channel"] == channel
    assert "holds too" not in registry.does("rotate", "support", "--finish")
    assert not json.loads(registry.does("show", "support", "--json"))["rotating"]
    assert "no rotation" in registry.refuses("rotate", "support", "--finish")
    registry.does("check")
    registry.does("remove", "support")
    assert names(registry) == ["other"]
    assert "no bot" in registry.refuses("remove", "support")
    assert "no bot" in registry.refuses("show", "support")
    assert first not in registry.printed and second not in registry.printed


def test_secrets_from_everywhere(registry, tmp_path):
    """A flag, standard input, a file, the environment and a file that it names all give the same secret."""
    secret = qq.secret()
    (tmp_path / "secret").write_text(secret + "\n")
    registry.does("add", "flag", "--secret", secret)
    for words, options in (
        (["--secret", "-"], {"stdin": secret + "\n"}),
        (["--secret-file", "secret"], {}),
        ([], {"HOOKWIRE_SECRET": secret}),
        ([], {"HOOKWIRE_SECRET_FILE": str(tmp_path / "secret")}),
    ):
        sentence = registry.refuses("add", "again", *words, **options)
        assert "The bot flag has this secret already" in sentence
    assert "HOOKWIRE_SECRET" in registry.refuses("add", "again", code=64)
    both = {"HOOKWIRE_SECRET": secret, "HOOKWIRE_SECRET_FILE": "secret"}
    assert "both" in registry.refuses("add", "again", code=64, **both)
    assert "nowhere" in registry.refuses("add", "again", "--secret-file", "nowhere", code=64)
    assert secret not in registry.printed


def test_tokens(registry):
    """A token is the last word that is printed, is kept as a hash, has what it was given, and can be taken back."""
    registry.does("add", "support", "--secret", qq.secret())
    token = registry.does("token", "support", "--name", "laptop", "--scope", "receive", "--expires", "90d").split()[-1]
    assert token.startswith("hwt_") and len(token) == 68
    [kept] = json.loads(registry.does("show", "support", "--json"))["tokens"]
    assert kept["name"] == "laptop" and kept["scopes"] == ["receive"]
    days = (time.mktime(time.strptime(kept["expires"], "%Y-%m-%dT%H:%M:%SZ")) - time.mktime(time.gmtime())) / 86_400
    assert 89 < days < 91
    registry.does("token", "support", "--name", "phone")
    assert "already" in registry.refuses("token", "support", "--name", "laptop")
    registry.does("token", "support", "--revoke", "laptop")
    assert "no token laptop" in registry.refuses("token", "support", "--revoke", "laptop")
    assert [kept["name"] for kept in json.loads(registry.does("show", "support", "--json"))["tokens"]] == ["phone"]
    if registry.kind == "file":
        assert token not in registry.path.read_text()
    for words in (["--name", "a b"], [], ["--name", "a", "--revoke", "b"], ["--name", "x", "--expires", "2001-01-01"],
                  ["--name", "x", "--scope", "everything"]):
        registry.refuses("token", "support", *words, code=64)


def test_mistakes_have_sentences(registry):
    """What cannot be is refused with what mends it, and changes nothing."""
    for words in (["a b"], ["-x"], ["a\x07b"], ["a", "--platform", "icq"], ["a", "--requests", "100"],
                  ["a", "--burst", "5"], ["a", "--origin", "bot.example"], ["a", "--aes-key", "short"]):
        registry.refuses("add", *words, "--secret", qq.secret(), code=64)
    assert "can be guessed" in registry.refuses("add", "a", "--secret", "1234567", code=64)
    registry.does("add", "a", "--secret", qq.secret(), "--appid", "1")
    assert "already" in registry.refuses("add", "a", "--secret", qq.secret())
    assert "has the app id 1 already" in registry.refuses("add", "b", "--secret", qq.secret(), "--appid", "1")
    assert names(registry) == ["a"]


def test_no_store(tmp_path):
    """Without a word about where bots are, and with a Redis without a key, nothing is kept anywhere."""
    nowhere = Registry("file", tmp_path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Registry, "variables", {})
        assert "--bots" in nowhere.refuses("list", code=64)
        assert "HOOKWIRE_REGISTRY_KEY" in nowhere.refuses("list", "--redis-url", "redis://localhost:1", code=64)
        wrong = nowhere.refuses("list", "--redis-url", "redis://localhost:1", code=64, HOOKWIRE_REGISTRY_KEY="abc")
        assert "64 hexadecimal digits" in wrong and "abc" not in wrong
        key = "0" * 64
        gone = nowhere.refuses(
            "list", "--redis-url", f"redis://127.0.0.1:{free_port()}", code=2, HOOKWIRE_REGISTRY_KEY=key
        )
        assert "Redis" in gone


def test_import(registry, tmp_path):
    """Another relay's bots come over with their tokens, once however often it is run, and none is printed."""
    rows = [(qq.secret(), "abcdefghij"), (qq.secret(), "ABCDEFGHIJ")]
    bot_database(tmp_path / "database.db", rows)
    before = (tmp_path / "database.db").read_bytes()
    assert "2 to register" in registry.does("import", "database.db", "--dry-run")
    out = registry.does("import", "database.db")
    assert "2 registered, 0 registered already, 0 left out, of 2 rows." in out
    assert "0 registered, 2 registered already" in registry.does("import", "database.db")
    assert names(registry) == ["imported-1", "imported-2"]
    bot = json.loads(registry.does("show", "imported-1", "--json"))
    assert bot["needs_token"] and bot["platform"] == "qq"
    assert [(token["name"], sorted(token["scopes"])) for token in bot["tokens"]] == [("imported", ["receive", "reply"])]
    assert (tmp_path / "database.db").read_bytes() == before
    for secret, token in rows:
        assert secret not in registry.printed and token not in registry.printed


def test_import_leaves_out_what_cannot_be(file, tmp_path):
    """Rows with secrets that can be guessed are named by their number, and the others come over."""
    bot_database(tmp_path / "database.db", [("short", "a"), (qq.secret(), "b")])
    sentence = file.refuses("import", "database.db")
    assert "Row 1" in sentence and "5 bytes" in sentence
    assert names(file) == ["imported-1"]
    (tmp_path / "no.db").write_text("This is no database, and longer than the head of one would be. " * 20)
    assert "cannot be imported" in file.refuses("import", "no.db")
    assert "cannot be imported" in file.refuses("import", "missing.db")


def test_audit(redis, tmp_path):
    """Redis remembers who did what to which bot."""
    redis.command("FLUSHALL")
    registry = Registry("redis", tmp_path, redis)
    registry.does("add", "support", "--secret", qq.secret())
    registry.does("token", "support", "--name", "laptop")
    registry.refuses("add", "support", "--secret", qq.secret())
    entries = [json.loads(line) for line in registry.does("audit", "--json").splitlines()]
    assert [entry["action"] for entry in entries] == ["add_token", "add"]
    assert entries[0]["subject"] == "laptop" and all(entry["actor"].startswith("cli:") for entry in entries)
    logged = registry.run("remove", "support", "--log-level", "info").stderr
    assert "hookwire.audit" in logged and "action=remove" in logged and "outcome=done" in logged


def test_second_rotation_is_told(registry):
    """Two secrets hold at most: a rotation within a rotation drops the oldest, and the command says so."""
    registry.does("add", "support", "--secret", qq.secret())
    assert not registry.run("rotate", "support", "--secret", qq.secret()).stderr
    again = registry.run("rotate", "support", "--secret", qq.secret())
    assert again.returncode == 0 and "oldest of the three" in again.stderr


def test_new_registry_is_told(redis, tmp_path):
    """Who begins a registry, perhaps where Redis has lost one, hears of it, once."""
    redis.command("FLUSHALL")
    registry = Registry("redis", tmp_path, redis)
    assert "a new one was begun" in registry.run("add", "support", "--secret", qq.secret()).stderr
    assert not registry.run("add", "other", "--secret", qq.secret()).stderr


def test_damaged_record(redis, tmp_path):
    """A record that cannot be read is told, hinders no other, and is mended by what the sentence names."""
    redis.command("FLUSHALL")
    registry = Registry("redis", tmp_path, redis)
    for name in ("broken", "whole"):
        registry.does("add", name, "--secret", qq.secret())
    redis.command("HSET", "hw:{registry}:bots", "broken", "garbage")
    listed = registry.run("list")
    assert listed.returncode == 1 and "whole" in listed.stdout and "broken" not in listed.stdout
    assert "The bot broken in Redis cannot be read" in listed.stderr
    registry.refuses("check")
    changed = registry.run("rotate", "whole", "--secret", qq.secret())
    assert changed.returncode == 0 and "warning: The bot broken" in changed.stderr
    registry.refuses("rotate", "broken", "--secret", qq.secret())
    registry.does("add", "broken", "--secret", qq.secret())
    redis.command("HSET", "hw:{registry}:bots", "broken", "garbage")
    registry.does("remove", "broken")
    assert names(registry) == ["whole"]


def test_redis_holds_no_secret(redis, tmp_path):
    """Neither keys nor values show a secret or a token."""
    redis.command("FLUSHALL")
    registry = Registry("redis", tmp_path, redis)
    secret = qq.secret()
    registry.does("add", "support", "--secret", secret)
    token = registry.does("token", "support", "--name", "laptop").split()[-1]
    redis.command("SAVE")
    dump = (redis.folder / "dump.rdb").read_bytes()
    held = b"support" in dump
    redis.command("CONFIG", "SET", "rdbcompression", "no")
    redis.command("SAVE")
    dump += (redis.folder / "dump.rdb").read_bytes()
    assert held or b"support" in dump, "the dump is not the registry's"
    for text in (secret, token, hashlib.sha256(token.encode()).hexdigest()):
        assert text.encode() not in dump


def test_wrong_key(redis, tmp_path, start):
    """Another key than the bots were registered with is told, by commands and by nodes, which stay red."""
    redis.command("FLUSHALL")
    registry = Registry("redis", tmp_path, redis)
    registry.does("add", "support", "--secret", qq.secret())
    variables = registry.variables | {"HOOKWIRE_REGISTRY_KEY": "0" * 64}
    other = Registry("redis", tmp_path, redis)
    other.key = "0" * 64
    assert "another key" in other.refuses("list")
    assert "another key" in other.refuses("add", "b", "--secret", qq.secret())
    relay = start("--access", "registered", env=variables)
    until(lambda: "another key" in relay.log, "the node's log says nothing")
    answer = relay.get("/readyz")
    assert answer.status == 503
    problem = json.loads(answer.body)
    assert problem["reason"] == "registry_unread" and "HOOKWIRE_REGISTRY_KEY" in problem["detail"]
    assert relay.get("/livez").status == 200
    assert names(registry) == ["support"]


def test_nodes_follow_redis(redis, tmp_path):
    """What a command changes, every node of the Redis reads by itself."""
    redis.command("FLUSHALL")
    registry = Registry("redis", tmp_path, redis)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in registry.variables.items():
            patch.setitem(os.environ, name, value)
        patch.setattr("tiers.environment", lambda **additions: environment(**registry.variables, **additions))
        flags = ["--access", "registered", "--log-level", "debug"]
        with TierNode("ingress", redis.url, *flags, folder=tmp_path) as ingress:
            with TierNode("egress", redis.url, *flags, folder=tmp_path) as egress:
                for node in (ingress, egress):
                    node.await_ready()
                registry.does("add", "support", "--secret", qq.secret())
                registry.does("add", "other", "--secret", qq.secret())
                for node in (ingress, egress):
                    until(lambda node=node: "bots=2" in node.log, "a node does not know both bots")


def test_node_follows_its_file(file, start):
    """A change is taken over, a broken file is not and says where it is wrong, and SIGHUP ends nothing."""
    file.does("add", "support", "--secret", qq.secret())
    relay = start("--access", "registered", env=file.variables)
    assert relay.get("/readyz").status == 200
    file.does("add", "other", "--secret", qq.secret())
    until(lambda: "bots=2" in relay.log, "the change is not noticed")
    good = file.path.read_text()
    file.path.write_text(good + "  third: {platform: icq}\n")
    line = good.count("\n") + 1
    until(lambda: f"bots.yaml:{line}: " in relay.log, "the fault is not told")
    assert "the bots known stay" in relay.log
    assert "bots.yaml" in file.refuses("add", "fourth", "--secret", qq.secret())
    file.path.write_text(good)
    relay.signal(signal.SIGHUP)
    until(lambda: "are as before" in relay.log, "SIGHUP reads nothing")
    assert relay.get("/readyz").status == 200


def test_node_does_not_start_with_a_broken_file(file):
    """All that is wrong is said, with its lines, and the exit code is that of wrong settings."""
    file.path.write_text("bots:\n  a:\n    platform: icq\n    secret: short\n  b: {colour: red}\n")
    done = subprocess.run(
        [BINARY, "serve", "--port", "0"], capture_output=True, text=True, timeout=PATIENCE, env=environment(**file.variables)
    )
    assert done.returncode == 64
    for place in (":3: ", ":4: ", ":5: "):
        assert str(file.path) + place in done.stderr
    assert [line.split(":")[1] for line in file.refuses("check").splitlines()][:2] == ["3", "4"]


def test_check_warns(file):
    """An expired token is told with its line, and is no fault."""
    file.does("add", "support", "--secret", qq.secret())
    file.does("token", "support", "--name", "old", "--expires", "2099-01-01")
    file.path.write_text(file.path.read_text().replace("2099-", "2019-"))
    done = file.run("check")
    assert done.returncode == 0 and "warning: The token old of the bot support has expired" in done.stderr
    assert done.stdout == "Nodes take 1 bot; there is 1 warning.\n"
    assert ":" + str(file.path.read_text().split("\n").index('        expires: "2019-01-01T00:00:00Z"') + 1) + ":" in done.stderr


def test_commands_side_by_side(registry):
    """Commands at the same moment lose nothing of each other's."""
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        for done in pool.map(lambda index: registry.run("add", f"bot-{index}", "--secret", qq.secret()), range(12)):
            assert done.returncode == 0, done.stderr
    assert len(names(registry)) == 12


def command_line(process):
    return pathlib.Path(f"/proc/{process.pid}/cmdline").read_bytes()


@pytest.mark.parametrize(
    "words",
    [
        ["listen", "--relay", "RELAY", "--secret", "SECRET"],
        ["forward", "--relay", "RELAY", "--secret=SECRET", "--to", "http://127.0.0.1:1/"],
        ["bots", "add", "x", "--secret", "SECRET", "--redis-url", "redis://u:SECRET@127.0.0.1:1"],
        ["serve", "--port", "0", "--redis-url", "redis://:SECRET@127.0.0.1:1/0"],
    ],
)
def test_process_list_shows_no_secret(relay, words):
    """Secrets among the arguments go from the process list; what tells which process it is stays."""
    secret = qq.secret()
    words = [word.replace("SECRET", secret).replace("RELAY", relay.url) for word in words]
    process = subprocess.Popen(
        [BINARY, *words],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment(HOOKWIRE_REGISTRY_KEY="0" * 64),
    )
    try:
        until(lambda: b"***" in command_line(process), "nothing is hidden")
        shown = command_line(process)
        assert secret.encode() not in shown
        assert str(BINARY).encode() in shown and words[0].encode() in shown
        assert process.poll() is None
    finally:
        process.kill()
        process.wait()


def test_help_shows_no_secret():
    """The environment's secret is no default that help prints."""
    secret = qq.secret()
    for command in ("listen", "send", "forward", "replay", "doctor", "bench", "bots"):
        done = subprocess.run(
            [BINARY, command, "--help"], capture_output=True, text=True, env=environment(HOOKWIRE_SECRET=secret)
        )
        assert done.returncode == 0 and secret not in done.stdout


def test_client_takes_a_secret_file(relay, tmp_path):
    """HOOKWIRE_SECRET_FILE does for clients what HOOKWIRE_SECRET does."""
    secret = qq.secret()
    (tmp_path / "secret").write_text(secret + "\n")
    with relay.bot(secret) as bot:
        done = subprocess.run(
            [BINARY, "send", "--relay", relay.url, "--text", "from a file"],
            capture_output=True,
            text=True,
            env=environment(HOOKWIRE_SECRET_FILE=str(tmp_path / "secret")),
        )
        assert done.returncode == 0, done.stderr
        assert "from a file" in bot.recv(timeout=PATIENCE)


def test_documented_file(file):
    """The file in docs/bots.md is one that a node takes, and what it says of itself is what is understood."""
    text = (REPOSITORY / "docs/bots.md").read_text()
    example = re.search(r"^```yaml\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)[1]
    file.path.write_text(example)
    (file.folder / "secrets").mkdir()
    (file.folder / "secrets/support").write_text(qq.secret() + "\n")
    done = file.run("check")
    assert done.stderr == "" and done.stdout.startswith("Nothing is wrong with ")
    assert names(file) == ["builds", "page", "shop", "support"]
    bot = json.loads(file.does("show", "support", "--json"))
    assert bot["limits"] == {"requests": "100/s", "burst": 200, "sockets": 10, "log_bytes": 1 << 20}
    assert not bot["opens_by_secret"]


def test_settings_from_files(redis, tmp_path):
    """The Redis URL, which may hold a password, and the key may be in files that the environment names."""
    redis.command("FLUSHALL")
    registry = Registry("redis", tmp_path, redis)
    registry.does("add", "support", "--secret", qq.secret())
    (tmp_path / "url").write_text(redis.url + "\n")
    (tmp_path / "key").write_text(registry.key + "\n")
    files = {"HOOKWIRE_REDIS_URL_FILE": "url", "HOOKWIRE_REGISTRY_KEY_FILE": "key"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Registry, "variables", files)
        assert names(registry) == ["support"]
        sentence = registry.refuses("list", code=64, HOOKWIRE_REGISTRY_KEY_FILE="nowhere")
        assert "HOOKWIRE_REGISTRY_KEY_FILE" in sentence and "nowhere" in sentence


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes files for others")
def test_what_root_makes_is_the_owners(tmp_path):
    """A service whose file of bots root has changed once can change it still: the lock belongs to the owner, too."""
    owner = 65_534
    file = Registry("file", tmp_path)
    os.chown(tmp_path, owner, owner)
    file.does("add", "first", "--secret", qq.secret())
    assert (tmp_path / "bots.yaml.lock").stat().st_uid == owner
    os.chown(file.path, owner, owner)
    (tmp_path / "bots.yaml.lock").unlink()
    os.chown(tmp_path, 0, 0)
    file.does("add", "second", "--secret", qq.secret())
    assert file.path.stat().st_uid == (tmp_path / "bots.yaml.lock").stat().st_uid == owner
    # But nothing that a link leads to.
    (tmp_path / "bots.yaml.lock").unlink()
    (tmp_path / "bots.yaml.lock").symlink_to(tmp_path / "elsewhere")
    assert "bots.yaml.lock" in file.refuses("add", "third", "--secret", qq.secret(), code=2)
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes files for others")
def test_file_of_a_group():
    """Who is in its group changes it and leaves it, and its lock, to the group; who could leave it to nobody is refused."""
    node, group, member, stranger = 23_001, 23_010, 23_002, 23_100

    def run(user, groups, *words):
        return subprocess.run(
            [BINARY, "bots", *words, "--bots", str(path)], user=user, group=user, extra_groups=groups, capture_output=True,
            text=True, env=environment(), timeout=PATIENCE * 2, cwd=folder,
        )

    def owners(name):
        status = (folder / name).stat()
        return status.st_uid, status.st_gid, status.st_mode & 0o777

    # The folders of pytest are open to nobody else.
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        path, lock = folder / "bots.yaml", folder / "bots.yaml.lock"
        os.chown(folder, node, group)
        folder.chmod(0o770)
        path.write_text(f"bots:\n  first: {{platform: qq, secret: {qq.secret()}}}\n")
        os.chown(path, node, group)
        path.chmod(0o660)
        done = run(member, [group], "add", "second", "--secret", qq.secret())
        assert done.returncode == 0, done.stderr
        assert owners("bots.yaml") == (member, group, 0o660) and owners("bots.yaml.lock") == (member, group, 0o660)
        done = run(node, [group], "add", "third", "--secret", qq.secret())
        assert done.returncode == 0, done.stderr
        assert owners("bots.yaml") == (node, group, 0o660)

        lock.unlink()
        folder.chmod(0o777)
        path.chmod(0o644)
        before = path.read_text()
        done = run(stranger, [], "add", "fourth", "--secret", qq.secret())
        assert done.returncode == 2 and f"the user {node} and the group {group}" in done.stderr
        assert path.read_text() == before and owners("bots.yaml") == (node, group, 0o644)
        assert [each.name for each in folder.iterdir()] == ["bots.yaml"], "a lock that keeps others out is left"


def test_import_beside_a_rotated_secret(registry):
    """A row with a secret that a bot once had is left out by its number, also in what would be done; the others are taken."""
    former, others = qq.secret(), [qq.secret(), qq.secret()]
    registry.does("add", "support", "--secret", former)
    registry.does("rotate", "support", "--secret", qq.secret())
    registry.does("rotate", "support", "--finish")
    database = registry.folder / "database.db"
    bot_database(database, [(secret, f"token of {secret}") for secret in (others[0], former, others[1])])
    for flags in (["--dry-run"], []):
        done = registry.run("import", database, *flags)
        assert done.returncode == 1 and "Row 2" in done.stderr and "support" in done.stderr and former not in done.stderr
        assert done.stdout.splitlines()[-1].startswith("2 ") and "1 left out, of 3 rows" in done.stdout
    assert names(registry) == ["imported-1", "imported-2", "support"]


def test_list_that_cannot_be_written(file):
    """A backup on a full disk is none, and says so."""
    file.does("add", "support", "--secret", qq.secret())
    for command in (["list", "--json"], ["show", "support"], ["check"]):
        with open("/dev/full", "w") as full:
            done = subprocess.run(
                [BINARY, "bots", *command], stdout=full, stderr=subprocess.PIPE,
                text=True, env=environment(**file.variables), timeout=PATIENCE * 2, cwd=file.folder,
            )
        assert done.returncode == 1 and "The output cannot be written: No space left on device." in done.stderr


@pytest.mark.parametrize("command", [["remove", "support"], ["token", "support", "--name", "laptop"]], ids=["remove", "token"])
def test_file_that_is_not_there(tmp_path, command):
    """A mistake in the path is no bot that is gone, and leaves nothing behind."""
    done = subprocess.run(
        [BINARY, "bots", *command, "--bots", "missing.yaml"], capture_output=True, text=True, env=environment(),
        timeout=PATIENCE * 2, cwd=tmp_path,
    )
    assert done.returncode == 2 and "There is no file missing.yaml" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_link_to_nothing(tmp_path):
    """No file takes the place of a link whose own file is still to be made."""
    (tmp_path / "bots.yaml").symlink_to("volume/bots.yaml")
    done = subprocess.run(
        [BINARY, "bots", "add", "support", "--platform", "qq", "--secret", qq.secret(), "--bots", "bots.yaml"],
        capture_output=True, text=True, env=environment(), timeout=PATIENCE * 2, cwd=tmp_path,
    )
    assert done.returncode != 0 and "it is a link to a file that is not there" in done.stderr
    assert (tmp_path / "bots.yaml").is_symlink()


def test_token_that_nobody_sees(file):
    """A token that could not be printed is said to be lost: it is shown this once."""
    file.does("add", "support", "--secret", qq.secret())
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [BINARY, "bots", "token", "support", "--name", "laptop"], stdout=full, stderr=subprocess.PIPE,
            text=True, env=environment(**file.variables), timeout=PATIENCE * 2, cwd=file.folder,
        )
    assert done.returncode != 0 and "No space left" in done.stderr and "--revoke laptop" in done.stderr


def test_metrics_of_the_registry(file, start):
    """A file that cannot be taken over turns a gauge to 0 and is counted once, until it is mended."""
    file.does("add", "support", "--secret", qq.secret())
    relay = start("--access", "registered", "--bots", str(file.path))

    def state():
        text = relay.get("/metrics").body.decode()
        [current] = re.findall(r"^hookwire_registry_current (\d)", text, re.M)
        return current, dict(re.findall(r'^hookwire_registry_faults_total{reason="(\w+)"} (\d+)$', text, re.M))

    none = dict.fromkeys(["unavailable", "unreadable", "wrong_key", "conflict"], "0")
    assert state() == ("1", none)
    good = file.path.read_text()
    for text, expected in ((good + "    burst: 3\n", "0"), (good, "1")):
        file.path.write_text(text)
        until(lambda: state()[0] == expected, lambda: f"the gauge is not {expected}: {relay.log}")
        assert state()[1] == none | {"unreadable": "1"}
