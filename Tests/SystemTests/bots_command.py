"""`hookwire bots` on a registry of a test's own: a file, or a Redis."""

import contextlib
import hashlib
import pathlib
import secrets
import sqlite3
import subprocess

from relay import BINARY, PATIENCE, environment


class Registry:
    """Where the bots of a test are, and what was printed about them."""

    def __init__(self, kind, folder, redis=None):
        self.kind, self.folder, self.redis = kind, pathlib.Path(folder), redis
        self.path = self.folder / "bots.yaml"
        self.key = secrets.token_hex(32)
        self.printed = ""

    @property
    def variables(self):
        """What a node or a command finds in its environment."""
        if self.kind == "file":
            return {"HOOKWIRE_BOTS": str(self.path)}
        return {"HOOKWIRE_REDIS_URL": self.redis.url, "HOOKWIRE_REGISTRY_KEY": self.key}

    def run(self, *words, stdin="", **variables):
        """One command, with what it printed."""
        done = subprocess.run(
            [BINARY, "bots", *map(str, words)],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=PATIENCE * 2,
            cwd=self.folder,
            env=environment(**(self.variables | variables)),
        )
        self.printed += done.stdout + done.stderr
        return done

    def does(self, *words, **options):
        """One command that has to succeed; what it printed."""
        done = self.run(*words, **options)
        assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
        return done.stdout

    def refuses(self, *words, code=1, **options):
        """One command that has to fail; the sentence it says."""
        done = self.run(*words, **options)
        assert done.returncode == code, f"{words}: {done.returncode} {done.stdout}{done.stderr}"
        assert done.stderr.strip(), f"{words} failed without a word"
        return done.stderr


def bot_database(path, rows):
    """A file as the widespread relay keeps it."""
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "CREATE TABLE secrets (id INTEGER PRIMARY KEY AUTOINCREMENT, secret TEXT NOT NULL UNIQUE, "
            "md5_token TEXT NOT NULL UNIQUE)"
        )
        for secret, token in rows:
            digest = hashlib.md5(token.encode()).hexdigest()
            connection.execute("INSERT INTO secrets (secret, md5_token) VALUES (?, ?)", (secret, digest))
