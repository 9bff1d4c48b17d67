"""`hookwire check-config`: what a node would use, what is wrong with it, and the reference of all settings."""

import os
import pathlib
import re
import subprocess

import pytest

from relay import BINARY

DOCS = pathlib.Path(__file__).parents[2] / "docs"


def check(*arguments, **environment):
    return subprocess.run(
        [BINARY, "check-config", *arguments],
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_the_reference_is_the_page():
    """docs/configuration.md is what the program says of itself; every setting has a sentence."""
    page = check("--reference")
    assert page.returncode == 0, page.stderr
    assert page.stdout == (DOCS / "configuration.md").read_text()
    rows = [line.split(" | ") for line in page.stdout.splitlines() if line.startswith("| `")]
    assert len(rows) > 40
    for row in rows:
        assert len(row) == 5 and all(cell.strip(" |") for cell in row), row


def test_says_what_is_set_and_where(tmp_path):
    """A flag goes before the environment, the environment before the file; secrets are not shown."""
    file = tmp_path / "hookwire.yaml"
    file.write_text("port: 1\nthreads: 3\ndrain: 5s\n")
    url = "redis://:hush-hush@localhost/0"
    said = check(
        "serve", "--port", "9999", "--config", str(file), HOOKWIRE_PORT="2", HOOKWIRE_THREADS="4", HOOKWIRE_REDIS_URL=url
    )
    assert said.returncode == 0, said.stderr
    lines = {line.split()[0]: line.split(maxsplit=1)[1] for line in said.stdout.splitlines() if line.startswith("  ")}
    assert lines == {
        "port": "9999  (--port)",
        "threads": "4  (HOOKWIRE_THREADS)",
        "drain": "5s  (the file)",
        "redis-url": "(not shown)  (HOOKWIRE_REDIS_URL)",
    }
    assert "hush-hush" not in said.stdout + said.stderr


def test_rules_between_settings(tmp_path):
    """What docs/limits.md says that no node starts with is refused, and what it has in its place is not."""
    section = (DOCS / "limits.md").read_text().split("## Settings that need each other\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `(--.*?)` \| .* \| `(--.*?)` \|$", section, re.MULTILINE)
    assert len(rows) == len(re.findall(r"^\| `", section, re.MULTILINE)) == 6
    for refused, taken in rows:
        assert check("serve", *refused.split()).returncode == 64, refused
        done = check("serve", *taken.split())
        assert done.returncode == 0, f"{taken}: {done.stderr}"


def test_defaults():
    """With nothing set it says so."""
    assert "defaults" in check().stdout


@pytest.mark.parametrize(
    "arguments, complaint",
    [
        (["serve", "--port", "99999"], "--port"),
        (["ingress"], "--redis-url"),
        (["serve", "--tls-cert", "/nowhere.pem", "--tls-key", "/nowhere.key"], "/nowhere.pem"),
        (["serve", "--bots", "/nowhere.yaml"], "/nowhere.yaml"),
        (["serve", "--redis-url", "rediss://h?ca=/nowhere.pem"], "/nowhere.pem"),
        (["serve", "--data", "/nowhere/at/all"], "/nowhere/at/all"),
        (["ingress", "--redis-url", "redis://h", "--ping-interval", "30s"], "ingress has no --ping-interval"),
    ],
)
def test_refuses_what_a_node_refuses(arguments, complaint):
    """What a node would not start with is named, with the exit code of a usage error."""
    said = check(*arguments)
    assert said.returncode == 64
    assert complaint in said.stderr
    assert said.stdout == ""


@pytest.mark.parametrize("name", ["HOOKWIRE_REDIS_URL", "HOOKWIRE_REDIS_URL_FILE", "HOOKWIRE_DATA", "HOOKWIRE_TLS_CERT"])
def test_refuses_what_is_empty(name):
    """A variable that something was to put a value into is no variable that is not set."""
    said = check("serve", **{name: ""})
    assert said.returncode == 64 and name in said.stderr
    assert "leave it out where there is none" in said.stderr or "is empty" in said.stderr


def test_names_what_nothing_reads(tmp_path):
    """A misspelt line of the file is an error with its line and a suggestion; a variable is a warning."""
    file = tmp_path / "hookwire.yaml"
    file.write_text("port: 8080\nredis_url: redis://localhost\n")
    said = check("--config", str(file))
    assert said.returncode == 64
    assert f"{file}:2: redis_url is no setting" in said.stderr and "did you mean redis-url?" in said.stderr
    # Another fault does not hide it.
    file.write_text("prot: 8080\nbots: /nowhere.yaml\nredis_url: redis://localhost\n")
    said = check("--config", str(file))
    assert said.returncode == 64 and "/nowhere.yaml" in said.stderr
    assert f"{file}:1: prot is no" in said.stderr and f"{file}:3: redis_url is no" in said.stderr, said.stderr
    file.write_text("prot: 8080\nthreads: many\n")
    said = check("ingress", "--config", str(file))
    assert said.returncode == 64 and "threads" in said.stderr
    assert said.stderr.count("is no setting") == 1 and f"{file}:1: prot" in said.stderr, said.stderr
    said = check(HOOKWIRE_REDISURL="redis://localhost")
    assert said.returncode == 0
    assert said.stderr.count("is no setting") == 1 and "did you mean HOOKWIRE_REDIS_URL?" in said.stderr


@pytest.mark.parametrize("service", ["HOOKWIRE", "HOOKWIRE_INGRESS"])
def test_variables_of_kubernetes(service):
    """What Kubernetes sets for a service is no mistake of the operator's; what only looks like it is."""
    variables = {
        f"{service}_SERVICE_HOST": "10.0.0.1", f"{service}_SERVICE_PORT_HTTP": "80", f"{service}_PORT_8080_TCP": "x",
        "HOOKWIRE_PORT": "8080", "HOOKWIRE_INGRES_PORT": "80",
    }
    if service != "HOOKWIRE":
        variables[f"{service}_PORT"] = "tcp://10.0.0.1:80"
    said = check(**variables)
    assert said.returncode == 0, said.stderr
    assert [line.split()[1] for line in said.stderr.splitlines()] == ["HOOKWIRE_INGRES_PORT"], said.stderr


def test_bots(tmp_path):
    """The file of the bots is read, and each fault named."""
    bots = tmp_path / "bots.yaml"
    bots.write_text("bots:\n  echo:\n    platform: nonsense\n    secret: 0123456789\n")
    said = check("--bots", str(bots))
    assert said.returncode == 64
    assert f"{bots}:3" in said.stderr


@pytest.mark.parametrize("value", ["[registered]", "{a: registered}", "", "~", "\n  - registered"])
@pytest.mark.parametrize("name", ["access", "redis-url", "admin-token", "registry-key-file"])
def test_one_value(tmp_path, name, value):
    """A list, a mapping or nothing where one value is due is refused by both, and is not passed over in silence."""
    file = tmp_path / "hookwire.yaml"
    file.write_text(f"port: 0\n{name}: {value}\n")
    for command in ("check-config", "serve"):
        said = subprocess.run([BINARY, command, "--config", file], capture_output=True, text=True, timeout=60)
        assert said.returncode == 64, said
        assert f"{file}:2: {name} must have one value" in said.stderr


@pytest.mark.parametrize(
    "text, line",
    [
        ("port: 1\nadmin-token: {a: hush-hush-hush", 3),
        ("redis-url: redis://u:hush-hush@h\nredis-url: redis://u:hush-hush@h\n", None),
        ('redis-url: "redis://u:hush-hush@h\nregistry-key: hush-hush\n', None),
        ("hush-hush\n", None),
        ("- hush-hush\n", None),
    ],
)
def test_broken_files_keep_their_secrets(tmp_path, text, line):
    """What is no YAML, or has a name twice, is told by its line; nothing of what stands there is repeated."""
    file = tmp_path / "hookwire.yaml"
    file.write_text(text)
    for command in ("check-config", "serve"):
        said = subprocess.run([BINARY, command, "--config", file], capture_output=True, text=True, timeout=60)
        assert said.returncode == 64, said
        assert str(file) in said.stderr and "hush" not in said.stderr + said.stdout
        assert line is None or f"{file}:{line} " in said.stderr, said.stderr


def test_no_text(tmp_path):
    """What is no text in UTF-8 is refused: a value would not be what its writer saw."""
    file = tmp_path / "hookwire.yaml"
    file.write_bytes("public-url: http://relay.example.com/Größe\n".encode("latin-1"))
    said = subprocess.run([BINARY, "check-config", "--config", file], capture_output=True, text=True, timeout=60)
    assert said.returncode == 64 and f"{file} is no text in UTF-8" in said.stderr, said


def test_comments_only(tmp_path):
    """A file of comments says nothing, and that is no error."""
    file = tmp_path / "hookwire.yaml"
    file.write_text("# port: 8080\n")
    assert check("--config", str(file)).returncode == 0


def test_another_tiers_lines(tmp_path):
    """A file that both tiers share may have what only one of them reads, and it is not said of the other."""
    file = tmp_path / "hookwire.yaml"
    file.write_text("redis-url: redis://localhost\nfreshness: 1m\n")
    assert "freshness" in check("ingress", "--config", str(file)).stdout
    said = check("egress", "--config", str(file))
    assert said.returncode == 0 and "freshness" not in said.stdout
