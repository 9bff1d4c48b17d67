"""A systemd unit as a test without systemd reads it: what it starts, as whom, and with which settings."""

import re
import shlex


class Unit:
    def __init__(self, text):
        self.text = text
        self.sections = {}
        for line in text.splitlines():
            if section := re.fullmatch(r"\[(\w+)\]", line):
                entries = self.sections.setdefault(section[1], {})
            elif line and not line.startswith("#"):
                name, value = line.split("=", 1)
                assert name not in entries, f"{name} stands twice"
                entries[name] = value

    @property
    def service(self):
        return self.sections["Service"]

    @property
    def command(self):
        return shlex.split(self.service["ExecStart"])

    def seconds_to_stop(self):
        return int(self.service["TimeoutStopSec"])


def variables(text):
    """The variables of an EnvironmentFile; the value is the rest of the line."""
    lines = (line.strip() for line in text.splitlines())
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
