"""Says what it hears, on a raw socket: the answer to an event is the next frame.

Needs `pip install websockets`; runs as `python echo_raw.py "ws://127.0.0.1:8080/ws?secret=demo-secret&reply=1"`.
"""
import sys
from websockets.sync.client import connect

with connect(sys.argv[1]) as socket:
    for body in socket:
        socket.send(body)
