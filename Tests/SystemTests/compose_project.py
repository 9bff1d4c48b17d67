"""docker-compose.yml, and its variant with Caddy, as running containers, by podman-compose."""

import contextlib
import json
import os
import re
import sys

from container_engine import FOLDER, limits
from redis_server import free_port
from relay import REPOSITORY


class Project:
    """One project of the compose file, with the load balancer on a free port. Use `with`: leaving removes all of it."""

    file = REPOSITORY / "docker-compose.yml"
    services = ("balancer", "ingress", "egress", "redis")
    publishing = "HOOKWIRE_PUBLISH"

    def __init__(self, engine, **settings):
        self.engine = engine
        self.name = f"hookwire-test-{os.urandom(3).hex()}"
        self.port = free_port()
        # A container may not have more than the sandbox that it runs in.
        self.override = FOLDER / f"{self.name}.json"
        self.override.write_text(json.dumps({"services": {name: {"ulimits": limits()} for name in self.services}}))
        self.environment = engine.environment | engine.images() | settings
        self.environment[self.publishing] = f"127.0.0.1:{self.port}"

    def compose(self, *arguments, **options):
        files = ("--file", self.file, "--file", self.override)
        command = (sys.executable, "-m", "podman_compose", "--project-name", self.name, *files, *arguments)
        return self.engine.run(*command, env=self.environment, cwd=REPOSITORY, seconds=120, **options)

    def up(self, *options):
        """Starts what does not run yet."""
        self.compose("up", "--detach", "--no-build", "--no-recreate", *options)

    def podman(self, *arguments, **options):
        return self.engine.podman(*arguments, **options)

    def containers(self, service=None, *options):
        """The names of a service's containers, or of all, in order; those that run unless the options say --all."""
        label = f"label=io.podman.compose.project={self.name}"
        listed = self.podman("ps", "--filter", label, "--format", "{{.Names}}", *options).stdout.split()
        return sorted(name for name in listed if service is None or re.search(rf"_{service}_\d+$", name))

    def execute(self, container, *command, **options):
        """What a command prints inside of a container."""
        return self.podman("exec", container, *command, **options).stdout

    def metric(self, container, name):
        """The sum over all labels of one of a node's metrics."""
        text = self.execute(container, "hookwire", "health", "--url", "http://127.0.0.1:8080/metrics")
        values = re.findall(rf"^{name}(?:{{.*}})? (\S+)$", text, re.MULTILINE)
        assert values, f"no {name} in\n{text}"
        return sum(map(float, values))

    def exit_code(self, container):
        return int(self.podman("inspect", container, "--format", "{{.State.ExitCode}}").stdout)

    def logs(self):
        """What every container has printed, by its name."""
        names = self.containers(None, "--all")
        return {name: (done := self.podman("logs", name)).stdout + done.stderr for name in names}

    def left_over(self):
        """What of the project still exists."""
        by_label = ("--filter", f"label=io.podman.compose.project={self.name}", "--quiet")
        return [
            *self.podman("ps", "--all", *by_label).stdout.split(),
            *self.podman("volume", "ls", *by_label).stdout.split(),
            *self.podman("network", "ls", *by_label).stdout.split(),
        ]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for name, log in self.logs().items():  # pytest shows it where the test has failed
            print(f"--- {name}\n{log[-4000:]}")
        # Containers beyond those of the file (--scale) first; the rest is compose's own work.
        with contextlib.suppress(AssertionError):
            self.podman("rm", "--force", "--time", "1", *self.containers(None, "--all"))
        self.compose("down", "--volumes")
        self.override.unlink()


class CaddyProject(Project):
    """The same with Caddy in the load balancer's place, on a free port for HTTPS and another for HTTP."""

    file = REPOSITORY / "deploy/caddy/compose.yaml"
    services = ("caddy", "ingress", "egress", "redis")
    publishing = "HOOKWIRE_PUBLISH_HTTPS"

    def __init__(self, engine, **settings):
        super().__init__(engine, HOOKWIRE_PUBLISH_HTTP=f"127.0.0.1:{free_port()}", **settings)
