"""What is said while measuring: to standard error, and in colour only where a person looks on."""

import os
import sys

_COLOUR = sys.stderr.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM", "dumb") != "dumb"


def say(text):
    print(f"\033[1m==>\033[0m {text}" if _COLOUR else f"==> {text}", file=sys.stderr, flush=True)


def note(text):
    print(f"    {text}", file=sys.stderr, flush=True)


def complain(text):
    print(f"\033[1;31merror:\033[0m {text}" if _COLOUR else f"error: {text}", file=sys.stderr, flush=True)
