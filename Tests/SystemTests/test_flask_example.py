"""examples/flask-dialogflow: the tutorial's app, as it stands, answers Dialogflow through two tiers."""

import contextlib
import importlib.metadata
import json
import re
import subprocess
import sys

import pytest

from desk import Command
from dialogflow import DialogflowES
from redis_server import RedisServer, free_port
from relay import REPOSITORY, environment
from tiers import tiers
from waiting import until
from webhook_request import send

FOLDER = REPOSITORY / "examples/flask-dialogflow"


@contextlib.contextmanager
def flask(port, log):
    """The app, run as its first lines say."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "flask", "--app", "app", "run", "--port", str(port)],
            cwd=FOLDER, stdout=output, stderr=output, env=environment(PYTHONDONTWRITEBYTECODE="1"),
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def nodes(tmp_path):
    with RedisServer(tmp_path) as redis, tiers(redis.url, tmp_path, ingress=1, egress=1) as ((ingress,), (egress,)):
        yield ingress, egress


def test_versions():
    """What is tested is what requirements.txt names."""
    for name, version in re.findall(r"^([\w.-]+)==(\S+)$", (FOLDER / "requirements.txt").read_text(), re.MULTILINE):
        assert importlib.metadata.version(name) == version


def test_answers_through_two_tiers(nodes, secret, tmp_path):
    """Google's own request has the app's words for its answer; the app is restarted meanwhile, and nothing is lost."""
    ingress, egress = nodes
    port, log, agent = free_port(), tmp_path / "flask.log", DialogflowES(secret)
    target = f"http://localhost:{port}/webhook"
    with Command(
        "forward", "--relay", f"http://127.0.0.1:{egress.port}", "--to", target, secret=secret, folder=tmp_path
    ) as command:
        command.complains("Connected")
        for _ in range(2):
            with flask(port, log):
                until(lambda: f"Running on http://127.0.0.1:{port}" in log.read_text(), log.read_text)
                said = agent.said(send(ingress, agent.event("weather")))
                assert said == "It is sunny in Bern."
                agent = DialogflowES(secret)
            log.write_text("")
        lines = command.prints(2)
    assert all("  200 " in line for line in lines)


def test_event_for_an_app_that_is_not_up_yet(nodes, secret, tmp_path):
    """The platform has its fallback in time, and the app gets the event when it is up."""
    ingress, egress = nodes
    port, log, agent = free_port(), tmp_path / "flask.log", DialogflowES(secret)
    with Command(
        "forward", "--relay", f"http://127.0.0.1:{egress.port}", "--to", f"http://localhost:{port}/webhook", "--json",
        secret=secret, folder=tmp_path,
    ) as command:
        command.complains("Connected")
        answer = send(ingress, agent.event("weather"))
        assert (answer.status, answer.body) == (200, agent.fallback)
        with flask(port, log):
            assert json.loads(command.prints(1)[0])["status"] == 200
