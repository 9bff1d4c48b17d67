"""Waiting for what tells nobody that it has come about: it is looked at again and again, and not for ever."""

import asyncio
import time

PATIENCE = 15  # seconds until something that ought to happen counts as not happening


def until(condition, what, seconds=PATIENCE, pause=0.02):
    """Looks until a condition is true, and returns its value; fails when the time is over.

    - what: what is waited for, or what is wrong until it comes; a function, to say it as it is at the end.
    - pause: seconds between two looks.
    """
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, _in_vain(what, seconds)
        time.sleep(pause)
    return value


async def until_async(condition, what, seconds=PATIENCE, pause=0.02):
    """The same beside other tasks of an event loop, which a condition must not hold up."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, _in_vain(what, seconds)
        await asyncio.sleep(pause)
    return value


def _in_vain(what, seconds):
    return f"in vain for {seconds:g} s: {what() if callable(what) else what}"
