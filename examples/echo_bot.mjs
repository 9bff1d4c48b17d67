// Says what it hears. Needs Node 22 (or 20 with --experimental-websocket, or `npm install ws`); runs as
// `node echo_bot.mjs "ws://127.0.0.1:8080/ws?secret=demo-secret"`.
const Socket = globalThis.WebSocket ?? (await import("ws")).WebSocket;
const socket = new Socket(process.argv[2], "cloudevents.json");
socket.addEventListener("message", ({ data }) => {
  const { replytoken: token, text = "?" } = JSON.parse(data);
  if (token) socket.send(JSON.stringify({ type: "reply", token, text }));
});
