// The inspector's page as its reader has it, in node, against a relay that is made up.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { openPage, until } from "./little_dom.mjs";

const page = openPage(readFileSync("index.html", "utf8"));
const byId = page.getElementById;

/** What the relay answers to the next requests for events, or null for nothing; streams that are open stay so. */
const answers = [];
const asked = [];
const streams = [];
const problem = (status, reason, detail) =>
  new Response(JSON.stringify({ detail, reason }), { status, headers: { "Content-Type": "application/problem+json" } });
const json = (value) => new Response(JSON.stringify(value), { headers: { "Content-Type": "application/json" } });

/** How far the relay's clock is ahead of the page's, in milliseconds; null where it does not say. */
let ahead = null;

globalThis.fetch = async (path, options) => {
  const response = await answer(path, options);
  if (ahead !== null) response.headers.set("Date", new Date(Date.now() + ahead).toUTCString());
  return response;
};

async function answer(path, options) {
  asked.push({ path, ...options });
  if (path === "inspector/counts") return json({ sockets: 0, events_delivered: 0, bots_connected: 0 });
  if (path.startsWith("events?") && answers.length) return answers.shift() ?? Promise.reject(new TypeError("Failed to fetch"));
  const stream = { path };
  const body = new ReadableStream({ start: (controller) => Object.assign(stream, { controller }) });
  stream.send = (text) => stream.controller.enqueue(new TextEncoder().encode(text));
  streams.push(stream);
  return new Response(body, { headers: { "Content-Type": "text/event-stream" } });
}

await import("./app.js");

const state = () => byId("status").dataset.state;
const rows = () => page.querySelectorAll(".row");

async function connect() {
  streams.length = asked.length = 0;
  byId("secret").value = "the-bots-secret";
  byId("connect").happen("submit");
  await until(() => state() === "live" && streams.length === 2);
  return streams[1];
}

let last = 0;

/** An envelope as an event stream has it. */
function envelope(more = {}) {
  last += 1;
  const all = { specversion: "1.0", position: `a-${last}`, type: "T", time: "2026-01-01T00:00:00Z", platform: "qq", headers: "[]", data: {}, ...more };
  return `id: ${all.position}\ndata: ${JSON.stringify(all)}\n\n`;
}

async function shown(stream, more) {
  const before = rows().length;
  stream.send(envelope(more));
  await until(() => byId("scroll").clientHeight === 0 && rows().length === before + 1);
}

test("what is not the relay's answer passes, and a secret that holds no more leaves what came", async () => {
  answers.push(new Response("<h1>404</h1>", { status: 404 }), problem(404, "not_here_yet", "Wait a little."));
  const stream = await connect();
  assert.ok(byId("door").hidden && asked.filter(({ path }) => path.startsWith("events?")).length === 3);
  await shown(stream, { text: "private" });
  answers.push(problem(401, "expired_token", "The token has expired."));
  stream.controller.close();
  await until(() => state() === "ended");
  assert.equal(byId("notice").textContent, "The relay refused: The token has expired.");
  assert.ok(byId("door").hidden && rows().length === 1);
  byId("leave").click();
});

test("who is let in by none of the relay's nodes stands before the door", async () => {
  answers.push(problem(404, "not_found", "There is nothing here."));
  byId("secret").value = "another-secret";
  byId("connect").happen("submit");
  byId("test").click();
  assert.ok(page.querySelector("dialog[open]"));
  await until(() => byId("door-error").textContent === "The relay refused: There is nothing here.");
  assert.ok(!byId("door").hidden && byId("desk").hidden && !page.querySelector("dialog"));
});

test("disconnecting leaves nothing of what came in the document", async () => {
  const stream = await connect();
  for (const text of ["private one", "private two"]) await shown(stream, { text, type: "private.type" });
  byId("search").value = "private";
  byId("search").happen("input");
  byId("type").value = "type:private.type";
  byId("type").happen("change");
  rows()[0].click();
  assert.match(page.textContent, /private/);
  byId("leave").click();
  await until(() => !page.textContent.includes("private"));
  assert.deepEqual([byId("kept").textContent, byId("search").value, byId("type").options.length], ["0 of 0 shown", "", 2]);
});

test("a clock that is wrong takes no reply box away", async () => {
  for (ahead of [-10_000, 10_000]) {
    const stream = await connect();
    const now = Date.now() + ahead;
    await shown(stream, { text: "a question", replytoken: "r1", time: new Date(now).toISOString(), replydeadline: new Date(now + 5000).toISOString() });
    rows()[0].click();
    assert.ok(byId("reply-text"));
    const left = Number(page.querySelector(".reply").textContent.match(/(\d+) s left/)[1]);
    assert.ok(left >= 3 && left <= 6, String(left));
    assert.equal(rows()[0].querySelector(".mark").textContent, "● waiting");
    assert.match(byId("timing").textContent, /Shown here.*[+−]\d{1,4} ms/);
    byId("leave").click();
    await until(() => rows().length === 0);
  }
  ahead = 0;
});

test("a replay is not said to be verified", async () => {
  const stream = await connect();
  await shown(stream, { text: "first" });
  await shown(stream, { text: "edited", replayof: "a-1" });
  await shown(stream, { text: "handed on", replayof: "a-1", platform: "generic" });
  for (const [row, words, isVerified] of [
    [0, "A replay of a request that was accepted", false], [1, "A replay of a request that was verified; the replay is not", false], [2, "Ed25519 signature verified", true],
  ]) {
    rows()[row].click();
    assert.equal(byId("details").querySelector("dd").textContent, words);
    assert.equal(byId("details").textContent.includes("signature verified"), isVerified);
  }
  byId("leave").click();
});

test("behind a sign-on by cookies the page works, and says what stands in its way", async () => {
  const said = [];
  answers.push(new Response(null, { status: 302, headers: { Location: "/login" } }), null, null,
    new Response("<h1>Sign on</h1>", { headers: { "Content-Type": "text/html" } }));
  const before = byId("notice").replaceChildren;
  byId("notice").replaceChildren = function (...nodes) {
    before.apply(this, nodes);
    if (this.textContent) said.push(this.textContent);
  };
  await connect();
  assert.match(said[0], /redirects, as to a sign-on/);
  assert.match(said[1], /came to nothing but an error/);
  assert.match(said[2], /^HTTP 200, and not from the relay/);
  assert.deepEqual([said.length, byId("notice").hidden], [3, true]);
  assert.ok(asked.every(({ credentials, redirect }) => credentials === "same-origin" && redirect === "manual"));
  byId("leave").click();
});

test("the day of an event is seen", async () => {
  const stream = await connect();
  await shown(stream, { time: "2025-12-24T12:34:56.789Z" });
  await shown(stream, { time: new Date().toISOString() });
  assert.deepEqual(rows().map((row) => /^\d\d:\d\d:\d\d\.\d{3}$/.test(row.querySelector(".time").textContent)), [true, false]);
  assert.match(rows()[1].querySelector(".time").textContent, /^12-2\d \d\d:\d\d:56$/);
  rows()[1].click();
  assert.match(byId("timing").textContent, /2025-12-2\d \d\d:\d\d:56\.789/);
  streams[0].send(`event: refused\ndata: ${JSON.stringify({ id: "r", at: Date.parse("2025-12-24T12:34:56.789Z"), reason: "stale" })}\n\n`);
  await until(() => rows().length === 3);
  rows()[0].click();
  assert.match(byId("details").textContent, /Time2025-12-2\d \d\d:\d\d:56\.789/);
  byId("leave").click();
});

test("a half-typed answer stays where its row is chosen again", async () => {
  const stream = await connect();
  await shown(stream, { text: "a question", replytoken: "r2", replydeadline: new Date(Date.now() + 60_000).toISOString() });
  rows()[0].click();
  byId("reply-text").value = "half an ans";
  rows()[0].click();
  assert.equal(byId("reply-text").value, "half an ans");
  // In another language all of it is built again.
  const before = byId("reply-send").textContent;
  byId("language").click();
  assert.notEqual(byId("reply-send").textContent, before);
  byId("language").click();
  byId("leave").click();
});
