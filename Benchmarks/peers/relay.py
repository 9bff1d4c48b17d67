"""A webhook relay as bot authors write it for themselves: FastAPI, uvicorn, websockets, and a dictionary of sockets.

Written for script/bench, as a peer to measure. It has the shape of the scripts in the wild, and their promises: it
signs the platform's validation (op 13), checks no signature, keeps nothing, and sends a body to the sockets one after
another.

    uvicorn relay:app --app-dir Benchmarks/peers --port 8088
"""

import json

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import FastAPI, Request, Response, WebSocket, WebSocketDisconnect

app = FastAPI()
sockets: dict[str, list[WebSocket]] = {}


def signature(secret: str, message: bytes) -> str:
    seed = secret.encode()
    while len(seed) < 32:
        seed *= 2
    return Ed25519PrivateKey.from_private_bytes(seed[:32]).sign(message).hex()


@app.post("/webhook")
async def webhook(request: Request, secret: str):
    body = await request.body()
    try:
        payload = json.loads(body)
    except ValueError:
        return Response(status_code=400)
    if payload.get("op") == 13:
        token, timestamp = payload["d"]["plain_token"], payload["d"]["event_ts"]
        return {"plain_token": token, "signature": signature(secret, (timestamp + token).encode())}
    text = body.decode()
    for socket in list(sockets.get(secret, ())):
        try:
            await socket.send_text(text)
        except (RuntimeError, WebSocketDisconnect):
            forget(secret, socket)
    return {"op": 12, "d": 0}


@app.websocket("/ws/{secret}")
async def connect(socket: WebSocket, secret: str):
    await socket.accept()
    sockets.setdefault(secret, []).append(socket)
    try:
        while True:
            await socket.receive_text()
    except WebSocketDisconnect:
        pass
    finally:
        forget(secret, socket)


def forget(secret: str, socket: WebSocket):
    if socket in sockets.get(secret, ()):
        sockets[secret].remove(socket)
        if not sockets[secret]:
            del sockets[secret]
