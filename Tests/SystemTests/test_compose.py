"""docker-compose.yml does what it says: real containers, the Dockerfile's image, and clients at the published port."""

import asyncio
import re
import urllib.error
import urllib.request

import pytest
import yaml
from websockets.sync.client import connect

import container_engine
import qq
from compose_project import Project
from relay import BINARY, PATIENCE, REPOSITORY, run_command
from test_tiers import Load
from waiting import until, until_async

COMPOSE = yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text())


@pytest.fixture
def project():
    if reason := container_engine.reason_against():
        pytest.skip(reason)
    with Project(container_engine.Engine(), HOOKWIRE_DRAIN="3s") as project:
        yield project


def status(project, path, body=None):
    """The status and the body of one request to the load balancer."""
    headers = qq.signed_headers("none", body) if body else {}
    request = urllib.request.Request(f"http://127.0.0.1:{project.port}{path}", body, headers)
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=PATIENCE) as response:
            return response.status, response.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def ready(project):
    """The load balancer says that both tiers have a ready node."""
    try:
        return status(project, "/readyz")[0] == 200
    except OSError:
        return False  # it does not listen yet


@pytest.mark.timeout(400)
def test_compose_file(project):
    """From `up` to `down`: delivery, the loss of a node of either tier, more nodes, and a Redis that is away."""
    project.up()
    until(lambda: ready(project) and all_ready(project), "a node is not ready", 60)
    check_isolation(project)
    asyncio.run(use(project))
    check_logs(project)
    project.podman("rm", "--force", "--time", "10", *extra(project))
    project.compose("down", "--volumes")
    assert project.left_over() == []


async def use(project):
    """One load of bots and publishers through all that happens to the containers."""
    # To its clients, the load balancer is the one node of both tiers.
    async with Load([project], [project], secrets=4, sockets=3) as load:
        await load.send(50)
        await load.settle()
        check_spread(project)
        await kill_egress(project, load)
        await stop_egress(project, load)
        await stop_ingress(project, load)
        await add_ingress(project, load)
        await lose_redis(project, load)


def check_isolation(project):
    """Health checks are green, nodes have no rights, and networks keep apart who has no business with each other."""
    (balancer,), (redis,) = project.containers("balancer"), project.containers("redis")
    ingress, egress = project.containers("ingress"), project.containers("egress")
    assert (len(ingress), len(egress)) == (2, 2)
    for node in (*ingress, *egress):
        assert project.execute(node, "id", "--user").strip() == "10001"
        assert project.podman("exec", "--user=0", node, "touch", "/usr/file", check=False).returncode != 0
    project.podman("healthcheck", "run", redis)
    assert project.execute(redis, "redis-cli", "config", "get", "save").split() == ["save"], "a snapshot that fails stops all"
    for container in project.containers():
        assert bool(project.podman("port", container).stdout) == (container == balancer)
    assert project.podman("exec", balancer, "getent", "hosts", "redis", check=False).returncode != 0
    assert project.podman("exec", balancer, "getent", "hosts", "egress").stdout
    assert status(project, "/metrics")[0] == 404
    assert status(project, "/livez") == (200, b"alive\n")


def check_spread(project):
    """Every node of both tiers has its share."""
    for node in project.containers("ingress"):
        assert project.metric(node, "hookwire_webhook_requests_total") > 50
    sockets = [project.metric(node, "hookwire_sockets") for node in project.containers("egress")]
    assert sum(sockets) == 12 and min(sockets) > 3, sockets


async def reconnect(load):
    """Every bot whose socket was closed opens another, at once and at the first attempt."""
    closed = [bot for bots in load.bots.values() for bot in bots if bot.closed is not None]
    for bot in closed:
        bot.closed = None
    await asyncio.gather(*(bot.open() for bot in closed))
    return len(closed)


async def all_closed(load, count):
    """Waits until so many sockets have closed, and returns their close codes."""
    bots = [bot for bots in load.bots.values() for bot in bots]

    def codes():
        return [bot.closed for bot in bots if bot.closed is not None]

    await until_async(lambda: len(codes()) >= count, lambda: f"{len(codes())} of {count} sockets have closed")
    return codes()


async def kill_egress(project, load):
    """The bots of an egress node that dies find another, and get what is published from then on."""
    victim = project.containers("egress")[0]
    held = int(project.metric(victim, "hookwire_sockets"))
    await asyncio.to_thread(project.podman, "kill", "--signal", "KILL", victim)
    await all_closed(load, held)
    assert await reconnect(load) == held
    await load.send(20)
    await load.settle()
    await asyncio.to_thread(project.podman, "start", victim)


async def stop_egress(project, load):
    """An egress node that drains sends its bots away, to a node that takes them, and then ends well."""
    returned, stopped = project.containers("egress")
    held = int(project.metric(stopped, "hookwire_sockets"))
    await asyncio.to_thread(until, lambda: has_taken_a_socket(project, returned), f"{returned} gets no socket", 30)
    stopping = asyncio.create_task(asyncio.to_thread(project.podman, "stop", "--time", "20", stopped))
    left = 0
    while left < held:
        await all_closed(load, 1)
        left += await reconnect(load)
    await stopping
    assert project.exit_code(stopped) == 0
    assert project.metric(returned, "hookwire_sockets") == 12
    await load.send(20)
    await load.settle()
    await asyncio.to_thread(project.podman, "start", stopped)


async def stop_ingress(project, load):
    """An ingress node that is stopped under load answers what it has begun, and the other takes the rest."""
    stopped = project.containers("ingress")[0]
    sending = asyncio.create_task(load.send(200))
    await asyncio.to_thread(project.podman, "stop", "--time", "20", stopped)
    assert not sending.done(), "the load was over before the node was"
    await sending
    await load.settle()
    assert project.exit_code(stopped) == 0


async def add_ingress(project, load):
    """The load balancer finds nodes that --scale adds, and those that come back."""
    await asyncio.to_thread(project.up, "--scale", "ingress=3")
    nodes = project.containers("ingress")
    assert len(nodes) == 3

    def all_have_requests():
        status(project, "/webhook?secret=none", qq.event())
        return all(project.metric(node, "hookwire_webhook_requests_total") > 0 for node in nodes)

    await asyncio.to_thread(until, all_have_requests, "an ingress node gets no request", 30)
    await load.send(20)
    await load.settle()


async def lose_redis(project, load):
    """Without Redis nothing is acknowledged and no socket closes; what Redis had stored is there when it returns."""
    (redis,) = project.containers("redis")
    keys = int(project.execute(redis, "redis-cli", "dbsize"))
    await asyncio.to_thread(project.podman, "kill", "--signal", "KILL", redis)
    answer = await asyncio.to_thread(status, project, "/webhook?secret=none", qq.event())
    assert answer == (503, b'{"op":12,"d":1}')
    await asyncio.to_thread(until, lambda: not ready(project), "a node is ready without Redis")
    # Now no node is ready, and still it is a node that answers.
    answer = await asyncio.to_thread(status, project, "/webhook?secret=none", qq.event())
    assert answer == (503, b'{"op":12,"d":1}')
    await asyncio.to_thread(project.podman, "start", redis)
    await asyncio.to_thread(until, lambda: ready(project) and all_ready(project), "a node is not ready", 30)
    assert int(project.execute(redis, "redis-cli", "dbsize")) >= keys > 0
    await load.send(20)
    await load.settle()


def all_ready(project):
    """Every node's health check is green."""
    nodes = project.containers("ingress") + project.containers("egress")
    return not any(project.podman("healthcheck", "run", node, check=False).returncode for node in nodes)


def has_taken_a_socket(project, node):
    """The load balancer gives the node sockets: the next one, since it has fewest."""
    with connect(f"ws://127.0.0.1:{project.port}/ws?secret=none", proxy=None):
        return project.metric(node, "hookwire_sockets_opened_total") > 0


def check_logs(project):
    """No secret is in the log of any container, the load balancer's least of all."""
    logs = project.logs()
    assert "POST 200 ingress/" in logs[project.containers("balancer")[0]]
    assert {name: secret for name, log in logs.items() for secret in qq.issued if secret in log} == {}


def extra(project):
    """The containers that the file alone would not have."""
    return project.containers("ingress")[2:]


def test_only_the_load_balancer_is_published():
    """No other service has ports, a name of its own or the network of the load balancer's clients."""
    for name, service in COMPOSE["services"].items():
        assert ("ports" in service) == (name == "balancer")
        assert ("public" in service["networks"]) == (name == "balancer")
        assert "container_name" not in service
    assert COMPOSE["networks"]["store"]["internal"]


def test_logs_are_bounded():
    """No container's log fills the disk, and docs/deployment.md says how long it may be."""
    caddy = yaml.safe_load((REPOSITORY / "deploy/caddy/compose.yaml").read_text())["services"]["caddy"]
    logs = [service["logging"] for service in [*COMPOSE["services"].values(), caddy]]
    assert logs == [{"driver": "json-file", "options": {"max-size": "10m", "max-file": "5"}}] * len(logs)
    document = " ".join((REPOSITORY / "docs/deployment.md").read_text().split())
    assert "Docker keeps the last 50 MB, Podman 10 MB" in document


def test_settings_exist():
    """A setting that the file gives to nodes is a flag of both tiers, and a node has longer to end than to drain."""
    for tier in ("ingress", "egress"):
        flags = run_command([BINARY, tier, "--help"]).stdout
        for variable in COMPOSE["services"][tier]["environment"]:
            flag = variable.removeprefix("HOOKWIRE_").lower().replace("_", "-")
            assert re.search(rf"--{flag}\b", flags), f"{tier} has no --{flag}"
        drain = COMPOSE["services"][tier]["environment"]["HOOKWIRE_DRAIN"]
        seconds = int(re.fullmatch(r"\$\{HOOKWIRE_DRAIN:-(\d+)s\}", drain)[1])
        assert int(COMPOSE["services"][tier]["stop_grace_period"].removesuffix("s")) > seconds + 5
