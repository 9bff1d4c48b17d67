"""Where and with what something was measured: figures mean little without it."""

import os
import pathlib
import platform
import re
import resource
import subprocess

from .servers import hookwire, seed


def _output(*command):
    """The last line of what a command prints, on either stream; nothing where there is no such command."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return (done.stdout.strip() or done.stderr.strip()) if done.returncode == 0 else ""


def _first(pattern, text, default=""):
    found = re.search(pattern, text, re.MULTILINE)
    return found[1].strip() if found else default


def machine():
    read = {name: pathlib.Path(path).read_text() for name, path in (
        ("cpu", "/proc/cpuinfo"), ("memory", "/proc/meminfo"), ("system", "/etc/os-release"),
    )}  # fmt: skip
    gibibytes = int(_first(r"^MemTotal:\s+(\d+)", read["memory"], "0")) / 2**20
    model = _first(r"^model name\s*:\s*(.+)$", read["cpu"], platform.machine())
    system = _first(r'^PRETTY_NAME="?([^"]+)', read["system"], platform.system())
    return {
        "processor": f"{os.cpu_count()} cores, {model}",
        "memory": f"{gibibytes:.0f} GiB",
        "system": f"{system}, Linux {platform.release()}",
        "descriptors": f"{resource.getrlimit(resource.RLIMIT_NOFILE)[0]:,} a process",
    }


def versions(binary, repository, built_here):
    """What was measured. The commit is known only of a binary that was built for the measurement."""
    commit = ""
    if built_here:
        commit = _output("git", "-C", str(repository), "rev-parse", "--short", "HEAD")
        paths = ("Package.swift", "Sources")
        if commit and _output("git", "-C", str(repository), "status", "--porcelain", "--", *paths):
            commit += " with changes"
    swift = _first(r"Swift version ([0-9.]+)", _output("swift", "--version")) if built_here else ""
    nchan = _output("dpkg-query", "--show", "--showformat=${Version}", "libnginx-mod-nchan")
    texts = {
        "Hookwire": hookwire.version(binary) + (f" ({commit})" if commit else ""),
        "Swift": swift,
        "nginx": _first(r"nginx/(\S+)", _output("/usr/sbin/nginx", "-v") or _output("nginx", "-v")),
        "nchan": re.sub(r"^\d+:", "", nchan),
        "Redis": _first(r"v=(\S+)", _output("redis-server", "--version")),
        "Python": platform.python_version(),
        "FastAPI relay": seed.versions(),
    }
    return {name: text for name, text in texts.items() if text}
