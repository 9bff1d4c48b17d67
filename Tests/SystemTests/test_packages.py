"""script/package: the Debian package installs, starts, stops, upgrades and goes, and says what is linked into it."""

import json
import os
import re
import shutil
import signal
import subprocess
import tarfile
import urllib.request

import pytest
from websockets.sync.client import connect

import debian_root
import qq
from debian_root import DebianRoot
from redis_server import free_port
from relay import BINARY, PATIENCE, REPOSITORY, environment, run_command
from systemd_unit import Unit, variables

UNITS = {"hookwire": "serve", "hookwire-ingress": "ingress", "hookwire-egress": "egress"}
# Half a minute would go into squeezing a debug build.
QUICK = {"DPKG_DEB_COMPRESSOR_TYPE": "none", "DPKG_DEB_COMPRESSOR_LEVEL": "1"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Packages of the binary under test, as script/package makes them."""
    if not shutil.which("dpkg-shlibdeps"):
        pytest.skip("not installed: dpkg-dev")
    folder = tmp_path_factory.mktemp("packages")
    done = subprocess.run(
        [REPOSITORY / "script/package", "--binary", BINARY, "--output", folder],
        env=environment(**QUICK),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def package(folder):
    (path,) = folder.glob("*.deb")
    return path


def fields(package):
    text = subprocess.check_output(["dpkg-deb", "--field", package], text=True)
    return dict(re.findall(r"^([\w-]+): (.*)$", text, re.MULTILINE))


def packages_of(depends):
    return [re.match(r"\S+", each)[0] for each in depends.split(", ")]


def later_version(package, folder):
    """The next version of a package: with another line among its settings, as a release may bring it."""
    root = folder / "later"
    subprocess.run(["dpkg-deb", "--raw-extract", package, root], check=True)
    control = root / "DEBIAN/control"
    control.write_text(re.sub(r"^Version: .*$", "Version: 99.0.0", control.read_text(), flags=re.MULTILINE))
    for name in ("hookwire", "ingress"):
        with (root / f"etc/hookwire/{name}.env").open("a") as file:
            file.write("# A setting of the later version.\n")
    subprocess.run(
        ["dpkg-deb", "--root-owner-group", "--build", root, folder / "later.deb"],
        check=True, stdout=subprocess.DEVNULL, env=environment(**QUICK),
    )
    return folder / "later.deb"


class Service:
    """What a unit starts, started without systemd: its command, its user, its settings, and no other variable."""

    def __init__(self, root, unit):
        self.unit = Unit(root.file(f"/usr/lib/systemd/system/{unit}.service").read_text())
        self.settings = variables(root.file(self.unit.service["EnvironmentFile"]).read_text())
        self.port = int(self.settings["HOOKWIRE_PORT"])
        self.process = root.start(
            self.unit.command, self.unit.service["User"], self.settings, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        first = self.process.stdout.readline()
        while "listening on" not in first:
            assert first, "it ends before it listens"
            first = self.process.stdout.readline()

    def get(self, path, body=None, headers=None):
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", body, headers or {})
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=PATIENCE) as response:
            return response.status, response.read()

    def stop(self):
        """As the unit says; the exit code."""
        self.process.send_signal(getattr(signal, self.unit.service["KillSignal"]))
        return self.process.wait(self.unit.seconds_to_stop())


@pytest.mark.timeout(300)
def test_life_of_the_package(package, tmp_path):
    """Installed with what it needs, started as its unit says, healthy, stopped, upgraded, removed and purged."""
    if reason := debian_root.reason_against():
        pytest.skip(reason)
    needed = packages_of(fields(package)["Depends"])
    with DebianRoot(tmp_path, needed) as root:
        shutil.copy(package, root.file("/tmp/first.deb"))
        root.apt("install", "--yes", "--no-install-recommends", "/tmp/first.deb")
        assert root.run("hookwire", "--version").strip() == fields(package)["Version"]
        check_installed(root)

        # The operator's own settings.
        settings = root.file("/etc/hookwire/hookwire.env")
        port = free_port()
        settings.write_text(settings.read_text().replace("HOOKWIRE_PORT=8080", f"HOOKWIRE_PORT={port}"))
        mine = settings.read_text()
        service, secret = Service(root, "hookwire"), qq.secret()
        check_serving(service, secret)
        assert service.stop() == 0

        told = what_systemd_is_told(root)
        shutil.copy(later_version(package, tmp_path), root.file("/tmp/later.deb"))
        root.run("env", "DEBIAN_FRONTEND=noninteractive", "dpkg", "--force-confold", "--install", "/tmp/later.deb")
        assert root.run("dpkg-query", "--show", "--showformat=${Version}", "hookwire") == "99.0.0"
        assert settings.read_text() == mine
        assert "later version" in settings.with_name("hookwire.env.dpkg-dist").read_text()
        units = " ".join(f"{name}.service" for name in UNITS)
        # Of the old version first, then of the new one.
        assert told() == ["--system daemon-reload"] * 2 + [f"--system try-restart {name}.service" for name in UNITS]
        # What the operator has not touched is the new version's.
        assert "later version" in settings.with_name("ingress.env").read_text()
        service = Service(root, "hookwire")
        assert service.port == port and service.get("/readyz")[0] == 200
        check_kept(service, secret)
        assert service.stop() == 0

        root.run("dpkg", "--remove", "hookwire")
        assert not root.file("/usr/bin/hookwire").is_symlink() and not root.file("/usr/bin/hookwire").exists()
        assert settings.read_text() == mine and root.file("/var/lib/hookwire").exists()
        assert told() == [f"--system disable --now {units}", "--system daemon-reload"]
        root.run("dpkg", "--purge", "hookwire")
        left = [path for name in ("/etc/hookwire", "/var/lib/hookwire") if (path := root.file(name)).exists()]
        assert left == [] and root.refuses("id", "hookwire")


def what_systemd_is_told(root):
    """Puts a systemctl into the system that notes its arguments and fails, as it does where a service's settings are wrong.

    Returns what reads the notes and tears them off.
    """
    root.file("/run/systemd/system").mkdir(parents=True)
    command, notes = root.file("/usr/bin/systemctl"), root.file("/tmp/systemctl")
    assert not command.exists()
    command.write_text('#!/bin/sh\necho "$@" >>/tmp/systemctl\nexit 1\n')
    command.chmod(0o755)
    # The real one knows these words.
    words = subprocess.run(["systemctl", "--help"], capture_output=True, text=True).stdout if shutil.which("systemctl") else ""
    assert not words or all(word in words for word in ("--system", "--now", "try-restart", "disable", "daemon-reload"))

    def read():
        lines = notes.read_text().splitlines()
        notes.unlink()
        return lines

    return read


def check_installed(root):
    """Everything lies where Debian looks for it, and only the node's user reads its settings and its log."""
    assert root.refuses("dpkg", "--audit") is False and root.run("dpkg", "--verify", "hookwire") == ""
    assert root.run("stat", "--format=%a %U %G", "/etc/hookwire/hookwire.env").split() == ["640", "root", "hookwire"]
    assert root.run("stat", "--format=%a %U", "/var/lib/hookwire").split() == ["700", "hookwire"]
    for name in UNITS:
        assert root.file(f"/usr/lib/systemd/system/{name}.service").exists()
    # Nothing is started or enabled before an operator says what.
    assert not list(root.file("/etc/systemd/system").rglob("hookwire*"))


def check_serving(service, secret):
    assert service.get("/livez") == (200, b"alive\n") and service.get("/readyz") == (200, b"ready\n")
    body = qq.event()
    assert service.get(qq.webhook_path(secret), body, qq.signed_headers(secret, body)) == (200, qq.ACKNOWLEDGED)
    status = open(f"/proc/{service.process.pid}/status").read()
    assert re.search(r"^Uid:\t(\d+)", status, re.MULTILINE)[1] != "0"


def check_kept(service, secret):
    """What the node acknowledged before the upgrade is in its log after it."""
    with connect(f"ws://127.0.0.1:{service.port}/ws?secret={secret}", proxy=None) as bot:
        assert bot.recv(timeout=PATIENCE)


@pytest.mark.parametrize("unit", UNITS)
def test_units(unit, tmp_path):
    """systemd understands them, they have no rights, and give a node longer to end than it drains."""
    text = (REPOSITORY / f"deploy/systemd/{unit}.service").read_text()
    parsed = Unit(text)
    assert parsed.command == ["/usr/bin/hookwire", UNITS[unit]]
    assert parsed.service["User"] == "hookwire" and parsed.service["NoNewPrivileges"] == "yes"
    assert parsed.service["KillSignal"] == "SIGTERM" and parsed.service["KillMode"] == "mixed"
    flags = run_command([BINARY, UNITS[unit], "--help"]).stdout
    drain = re.search(r"stopped\.\s+\(default:\s+(\d+)s\)", flags)
    assert parsed.seconds_to_stop() > int(drain[1]) + 5
    # Settings that cannot be used end it for good; whatever else ends it does not, however often.
    assert parsed.service["Restart"] == "on-failure" and parsed.sections["Unit"]["StartLimitIntervalSec"] == "0"
    assert parsed.service["RestartSec"] == "2", "docs/packages.md says two seconds"
    assert parsed.service["RestartPreventExitStatus"] == str(run_command([BINARY, UNITS[unit], "--port", "many"]).returncode)
    others = [Unit((REPOSITORY / f"deploy/systemd/{name}.service").read_text()).service for name in UNITS]
    own = ("ExecStart", "EnvironmentFile", "StateDirectory", "StateDirectoryMode")
    assert len({json.dumps({k: v for k, v in each.items() if k not in own}) for each in others}) == 1
    if not shutil.which("systemd-analyze"):
        pytest.skip("not installed: systemd-analyze")
    copy = tmp_path / f"{unit}.service"
    copy.write_text(text.replace("/usr/bin/hookwire", str(BINARY)))
    done = subprocess.run(["systemd-analyze", "--man=no", "verify", copy], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    rated = subprocess.run(
        ["systemd-analyze", "security", "--offline=yes", "--threshold=25", copy], capture_output=True, text=True
    )
    assert rated.returncode == 0, rated.stdout[-300:]


@pytest.mark.parametrize("name", ["hookwire", "ingress", "egress"])
def test_settings_of_the_package(name):
    """Each variable, those that stand behind a # too, is a flag of the command that reads the file."""
    text = (REPOSITORY / f"deploy/package/settings/{name}.env").read_text()
    flags = run_command([BINARY, "serve" if name == "hookwire" else name, "--help"]).stdout
    named = re.findall(r"^#?HOOKWIRE_(\w+)=", text, re.MULTILINE)
    assert len(named) >= 5
    for variable in named:
        assert re.search(rf"--{variable.lower().replace('_', '-')}\b", flags), variable


def test_bill_of_materials(folder, package):
    """Every library that the program loads and every package that it is made of, with versions and licences."""
    (path,) = folder.glob("*.cdx.json")
    bill = json.loads(path.read_text())
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.5")
    components = {component["name"]: component for component in bill["components"]}
    resolved = json.loads((REPOSITORY / ".build/workspace-state.json").read_text())["object"]["dependencies"]
    versions = {each["subpath"].lower(): each["state"]["checkoutState"].get("version") for each in resolved}
    direct = re.findall(r'url: "https://\S+/([\w.-]+)"', (REPOSITORY / "Package.swift").read_text())
    for name in direct:
        found = next(each for each in components.values() if each["name"].lower() == name.removesuffix(".git").lower())
        assert found["version"] == versions[name.removesuffix(".git").lower()]
    for component in components.values():
        assert component["version"] != "unknown" and component["licenses"]
    swift = [each for each in components.values() if each.get("purl", "").startswith("pkg:swift/")]
    assert {each["licenses"][0]["license"].get("id") for each in swift} == {"Apache-2.0", "MIT"}
    if BINARY.with_name(f"{BINARY.name}.product").is_dir():
        # Only tests and plugins use them, so the linker was not given them. Of a program elsewhere that is not known.
        assert not {"swift-crypto", "swift-certificates"} & set(components)
    for name in packages_of(fields(package)["Depends"]):
        assert name in components or name in ("adduser", "ca-certificates"), name


def test_tarball(folder):
    """The program runs from wherever the tarball is unpacked, and what belongs to it lies beside it."""
    (path,) = folder.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        archive.extractall(folder / "unpacked", filter="tar")
    (root,) = (folder / "unpacked").iterdir()
    program = next(path for path in (root / "lib/hookwire/hookwire", root / "bin/hookwire") if path.exists())
    shown = subprocess.run([root / "bin/hookwire", "--version"], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() in root.name and os.access(program, os.X_OK)
    for name in ("LICENSE", "share/doc/hookwire/sbom.cdx.json", "share/doc/hookwire/third-party-licences"):
        assert (root / name).stat().st_size > 1_000
    shutil.rmtree(folder / "unpacked")


def test_tarball_is_installed_as_documented(folder, tmp_path):
    """The lines of docs/packages.md leave units whose program is there and settings where the units look for them."""
    (path,) = folder.glob("*.tar.gz")
    text = (REPOSITORY / "docs/packages.md").read_text().split("## Elsewhere, from the tarball")[1]
    lines = re.search(r"```console\n(.*?)```", text, re.DOTALL)[1]
    named = "hookwire-0.1.0-linux-x86_64"
    assert lines.count(named) == 2
    # The system's folders in one of the test's own, and no user that the machine has not got.
    script = lines.replace(f"{named}.tar.gz", str(path)).replace(named, path.name.removesuffix(".tar.gz"))
    script = re.sub(r"(?<=[ :])/(usr/local|etc)\b", rf"{tmp_path}/root/\1", script).replace("--group hookwire", "")
    (tmp_path / "root/usr/local").mkdir(parents=True)
    told = "useradd() { echo useradd $*; }; systemctl() { echo systemctl $*; }\n"
    done = subprocess.run(["bash", "-euc", told + script], cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    assert done.stdout.split("\n")[1:] == ["systemctl daemon-reload", "systemctl enable --now hookwire", ""]
    running = subprocess.Popen([tmp_path / "root/usr/local/bin/hookwire", "serve", "--port", "0"], stdout=subprocess.PIPE)
    try:
        assert running.stdout.readline(), "it does not run"
        again = "\n".join(line for line in script.split("\n") if line.startswith(("cd ", "cp ", "sed ")))
        upgrade = subprocess.run(["bash", "-euc", again], cwd=tmp_path, capture_output=True, text=True)
        assert (upgrade.returncode, upgrade.stderr) == (0, ""), "an upgrade of what runs"
    finally:
        running.kill()
        running.wait()
        running.stdout.close()
    for name, command in UNITS.items():
        unit = Unit((tmp_path / f"root/usr/local/lib/systemd/system/{name}.service").read_text())
        program, tier = unit.command
        assert tier == command and unit.service["User"] in done.stdout.split("\n")[0].split()
        assert subprocess.run([program, "--version"], capture_output=True).returncode == 0
        assert (tmp_path / f"root{unit.service['EnvironmentFile']}").stat().st_mode & 0o777 == 0o640


def test_program_without_its_sources(tmp_path):
    """In a fresh clone nothing says what is linked into a program from elsewhere: it is said what is to be done."""
    shutil.copytree(REPOSITORY / "script", tmp_path / "script", ignore=shutil.ignore_patterns("__pycache__"))
    done = subprocess.run(
        [tmp_path / "script/package", "--binary", BINARY], env=environment(NO_COLOR="1"), capture_output=True, text=True
    )
    assert done.returncode == 1 and "swift package resolve" in done.stderr and "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == [tmp_path / "script"]


def test_maintainer_and_changes(package, tmp_path):
    """Who made it can be asked, and the log of changes is one that Debian's tools read."""
    name = fields(package)["Maintainer"]
    assert re.fullmatch(r"[^<>]+ <[^@\s]+@[\w-]+\.[\w.-]+>", name) and "localhost" not in name
    subprocess.run(["dpkg-deb", "--extract", package, tmp_path], check=True)
    changes = subprocess.check_output(["zcat", tmp_path / "usr/share/doc/hookwire/changelog.gz"])
    (tmp_path / "changelog").write_bytes(changes)
    done = subprocess.run(["dpkg-parsechangelog", "--all", "--file", tmp_path / "changelog"], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"Version: {fields(package)['Version']}\n" in done.stdout and f"Maintainer: {name}\n" in done.stdout


def test_manual_pages(package, tmp_path):
    """One of each command, which troff has nothing against, with every option in it."""
    subprocess.run(["dpkg-deb", "--extract", package, tmp_path], check=True)
    pages = {path.name.removesuffix(".1.gz"): path for path in (tmp_path / "usr/share/man/man1").iterdir()}
    commands = re.findall(r"^  (\w[\w-]+) {2,}", run_command([BINARY, "--help"]).stdout.split("SUBCOMMANDS:")[1], re.MULTILINE)
    assert set(pages) == {"hookwire", *(f"hookwire-{name}" for name in commands)}
    for name, path in pages.items():
        source = subprocess.check_output(["zcat", path])
        if shutil.which("groff"):
            shown = subprocess.run(["groff", "-man", "-Tutf8", "-ww"], input=source, capture_output=True)
            assert (shown.returncode, shown.stderr) == (0, b""), name
    text = subprocess.check_output(["zcat", pages["hookwire-serve"]], text=True).replace("\\-", "-")
    for flag in re.findall(r"^  (--[a-z-]+)", run_command([BINARY, "serve", "--help"]).stdout, re.MULTILINE):
        assert flag in text
