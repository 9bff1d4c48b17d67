"""Podman on a machine without a container engine of its own, with images that are made here: none is pulled.

Everything lies in .build/containers, apart from what the machine's user has in podman, and is kept for the next run.
"""

import fcntl
import json
import os
import platform
import re
import resource
import shutil
import subprocess

import debian_root
from relay import BINARY, REPOSITORY, environment

FOLDER = REPOSITORY / ".build/containers"
DEBIAN = "localhost/hookwire-test/debian"
RUNTIME = "localhost/hookwire-test/runtime"
SERVICES = "localhost/hookwire-test/services"
HOOKWIRE = "localhost/hookwire-test/hookwire"
COMMANDS = ["podman", "runc", "iptables", "debootstrap", "ldd", "strip"]


def reason_against():
    """Why no containers can run here, as the reason of a skipped test; None where they can."""
    if os.geteuid() != 0:
        return "containers here need root: for namespaces, bridges and debootstrap"
    absent = [command for command in COMMANDS if not shutil.which(command)]
    if absent:
        return f"not installed: {', '.join(absent)}"
    release = platform.freedesktop_os_release()
    if (release["ID"], release.get("VERSION_ID")) != ("debian", "12"):
        return f"the binary is {release['PRETTY_NAME']}'s, and the image's libraries are Debian 12's"
    probe = ["unshare", "--mount", "--net", "--pid", "--fork", "--mount-proc", "iptables", "--table", "nat", "--list"]
    done = subprocess.run(probe, capture_output=True, text=True)
    return f"no namespaces or no address translation: {done.stderr.strip()}" if done.returncode else None


class Engine:
    """Podman with a configuration that needs no systemd, no registry and no right to raise limits."""

    def __init__(self):
        FOLDER.mkdir(parents=True, exist_ok=True)
        (FOLDER / "containers.conf").write_text(
            f"""[containers]
default_ulimits = {json.dumps([f"{name}={number}:{number}" for name, number in limits().items()])}
seccomp_profile = "unconfined"
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
tmp_dir = "{FOLDER}/run/libpod"
[network]
network_backend = "netavark"
network_config_dir = "{FOLDER}/networks"
"""
        )
        (FOLDER / "storage.conf").write_text(
            f"""[storage]
driver = "{storage_driver()}"
graphroot = "{FOLDER}/storage"
runroot = "{FOLDER}/run"
"""
        )
        self.environment = environment(
            CONTAINERS_CONF=f"{FOLDER}/containers.conf", CONTAINERS_STORAGE_CONF=f"{FOLDER}/storage.conf"
        )

    def run(self, *command, seconds=60, check=True, **options):
        """One command to its end, with what it printed where it failed."""
        options = {"env": self.environment, "stdin": subprocess.DEVNULL} | options
        done = subprocess.run(
            list(map(str, command)),
            capture_output=True,
            text=True,
            timeout=seconds,
            **options,
        )
        assert not check or done.returncode == 0, f"{command}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done

    def podman(self, *arguments, **options):
        return self.run("podman", *arguments, **options)

    def images(self):
        """Makes the images that are missing or out of date, and returns their names as the compose file takes them."""
        with (FOLDER / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if self.podman("image", "exists", DEBIAN, check=False).returncode:
                self._import_debian()
            self._build(SERVICES, FOLDER / "services", SERVICES_FILE)
            folder = collect_binary(FOLDER / "binary")
            self._build(RUNTIME, folder, RUNTIME_FILE)
            self._build(
                HOOKWIRE,
                REPOSITORY,
                None,
                *("--format", "docker", "--build-arg", f"RUNTIME_IMAGE={RUNTIME}"),
                # In place of the stage that compiles.
                *("--build-context", f"build={folder / 'build'}"),
            )
            self.podman("image", "prune", "--force")
        return {"HOOKWIRE_IMAGE": HOOKWIRE, "HAPROXY_IMAGE": SERVICES, "CADDY_IMAGE": SERVICES, "REDIS_IMAGE": SERVICES}

    def _import_debian(self):
        left_out = ["--exclude", "./var/cache/apt/archives/*.deb", "--exclude", "./var/lib/apt/lists/*"]
        archive = ["tar", "--directory", str(debian_root.base()), *left_out, "--create", "."]
        with subprocess.Popen(archive, stdout=subprocess.PIPE) as tar:
            self.podman("import", "-", DEBIAN, stdin=tar.stdout)

    def _build(self, name, folder, containerfile, *options):
        folder.mkdir(exist_ok=True)
        if containerfile:
            (folder / "Containerfile").write_text(containerfile)
        # Without systemd and seccomp, what RUN starts is only put into another root.
        self.podman("build", "--isolation", "chroot", "--layers", "--tag", name, *options, folder, seconds=180)


# What stands in for the images of HAProxy, Caddy and Redis.
SERVICES_FILE = f"""FROM {DEBIAN}
RUN apt-get update && apt-get install --yes --no-install-recommends haproxy caddy redis-server
RUN mkdir /data && chown redis:redis /data
WORKDIR /data
"""

# The binary under test is not the release binary that the Dockerfile builds: it loads the toolchain's libraries.
RUNTIME_FILE = f"""FROM {DEBIAN}
COPY libraries /usr/local/lib/swift
RUN echo /usr/local/lib/swift >/etc/ld.so.conf.d/swift.conf && ldconfig
"""


def collect_binary(folder):
    """The binary under test where the image expects it, and beside it those of its libraries that Debian has not."""
    shutil.rmtree(folder, ignore_errors=True)
    binary = folder / "build/usr/local/bin/hookwire"
    binary.parent.mkdir(parents=True)
    subprocess.run(["strip", "-o", binary, BINARY], check=True)
    (folder / "libraries").mkdir()
    (folder / "libraries/keep").touch()  # a statically linked binary needs none
    for path in re.findall(r"=> (/\S+)", subprocess.check_output(["ldd", BINARY], text=True)):
        if not path.startswith(("/lib/", "/lib64/", "/usr/lib/x86_64", "/usr/lib/aarch64")):
            shutil.copy(path, folder / "libraries")
    return folder


def limits():
    """What a container may have: not more than this process, which may not be allowed to raise its own limits."""
    hard = {name: resource.getrlimit(getattr(resource, f"RLIMIT_{name.upper()}"))[1] for name in ("nofile", "nproc")}
    return {name: 4096 if most == resource.RLIM_INFINITY else min(most, 4096) for name, most in hard.items()}


def storage_driver():
    """overlay where the kernel lets us mount it over this folder, or vfs, which copies."""
    folder = FOLDER / "probe"
    shutil.rmtree(folder, ignore_errors=True)
    for name in ("lower", "upper", "work", "merged"):
        (folder / name).mkdir(parents=True)
    options = f"lowerdir={folder}/lower,upperdir={folder}/upper,workdir={folder}/work"
    mounted = subprocess.run(
        ["mount", "-t", "overlay", "overlay", "-o", options, folder / "merged"], capture_output=True
    )
    if mounted.returncode:
        return "vfs"
    subprocess.run(["umount", folder / "merged"], check=True)
    return "overlay"
