"""The image's build has what it needs: whatever .dockerignore leaves out is not there."""

import re

from relay import REPOSITORY


def included(path):
    """Whether a file or folder of the repository is in the build's context: the last line that matches decides."""
    result = True
    for line in (REPOSITORY / ".dockerignore").read_text().splitlines():
        if not line or line.startswith("#"):
            continue
        pattern = line.removeprefix("!")
        if pattern == "*" or path == pattern or path.startswith(pattern + "/"):
            result = line.startswith("!")
    return result


def test_context_has_every_target():
    package = (REPOSITORY / "Package.swift").read_text()
    paths = re.findall(r'\bpath: "([^"]+)"', package)
    assert "Benchmarks/RelayedEvent" in paths
    for path in [*paths, "Sources/Hookwire", "Tests/SharedTests", "Package.swift"]:
        assert included(path), f"{path} is a target's folder, without which the package manager does not start"


def test_context_has_what_the_build_reads():
    dockerfile = (REPOSITORY / "Dockerfile").read_text()
    read = re.findall(r"script/\S+?(?=\))", dockerfile)
    assert read == ["script/lib/release-flags"]
    for path in read:
        assert included(path)
    assert not included("Tests/SystemTests/relay.py")
