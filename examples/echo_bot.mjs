// Says what it hears, and reconnects. Needs Node 22 (or 20 with --experimental-websocket, or `npm install ws`); runs as
// `node echo_bot.mjs "ws://127.0.0.1:8080/ws?secret=demo-secret"`.
import { setTimeout as sleep } from "node:timers/promises";
const Socket = globalThis.WebSocket ?? (await import("ws")).WebSocket;

let pause = 0; // seconds until it reconnects; 0 until it was connected once, so that a wrong address ends it
for (;;) {
  const socket = new Socket(process.argv[2], "cloudevents.json");
  socket.addEventListener("open", () => {
    pause = 1;
    console.log("connected");
  });
  socket.addEventListener("message", ({ data }) => {
    const { replytoken: token, text = "?" } = JSON.parse(data);
    if (token) socket.send(JSON.stringify({ type: "reply", token, text }));
  });
  const reason = await new Promise((ended) => {
    socket.addEventListener("error", ({ message }) => ended(message));
    socket.addEventListener("close", ({ code, reason }) => ended(`${code} ${reason}`));
  });
  console.error("disconnected:", reason);
  if (!pause) process.exit(1);
  await sleep(pause * 1000);
  pause = Math.min(pause * 2, 60);
}
