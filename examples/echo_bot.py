"""Says what it hears.

Needs `pip install websockets`; runs as `python echo_bot.py "ws://127.0.0.1:8080/ws?secret=demo-secret"`.
"""
import json, sys  # noqa: E401
from websockets.sync.client import connect

with connect(sys.argv[1], subprotocols=["cloudevents.json"]) as socket:
    for event in map(json.loads, socket):
        if "replytoken" in event:
            socket.send(json.dumps({"type": "reply", "token": event["replytoken"], "text": event.get("text", "?")}))
