"""The relay that bot authors write for themselves: FastAPI and uvicorn, in a Python environment of its own."""

import contextlib
import pathlib
import subprocess
import sys

from ..errors import BenchError
from ..output import say
from .process import Server, free_port, status_of
from .target import Target

PEERS = pathlib.Path(__file__).parents[2] / "peers"
ENVIRONMENT = pathlib.Path(__file__).parents[3] / ".build/bench-venv"
PYTHON = ENVIRONMENT / "bin/python"


def prepare():
    """Makes the environment, anew where the list of packages or Python has changed."""
    wanted = sys.version + (PEERS / "requirements.txt").read_text()
    made_of = ENVIRONMENT / "made-of"
    if made_of.exists() and made_of.read_text() == wanted:
        return
    say(f"Making the Python environment of the FastAPI relay in {ENVIRONMENT}")
    pip = [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    try:
        subprocess.run([sys.executable, "-m", "venv", "--clear", ENVIRONMENT], check=True)
        subprocess.run([*pip, "--requirement", PEERS / "requirements.txt"], check=True)
    except subprocess.CalledProcessError as error:
        raise BenchError(
            "The packages of Benchmarks/peers/requirements.txt cannot be installed; pip says why above."
        ) from error
    made_of.write_text(wanted)


@contextlib.contextmanager
def seed(folder, fast=False):
    """The relay as `pip install fastapi uvicorn websockets` gives it, or with uvloop and httptools."""
    prepare()
    port = free_port()
    kind = ["--loop", "uvloop", "--http", "httptools"] if fast else ["--loop", "asyncio", "--http", "h11"]
    command = [PYTHON, "-m", "uvicorn", "relay:app", "--app-dir", PEERS, "--host", "127.0.0.1", "--port", port]
    command += ["--ws", "websockets", "--no-access-log", "--log-level", "warning", *kind]
    server = Server("uvicorn", command, folder)
    try:
        server.wait_until(lambda: status_of(port, "GET", "/") is not None)
        yield Target(
            webhook=f"http://127.0.0.1:{port}/webhook?secret={{secret}}",
            socket=f"ws://127.0.0.1:{port}/ws/{{secret}}",
            signed=False,
            processes={"uvicorn": server.pid},
        )
    finally:
        server.stop()


def versions():
    """The packages that matter, with their versions."""
    pinned = dict(line.split("==") for line in (PEERS / "requirements.txt").read_text().splitlines() if "==" in line)
    return ", ".join(f"{name} {pinned[name]}" for name in ("fastapi", "uvicorn", "websockets", "uvloop", "httptools"))
