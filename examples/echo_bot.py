"""Says what it hears, and reconnects.

Needs `pip install websockets`; runs as `python echo_bot.py "ws://127.0.0.1:8080/ws?secret=demo-secret"`.
"""
import asyncio, json, logging, sys  # noqa: E401
from websockets import ConnectionClosed, connect


async def main():
    async for socket in connect(sys.argv[1], subprotocols=["cloudevents.json"]):
        print("connected", flush=True)
        try:
            async for frame in socket:
                event = json.loads(frame)
                if "replytoken" in event:
                    reply = {"type": "reply", "token": event["replytoken"], "text": event.get("text", "?")}
                    await socket.send(json.dumps(reply))
        except ConnectionClosed:
            await asyncio.sleep(1)


logging.basicConfig(level=logging.INFO)  # so that it says why it cannot connect
asyncio.run(main())
