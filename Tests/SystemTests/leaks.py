"""Everything that a process shows, and everything that Redis keeps, is searched for the secrets of the whole run."""

import contextlib
import http.client
import pathlib
import urllib.parse

import qq


def found_in(text):
    """The secrets and tokens of this test process that stand in a text, as they are or percent-encoded."""
    return {s for s in qq.issued if s in text or urllib.parse.quote(s, safe="") in text}


def shown_by(process, port, context=None):
    """What a running node shows to whoever looks: its metrics, and its line in the process list."""
    text = ""
    with contextlib.suppress(OSError):
        text += pathlib.Path(f"/proc/{process.pid}/cmdline").read_text(errors="replace")
    if context is None:
        with contextlib.suppress(OSError, http.client.HTTPException):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
            with contextlib.closing(connection):
                connection.request("GET", "/metrics")
                text += connection.getresponse().read().decode(errors="replace")
    return text
