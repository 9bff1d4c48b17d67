"""Bots that stand on QQ's SDKs: the settings of the README and the programs of docs/gateway.md, as processes."""

import re
import subprocess
import textwrap
import threading

from relay import PATIENCE, REPOSITORY, environment

PYTHON = REPOSITORY / ".build/sdk-venv/bin/python"
SDKS = ("qqbot-agent-sdk", "nonebot-adapter-qq", "qq-botpy")

# Names that a process is told lead elsewhere, since an SDK has this one hard-coded.
REDIRECT = """\
import os, socket

_getaddrinfo = socket.getaddrinfo


def getaddrinfo(host, port, *rest, **options):
    if host == "bots.qq.com":
        host, port = "127.0.0.1", int(os.environ["FAKE_TOKEN_PORT"])
    return _getaddrinfo(host, port, *rest, **options)


socket.getaddrinfo = getaddrinfo
"""


def section(document, sdk):
    """What a document says of an SDK: the text from its heading to the next."""
    text = (REPOSITORY / document).read_text()
    match = re.search(rf"^#+ {sdk}\n(.*?)(?=^#+ |\Z)", text, re.MULTILINE | re.DOTALL)
    assert match, f"{document} says nothing of {sdk}"
    return match[1]


def block(document, sdk, language):
    """The one fenced block of a language in an SDK's section, or None."""
    found = re.findall(rf"^```{language}\n(.*?)^```$", section(document, sdk), re.MULTILINE | re.DOTALL)
    assert len(found) <= 1, f"{document} has {len(found)} blocks of {language} for {sdk}"
    return found[0] if found else None


class SDKBot:
    """A bot in a process of its own, which answers every message. Use `with`."""

    def __init__(self, sdk, address, app_id, secret, folder, token_service=None):
        assert PYTHON.exists(), "there are no SDKs: script/test system installs them"
        self.folder = folder

        def localised(text):
            return (
                text.replace("https://relay.example.com", f"http://{address}")
                .replace("relay.example.com", address)
                .replace('"https"', '"http"')
                .replace("YOUR_APP_ID", app_id)
                .replace("YOUR_BOT_SECRET", secret)
            )

        settings = block("README.md", sdk, "dotenv")
        (folder / ".env").write_text(localised(settings or ""))
        variables = dict(line.split("=", 1) for line in localised(settings or "").splitlines())
        if sdk == "nonebot-adapter-qq":
            variables = {}  # it reads the file by itself
        program = block("docs/gateway.md", sdk, "py")
        head = block("README.md", sdk, "py")
        assert not head or head in program, f"the README's lines for {sdk} are none of docs/gateway.md"
        (folder / "bot.py").write_text(localised(program))
        (folder / "sitecustomize.py").write_text(REDIRECT)
        if token_service:
            variables |= {
                "FAKE_TOKEN_PORT": str(token_service.port), "SSL_CERT_FILE": str(token_service.certificate / "cert.pem"),
            }
        variables |= {"PYTHONPATH": str(folder), "PYTHONUNBUFFERED": "1"}
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "WSS_PROXY"):
            variables |= {name: "", name.lower(): ""}
        variables |= {"NO_PROXY": "*", "no_proxy": "*"}
        self.lines = []
        self._seen = threading.Condition()
        self.process = subprocess.Popen(
            [PYTHON, "bot.py"],
            cwd=folder,
            env=environment(**variables),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self.process.stdout:
            with self._seen:
                self.lines.append(line.rstrip("\n"))
                self._seen.notify_all()

    @property
    def received(self):
        """The messages that the bot's program was given, in order."""
        return [line.removeprefix("received ") for line in list(self.lines) if line.startswith("received ")]

    def has_received(self, count, seconds):
        """Whether so many messages have come within that time."""
        with self._seen:
            return self._seen.wait_for(lambda: len(self.received) >= count, seconds)

    def await_received(self, count, seconds=PATIENCE):
        found = self.has_received(count, seconds)
        assert found, f"{len(self.received)} of {count} messages; the bot said:\n" + self.said

    def await_line(self, text, seconds=PATIENCE):
        with self._seen:
            found = self._seen.wait_for(lambda: any(text in line for line in self.lines), seconds)
        assert found, f"no {text!r}; the bot said:\n" + self.said

    @property
    def said(self):
        return textwrap.indent("\n".join(self.lines[-80:]), "    ")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self._reader.join(PATIENCE)
        self.process.stdout.close()
