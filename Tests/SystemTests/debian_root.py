"""A Debian system in a folder, made once by debootstrap and kept for the next run; tests work in copies of it."""

import contextlib
import fcntl
import os
import platform
import shutil
import signal
import subprocess

from relay import REPOSITORY, environment

FOLDER = REPOSITORY / ".build/debian-root"
RELEASE = "bookworm"


def reason_against():
    """Why no such system can be used here, as the reason of a skipped test; None where it can."""
    if os.geteuid() != 0:
        return "a system in a folder needs root: for debootstrap, chroot and users of its own"
    absent = [command for command in ("debootstrap", "dpkg-deb", "dpkg-shlibdeps") if not shutil.which(command)]
    if absent:
        return f"not installed: {', '.join(absent)}"
    release = platform.freedesktop_os_release()
    if (release["ID"], release.get("VERSION_ID")) != ("debian", "12"):
        return f"the binary is {release['PRETTY_NAME']}'s, and the system's libraries are Debian 12's"
    done = subprocess.run(["unshare", "--mount", "true"], capture_output=True, text=True)
    return f"no mount namespaces: {done.stderr.strip()}" if done.returncode else None


def base():
    """The folder of the system, as debootstrap makes it."""
    root = FOLDER / RELEASE
    with _lock():
        if not (FOLDER / "complete").exists():
            shutil.rmtree(root, ignore_errors=True)
            # What it mounts must be gone when it is ended halfway: nobody may remove a folder with a mount in it.
            _run("unshare", "--mount", "debootstrap", "--variant=minbase", RELEASE, root)
            shutil.copy("/etc/resolv.conf", root / "etc/resolv.conf")
            for path in (root / "var/cache/apt/archives").glob("*.deb"):
                path.unlink()
            (FOLDER / "complete").touch()
    return root


def pristine(packages):
    """The same with the archives of some packages and of what they need, to be installed from there."""
    root, wanted, known = base(), " ".join(sorted(packages)), FOLDER / "archives"
    with _lock():
        if not known.exists() or known.read_text() != wanted:
            apt(root, "update")
            apt(root, "install", "--yes", "--no-install-recommends", "--download-only", *packages)
            known.write_text(wanted)
    return root


@contextlib.contextmanager
def _lock():
    """One test run at a time makes or changes it."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def apt(root, *arguments):
    """apt-get within the system, for as long as it may take and no longer."""
    return _run(*_within(root, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "--quiet", *arguments))


def _within(root, *command):
    """A command in the system, with its processes to look at; what is mounted for that is gone when the command ends.

    The process is the command's own in the end, so that signals reach it.
    """
    mounts = 'mount -t proc proc "$1/proc" && exec chroot "$@"'
    return ["unshare", "--mount", "sh", "-euc", mounts, "sh", *map(str, (root, *command))]


def _run(*command):
    done = subprocess.run(
        list(map(str, command)),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
        env=environment(LC_ALL="C", PATH="/usr/sbin:/usr/bin:/sbin:/bin"),
    )
    assert done.returncode == 0, f"{command}: {done.returncode}\n{done.stdout}"
    return done.stdout


class DebianRoot:
    """A copy of the system, for one test to install in. Use `with`: leaving ends what runs in it and removes it."""

    def __init__(self, folder, packages):
        self.path = folder / "debian"
        _run("cp", "--archive", "--reflink=auto", pristine(packages), self.path)
        self.processes = contextlib.ExitStack()

    def apt(self, *arguments):
        return apt(self.path, *arguments)

    def run(self, *command):
        return _run(*_within(self.path, *command))

    def refuses(self, *command):
        return subprocess.run(_within(self.path, *command), capture_output=True).returncode != 0

    def file(self, path):
        return self.path / path.lstrip("/")

    def start(self, command, user, variables, **options):
        """Starts a command within the system as one of its users, with these variables and no others."""
        given = (f"{name}={value}" for name, value in variables.items())
        become = ("setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", "--no-new-privs")
        process = subprocess.Popen(
            _within(self.path, *become, "env", "--ignore-environment", *given, *command),
            stdin=subprocess.DEVNULL,
            text=True,
            **options,
        )
        self.processes.callback(_end, process)
        return process

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.processes.close()
        shutil.rmtree(self.path)


def _end(process):
    if process.poll() is None:
        process.send_signal(signal.SIGKILL)
    process.wait()
    if process.stdout:
        process.stdout.close()
