"""The README and docs/ tell the truth: every command and program in them is run here, in the order in which they stand.

A reader starts a relay where a command does; ports and files that only the reader's machine has are put in. A command
whose first word is not known here fails the test.
"""

import contextlib
import json
import os
import re
import shlex
import shutil
import signal
import sqlite3
import subprocess
import sys
import sysconfig
import textwrap
import threading

import pytest
import yaml

import qq
import relay as processes
from bots_command import bot_database
from desk import Command
from envelope_bot import webhook
from local_server import LocalServer
from redis_server import free_port
from relay import BINARY, PATIENCE, REPOSITORY
from test_data import Load, start_position
from test_event_streams import EventStream, stream
from test_tls import certificate  # noqa: F401 (a fixture)
from waiting import until

DOCUMENTS = ["README.md", "README.zh-CN.md", *sorted(str(path.relative_to(REPOSITORY)) for path in REPOSITORY.glob("docs/*.md"))]
SERVE = ("script/server", ".build/release/hookwire serve")


def blocks(document):
    """The fenced blocks that are run, with their language; a program also with the name that it is to be saved under."""
    text = (REPOSITORY / document).read_text()
    for match in re.finditer(r"(?:`(\w+\.py)`\S*\n\n)?^( *)```(sh|python)\n(.*?)^\2```$", text, re.MULTILINE | re.DOTALL):
        yield match[3], textwrap.dedent(match[4]), match[1] or "bot.py"


class Reader:
    """Does what a document says, in a folder of its own."""

    def __init__(self, folder, stack, start_relay):
        self.folder, self.stack, self.start_relay = folder, stack, start_relay
        self.relay = None
        self.local = None
        self.app_port = None
        self.outputs = []
        self.seen = threading.Condition()

    def follow(self, language, text, program):
        if language == "python":
            self._server()
            (self.folder / program).write_text(self._localised(text))
            return
        for line in text.splitlines():
            self.run(line)

    def run(self, line):
        if line.startswith(SERVE):
            flags = next(line.removeprefix(command) for command in SERVE if line.startswith(command)).split()
            self.relay = self._relay_with(flags)
        elif line in ("script/test", "script/package"):
            # This very test may be a part of the one, and test_packages runs the other: they are only asked what they do.
            self._succeeds(f"{REPOSITORY}/{line} --help")
        elif match := re.fullmatch(r"\.venv/bin/python (\w+\.py)", line):
            self.start_bot(".venv/bin/python", match[1])
        elif line.startswith(".venv/bin/python -m flask --app "):
            self.start_app(line)
        elif line.startswith((".build/release/hookwire send ", ".build/release/hookwire dead-letters ")):
            self._server()
            self._succeeds(self._localised(line))
        elif line.startswith(".build/release/hookwire bots "):
            if " import " in line:
                self._other_relay(line.split(" import ")[1].split()[0])
            self._succeeds(line.replace(".build/release/hookwire", str(BINARY)))
        elif line.startswith(".build/release/hookwire forward "):
            self._server()
            self.start_forward(line)
        elif line.startswith((".build/release/hookwire listen ", ".build/release/hookwire replay ")):
            self._server()
            self._succeeds(self._localised(line))
        elif line.startswith(("python3 -m venv ", ".venv/bin/pip install ")):
            self._succeeds(line)
        else:
            raise AssertionError(f"nothing here knows how to try: {line}")

    def _server(self):
        self.relay = self.relay or self._relay_with([])

    def _relay_with(self, flags):
        script = REPOSITORY / "script/server"
        assert os.access(script, os.X_OK)
        without_port = re.sub(r"--port \d+", "", " ".join(flags)).split()
        return self.start_relay(*without_port)

    def _localised(self, text):
        """The same with the relay's port and the binary under test."""
        address = f"127.0.0.1:{self.relay.port}"
        if port := self.app_port or self.local and self.local.port:
            text = text.replace("localhost:5000", f"127.0.0.1:{port}")
        return text.replace("127.0.0.1:8080", address).replace(".build/release/hookwire", str(BINARY))

    def _succeeds(self, line):
        # pip finds the test environment's packages and so asks no server for them.
        packages = {"PYTHONPATH": sysconfig.get_path("purelib"), "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
        done = subprocess.run(
            ["bash", "-euc", line],
            cwd=self.folder,
            env=processes.environment(**packages),
            capture_output=True,
            text=True,
            timeout=PATIENCE * 4,
        )
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"

    def _other_relay(self, name):
        """The file that a reader has who comes from another relay."""
        if not (self.folder / name).exists():
            bot_database(self.folder / name, [("a-secret-of-the-other-relay", "abcdefghij")])

    def start_forward(self, line):
        """Leaves it running, with a server of its own on this machine."""
        if not self.app_port:
            self.local = self.local or self.stack.enter_context(LocalServer())
        words = shlex.split(self._localised(line).removeprefix(str(BINARY)))
        secret = words[words.index("--secret") + 1]
        self.stack.enter_context(Command(*words, secret=secret, folder=self.folder)).complains("Connected")

    def start_app(self, line):
        """Leaves it running on a port of its own, until the reader is done."""
        self.app_port = free_port()
        words = shlex.split(line.replace("--port 5000", f"--port {self.app_port}"))
        words[words.index("--app") + 1] = str(REPOSITORY / words[words.index("--app") + 1])
        self._starts(words, f"Running on http://127.0.0.1:{self.app_port}")

    def start_bot(self, python, program="bot.py"):
        self._starts([python, program], "connected")

    def _starts(self, words, sign):
        packages = {"PYTHONPATH": sysconfig.get_path("purelib"), "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
        process = subprocess.Popen(
            words,
            cwd=self.folder,
            env=processes.environment(**packages),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        output = []
        self.outputs.append(output)
        thread = threading.Thread(target=self._read, args=(process.stdout, output), daemon=True)
        thread.start()

        def end():
            process.kill()
            process.wait()
            thread.join()
            process.stdout.close()

        self.stack.callback(end)
        self.prints(sign, output)

    def _read(self, pipe, output):
        for line in pipe:
            with self.seen:
                output.append(line)
                self.seen.notify_all()

    def prints(self, text, *outputs):
        """Waits until a program prints a text: any, or this one."""
        outputs = outputs or self.outputs
        with self.seen:
            found = self.seen.wait_for(lambda: any(text in line for output in outputs for line in output), PATIENCE)
        assert found, f"nobody printed {text!r} but {outputs!r}"


@pytest.fixture
def reader(tmp_path, start):
    with contextlib.ExitStack() as stack:
        yield Reader(tmp_path, stack, start)


@pytest.mark.parametrize("document", DOCUMENTS[:2])
def test_quick_start(reader, document):
    """The README from its first to its last command: at the end the bot has printed the sample event."""
    for block in blocks(document):
        reader.follow(*block)
    reader.prints("Hello from Hookwire")


@pytest.mark.parametrize("document", ["README.md", "docs/sockets.md"])
def test_bot_returns(reader, document):
    """The document's first bot outlives its relay, and prints what the next one has for it."""
    text = next(text for language, text, _ in blocks(document) if language == "python")
    reader.follow("python", text, "bot.py")
    reader.start_bot(sys.executable)
    bot = reader.outputs[-1]
    reader.relay.signal(signal.SIGKILL)
    reader.relay.wait()
    reader.relay = reader.start_relay(port_flags=("--port", str(reader.relay.port)))
    reader.run(".build/release/hookwire send --relay http://127.0.0.1:8080 --secret demo-secret --text again")
    reader.prints("again", bot)


def test_same_commands():
    """Both READMEs have the same programs and commands."""
    assert list(blocks("README.zh-CN.md")) == list(blocks("README.md"))


@pytest.mark.parametrize("document", DOCUMENTS[2:])
def test_commands(reader, document, request):
    """Commands of docs/ succeed, and a program there is a bot that receives an event."""
    certificates = request.getfixturevalue("certificate")
    (reader.folder / "fullchain.pem").symlink_to(certificates / "cert.pem")
    (reader.folder / "privkey.pem").symlink_to(certificates / "key.pem")
    for language, text, program in blocks(document):
        if reader.relay and reader.relay.scheme == "https":
            reader.relay = None  # the next command is for a relay on plain HTTP
        reader.follow(language, text, program)
        if language == "python":
            reader.start_bot(sys.executable, program)
            reader.run(
                ".build/release/hookwire send --relay http://127.0.0.1:8080 --secret demo-secret --text hi"
            )
            reader.prints('"hi"')


@pytest.mark.parametrize("document", [*DOCUMENTS, "CONTRIBUTING.md", "SECURITY.md"])
def test_links(document):
    """Links within the repository lead somewhere."""
    path = REPOSITORY / document
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", path.read_text()):
        if not target.startswith("https://"):
            assert (path.parent / target).exists(), f"{document} links to {target}"


@pytest.mark.parametrize("document", DOCUMENTS)
def test_flags_exist(document):
    """A flag that a document names is one that the command's help names."""
    commands = ("serve", "ingress", "egress", "send", "doctor", "health", "dead-letters list", "dead-letters drop")
    commands += ("forward", "listen", "replay")
    commands += ("bots add", "bots list", "bots show", "bots rotate", "bots token", "bots remove", "bots import")
    commands += ("bots check", "bots audit", "check-config")
    known = "".join(processes.run_command([BINARY, *command.split(), "--help"]).stdout for command in commands)
    # Lines that are about other programs have flags of theirs.
    lines = (REPOSITORY / document).read_text().splitlines()
    text = "\n".join(line for line in lines if not re.search(r"\b(docker|podman|kubectl|flask|script/package|script/plan|redis-cli|systemctl|systemd-run|apt-get|useradd|dpkg|cp -R|install -D)\b|`--scale`|--property", line))
    for flag in set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", text)):
        assert re.search(rf"{flag}\b(?!-)", known), f"{document} names {flag}"


def test_curl_alone(start):
    """The commands of docs/envelope.md: a bot, a sender and a reply, each of them curl."""
    section = (REPOSITORY / "docs/envelope.md").read_text().split("### With curl alone\n")[1].split("\n## ")[0]
    address = f"127.0.0.1:{start().port}"
    commands = re.search(r"```console\n(.*?)```", section, re.DOTALL)[1].replace("127.0.0.1:8080", address).splitlines()
    listening, sending, replying = ([*shlex.split(each), "--silent", "--noproxy", "*"] for each in commands)
    with contextlib.ExitStack() as stack:

        def run(command):
            process = stack.enter_context(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
            stack.callback(process.kill)
            return process

        bot = run(listening)
        assert bot.stdout.readline() == "retry: 2000\n"
        sender = run(sending)
        event = next(json.loads(line.removeprefix("data: ")) for line in bot.stdout if line.startswith("data: "))
        assert event["data"] == {"say": "hello"}
        reply = run([word.replace("TOKEN", event["replytoken"]) for word in replying])
        assert json.loads(reply.communicate(timeout=PATIENCE)[0]) == {"outcome": "accepted"}
        assert sender.communicate(timeout=PATIENCE)[0] == "hi"


# What stands in for `docker`: the command is run with the binary under test, and has its input only where that is asked for.
DOCKER = """\
#!/bin/bash
[[ " $* " == *" --interactive "* ]] || exec < /dev/null
[[ " $* " == *" --network host "* ]] || exit 125
while [[ "$1" != localhost/hookwire:latest ]]; do shift || exit 125; done
shift
exec "$HOOKWIRE" "$@"
"""


@pytest.mark.parametrize("document", ["README.md", "README.zh-CN.md", "docs/deployment.md"])
def test_commands_of_the_image(start, tmp_path, document):
    """With the document's alias a user of the image has the commands, and they have standard input."""
    alias = re.search(r"^alias hookwire=.*$", (REPOSITORY / document).read_text(), re.MULTILINE)[0]
    (tmp_path / "docker").write_text(DOCKER)
    (tmp_path / "docker").chmod(0o755)
    send = f"hookwire send --relay http://127.0.0.1:{start().port} --secret demo-secret --body -"
    done = subprocess.run(
        ["bash", "-c", f"shopt -s expand_aliases\n{alias}\necho '{{\"op\":0,\"id\":\"a\",\"d\":{{}},\"t\":\"A\"}}' | {send}"],
        env=processes.environment(PATH=f"{tmp_path}:{os.environ['PATH']}", HOOKWIRE=str(BINARY)),
        capture_output=True, text=True, timeout=PATIENCE,
    )
    assert done.returncode == 0, done.stdout + done.stderr


# Commands that want root, systemd or Kubernetes


def test_copy_of_the_log(start, tmp_path):
    """A copy that is made as docs/deployment.md says, while events come in, and put back as it says after a loss of power."""
    section = (REPOSITORY / "docs/deployment.md").read_text().split("### A copy of the log\n")[1].split("\n## ")[0]
    copying, restoring = re.findall(r"```console\n(.*?)```", section, re.DOTALL)
    data, copy = tmp_path / "data", tmp_path / "backups/hookwire.sqlite"
    copy.parent.mkdir()

    def follow(lines):
        """The lines, but for the folders, for the owner and for systemd, whose part is played here."""
        text = lines.replace("/var/lib/hookwire", str(data)).replace("/var/backups", str(copy.parent))
        script = "systemctl() { echo $*; }\n" + text.replace("-o hookwire -g hookwire ", "")
        if not shutil.which("sqlite3"):
            python = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).executescript(sys.argv[2])"
            script = f'sqlite3() {{ {shlex.quote(sys.executable)} -c "{python}" "$@"; }}\n{script}'
        done = subprocess.run(["bash", "-euc", script], capture_output=True, text=True, timeout=PATIENCE)
        assert (done.returncode, done.stderr) == (0, ""), lines
        return done.stdout

    flags = ("--data", str(data), "--retention-count", "1000000")
    relay, secret = start(*flags), qq.secret()
    first, unused = start_position(relay, secret), qq.secret()
    beginning = start_position(relay, unused)
    large, other = json.dumps("x" * 500_000), webhook(qq.secret())  # so that the copy takes a while
    for _ in range(40):
        assert relay.request("POST", other, large, {"Content-Type": "application/json"}).status == 200
    load = Load(relay, secret)
    until(lambda: len(load.acknowledged) > 500, lambda: f"{len(load.acknowledged)} are acknowledged")
    before = set(load.acknowledged)
    assert follow(copying) == "" and copy.stat().st_mode & 0o777 == 0o600
    copied, more = events(copy) - 40, len(load.acknowledged) + 500
    until(lambda: len(load.acknowledged) > more, lambda: f"{len(load.acknowledged)} are acknowledged")
    relay.signal(signal.SIGKILL)
    relay.wait()
    load.join()
    # Other bots are forgotten, and one comes that the copy does not know: the generation has moved on since the copy.
    with contextlib.closing(sqlite3.connect(data / "hookwire.sqlite")) as database, database:
        database.execute("UPDATE identity SET generation = generation + 1")
    relay, newcomer = start(*flags), qq.secret()
    late = start_position(relay, newcomer)
    assert relay.request("POST", webhook(newcomer), '"late"', {"Content-Type": "application/json"}).status == 200
    relay.signal(signal.SIGKILL)
    relay.wait()
    assert (data / "hookwire.sqlite-wal").stat().st_size > 0, "nothing that could be left behind"

    assert follow(restoring).splitlines() == ["stop hookwire", "start hookwire"]
    assert [path.name for path in data.glob("hookwire.sqlite*")] == ["hookwire.sqlite"]
    relay = start(*flags)
    epoch = first.split("-")[0]
    for text in ("passed by", "the next"):
        assert relay.request("POST", webhook(secret), f'"{text}"', {"Content-Type": "application/json"}).status == 200
    # Where the log has another event now, and of logs that were not in the copy.
    for which, position in ((secret, f"{epoch}-{copied + 1}"), (unused, beginning), (newcomer, late)):
        with stream(relay, which, after=position) as newer:
            told = newer.receive()
            assert (told["recovered"], told["reason"]) == (False, "epoch_changed")
    with EventStream(relay, f"/events?secret={secret}&since=1h") as old:
        assert old.receive()["recovered"]
        received = [json.loads(old.event()[1])["data"] for _ in range(copied + 2)]
    assert received[copied:] == ["passed by", "the next"], "there is more than the copy had"
    assert before <= {(sender, number) for sender, number, _ in received[:copied]}
    assert old.id.split("-")[1] == f"{copied + 2}" and old.id.split("-")[0] != epoch


def events(file):
    """How many a log holds."""
    with contextlib.closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
        return database.execute("SELECT count(*) FROM event").fetchone()[0]


def test_kubectl():
    """What docs/ have kubectl do is done in the namespace of k8s/, to objects and containers that are there."""
    manifests = [each for path in REPOSITORY.glob("k8s/**/*.yaml") for each in yaml.safe_load_all(path.read_text())]
    kinds = [each for each in manifests if each and "metadata" in each]
    names = {(each["kind"].lower(), each["metadata"]["name"]) for each in kinds}
    containers = {
        container["name"] for each in kinds if each["kind"] == "Deployment"
        for container in each["spec"]["template"]["spec"]["containers"]
    }
    commands = []
    for document in DOCUMENTS:
        text = (REPOSITORY / document).read_text()
        commands += re.findall(r"^[ #]*(kubectl (?!\d).*)$|`(kubectl [^`]*)`", text, re.MULTILINE)
    commands = [" ".join((line or inline).split()) for line, inline in commands]
    assert len(commands) > 8
    for command in commands:
        if folder := re.fullmatch(r"kubectl (?:apply|delete) --kustomize (\S+)", command):
            # The reader's own, which docs/kubernetes.md shows.
            own = f"# {folder[1]}/kustomization.yaml\n" in (REPOSITORY / "docs/kubernetes.md").read_text()
            assert own or (REPOSITORY / folder[1] / "kustomization.yaml").exists(), command
            continue
        namespace = re.match(r"kubectl --namespace (\S+) ", command)
        assert namespace and ("namespace", namespace[1]) in names, command
        for kind, name in re.findall(r"\b(deployment|service|statefulset|pod)/([\w-]+)", command):
            assert (kind, name) in names, command
        for container in re.findall(r" set image \S+ ([\w-]+)=", command):
            assert container in containers, command
