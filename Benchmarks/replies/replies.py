"""How long a bot's reply is on its way to the request that waits for it, across two ingress and two egress nodes.

Usage: .build/test-venv/bin/python Benchmarks/replies/replies.py [--waiting N] [--seconds S] [--delay S] [--binary PATH]

It measures what script/build has made, with the Python packages that script/test system installs, and wants redis-server.

Requests as Dialogflow's come at an even pace, to both ingress nodes in turn; each has a bot of its own on one of the
egress nodes, which answers it after a delay. At the end of the first delay as many requests wait at once as --waiting
says, and so they do until the end. What an answer took beyond its bot's own time is what the relay, its Redis, and the
Python on both sides of it took. The exit code is 1 where an answer was missing or not the request's own.
"""

import argparse
import asyncio
import contextlib
import json
import os
import pathlib
import platform
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time

import websockets

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
BOTS = 50


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@contextlib.contextmanager
def running(command, log):
    with open(log, "wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def await_port(log):
    """The port that a node says it listens on, in its first lines."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        found = re.search(r"http://127\.0\.0\.1:(\d+)", log.read_text(errors="replace"))
        if found:
            return int(found[1])
        time.sleep(0.02)
    sys.exit(f"a node did not start: {log.read_text(errors='replace')}")


async def bot(port, secret, delay, online):
    url = f"ws://127.0.0.1:{port}/ws?secret={secret}"
    async with websockets.connect(url, subprotocols=["cloudevents.json"], compression=None) as connection:
        online.release()

        async def answer(event):
            await asyncio.sleep(delay)
            # The time that the bot itself was late is its own.
            took = time.monotonic() - event["arrived"]
            text = json.dumps({"to": event["text"], "took": took})
            await connection.send(json.dumps({"type": "reply", "token": event["replytoken"], "text": text}))

        async with asyncio.TaskGroup() as answers:
            async for frame in connection:
                event = json.loads(frame)
                if "replytoken" in event:
                    event["arrived"] = time.monotonic()
                    answers.create_task(answer(event))


def bots(ports, delay, ready):
    """The bots' process."""

    async def main():
        online = asyncio.Semaphore(0)
        async with asyncio.TaskGroup() as group:
            for index in range(BOTS):
                group.create_task(bot(ports[index % len(ports)], f"bot-{index}", delay, online))
            for _ in range(BOTS):
                await online.acquire()
            ready.write_text("ready")

    asyncio.run(main())


async def ask(port, number, due):
    """One request on a connection of its own; returns what it took beyond its bot's time, or None."""
    question = f"question {number}"
    body = json.dumps(
        {
            "responseId": f"r-{number}",
            "session": f"projects/p/agent/sessions/{number}",
            "queryResult": {"queryText": question, "languageCode": "en"},
        }
    ).encode()
    head = (
        f"POST /webhook/dialogflow?secret=bot-{number % BOTS} HTTP/1.1\r\nHost: relay\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    await asyncio.sleep(due - time.monotonic())
    # From when it was due: a generator that is late itself must not look like a fast relay.
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(head.encode() + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        length = int(re.search(rb"(?i)content-length: (\d+)", answer)[1])
        text = json.loads(await reader.readexactly(length)).get("fulfillmentText")
        took = time.monotonic() - due
    finally:
        writer.close()
    if not answer.startswith(b"HTTP/1.1 200") or text is None:
        return None
    reply = json.loads(text)
    return took - reply["took"] if reply["to"] == question else None


async def load(ports, waiting, seconds, delay):
    count = int(waiting / delay * seconds)
    start = time.monotonic() + 0.5
    asked = [
        asyncio.create_task(ask(ports[number % len(ports)], number, start + number * delay / waiting))
        for number in range(count)
    ]
    results = await asyncio.gather(*asked, return_exceptions=True)
    # All of the first delay's requests came while fewer were waiting.
    steady = results[int(waiting):]
    good = [result for result in steady if isinstance(result, float)]
    bad = sum(not isinstance(result, float) for result in results)
    return good, bad


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--waiting", type=int, default=1_000, help="how many requests wait at once (default: 1000)")
    parser.add_argument("--seconds", type=float, default=15, help="how long requests come (default: 15)")
    parser.add_argument("--delay", type=float, default=2, help="how long a bot thinks, in seconds (default: 2)")
    parser.add_argument("--binary", default=REPOSITORY / ".build/release/hookwire")
    parser.add_argument("--be-bots", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.be_bots:
        ports, delay, ready = arguments.be_bots
        return bots([int(port) for port in ports.split(",")], float(delay), pathlib.Path(ready))
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        folder = pathlib.Path(name)
        redis_port = free_port()
        redis = ["redis-server", "--port", str(redis_port), "--save", "", "--appendonly", "no", "--dir", name]
        stack.enter_context(running(redis, folder / "redis.log"))
        nodes = {"ingress": [], "egress": []}
        for tier, ports in nodes.items():
            for index in range(2):
                log = folder / f"{tier}-{index}.log"
                url = f"redis://127.0.0.1:{redis_port}"
                command = [arguments.binary, tier, "--host", "127.0.0.1", "--port", "0", "--redis-url", url]
                stack.enter_context(running(command, log))
                ports.append(await_port(log))
        ready = folder / "ready"
        egress = ",".join(str(port) for port in nodes["egress"])
        command = [sys.executable, __file__, "--be-bots", egress, str(arguments.delay), str(ready)]
        stack.enter_context(running(command, folder / "bots.log"))
        deadline = time.monotonic() + 60
        while not ready.exists():
            if time.monotonic() > deadline:
                sys.exit(f"the bots did not get online: {(folder / 'bots.log').read_text()}")
            time.sleep(0.05)
        good, bad = asyncio.run(load(nodes["ingress"], arguments.waiting, arguments.seconds, arguments.delay))
    if not good:
        sys.exit(f"no answer came in time, {bad} were missing or wrong")
    cuts = statistics.quantiles(good, n=1000)
    print(
        f"{len(good)} answers while {arguments.waiting} requests waited, {bad} missing or another's; beyond the bot's own time: "
        f"p50 {cuts[499] * 1e3:.1f} ms, p90 {cuts[899] * 1e3:.1f} ms, p99 {cuts[989] * 1e3:.1f} ms "
        f"({os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f}, Python {platform.python_version()})"
    )
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
