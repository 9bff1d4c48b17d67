"""The pages without a browser: their arithmetic and parsing, and what they do in a document of a few lines."""

import pathlib
import shutil
import subprocess
import urllib.request

import pytest

from admin_client import admin_token
from relay import PATIENCE, REPOSITORY, Relay


@pytest.mark.parametrize("rules", ["inspector_logic.mjs", "inspector_app.mjs", "bots_app.mjs"])
def test_logic(tmp_path, rules):
    """The rules are in these files, each beside all that the pages are made of."""
    for file in (REPOSITORY / "Sources/InspectorPage/Page").iterdir():
        shutil.copy(file, tmp_path)
    for file in (rules, "little_dom.mjs"):
        shutil.copy(pathlib.Path(__file__).with_name(file), tmp_path)
    (tmp_path / "package.json").write_text('{"type": "module"}')
    done = subprocess.run(["node", rules], cwd=tmp_path, capture_output=True, text=True, timeout=PATIENCE * 2)
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
    shared = ("ask.js", "bytes.js", "clock.js", "dialogs.js", "dom.js", "icon.svg", "style.css", "theme.js", "timelimit.js", "words.js")
    return [relay.url, relay.admin_url] if file.name in shared else [relay.url]
