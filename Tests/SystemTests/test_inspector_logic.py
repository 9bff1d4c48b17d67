"""The inspector's arithmetic and parsing, without a browser."""

import pathlib
import shutil
import subprocess

from relay import PATIENCE, REPOSITORY


def test_logic(tmp_path):
    """inspector_logic.mjs has the rules."""
    for script in (REPOSITORY / "Sources/InspectorPage/Page").glob("*.js"):
        shutil.copy(script, tmp_path)
    shutil.copy(pathlib.Path(__file__).with_name("inspector_logic.mjs"), tmp_path / "rules.mjs")
    (tmp_path / "package.json").write_text('{"type": "module"}')
    done = subprocess.run(["node", "rules.mjs"], cwd=tmp_path, capture_output=True, text=True, timeout=PATIENCE * 2)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_file_is_served(relay):
    """What lies in the page's folder is what the relay has, byte for byte."""
    files = sorted((REPOSITORY / "Sources/InspectorPage/Page").iterdir())
    assert len(files) > 10
    for file in files:
        answer = relay.get("/" if file.name == "index.html" else f"/inspector/{file.name}")
        assert answer.status == 200 and answer.body == file.read_bytes(), file.name
