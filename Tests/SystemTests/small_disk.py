"""A disk of its own for a test, as small as it wants it: a file system in memory, which root may mount."""

import contextlib
import subprocess

import pytest


@contextlib.contextmanager
def small_disk(folder, size):
    """Mounts so many bytes at a folder."""
    folder.mkdir()
    options = ["-t", "tmpfs", "-o", f"size={size},mode=700", "tmpfs", str(folder)]
    done = subprocess.run(["mount", *options], capture_output=True, text=True)
    if done.returncode != 0:
        pytest.skip(f"only root may mount a small disk: {done.stderr.strip()}")

    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
