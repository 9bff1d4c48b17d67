"""The inspector's arithmetic and parsing, without a browser."""

import pathlib
import shutil
import subprocess
import urllib.request

from admin_client import admin_token
from relay import PATIENCE, REPOSITORY, Relay


def test_logic(tmp_path):
    """inspector_logic.mjs has the rules."""
    for script in (REPOSITORY / "Sources/InspectorPage/Page").glob("*.js"):
        shutil.copy(script, tmp_path)
    shutil.copy(pathlib.Path(__file__).with_name("inspector_logic.mjs"), tmp_path / "rules.mjs")
    (tmp_path / "package.json").write_text('{"type": "module"}')
    done = subprocess.run(["node", "rules.mjs"], cwd=tmp_path, capture_output=True, text=True, timeout=PATIENCE * 2)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_file_is_served(tmp_path):
    """What lies in the pages' folder is what the node has for one of its pages, byte for byte."""
    files = sorted((REPOSITORY / "Sources/InspectorPage/Page").iterdir())
    assert len(files) > 10
    (tmp_path / "bots.yaml").write_text("bots: {}\n")
    flags = ("--bots", "bots.yaml", "--admin-port", "0")
    with Relay(*flags, folder=tmp_path, env={"HOOKWIRE_ADMIN_TOKEN": admin_token()}) as relay:
        for file in files:
            target = "/" if file.suffix == ".html" else f"/inspector/{file.name}"
            bodies = [urllib.request.urlopen(url.rstrip("/") + target, timeout=PATIENCE) for url in served(file, relay)]
            assert bodies and all(body.read() == file.read_bytes() for body in bodies), file.name


def served(file, relay):
    """The listeners that have a file: the page of the bots is the operator's alone."""
    if file.stem.startswith("bot"):
        return [relay.admin_url]
    shared = ("bytes.js", "dialogs.js", "dom.js", "icon.svg", "style.css", "theme.js", "timelimit.js", "words.js")
    return [relay.url, relay.admin_url] if file.name in shared else [relay.url]
