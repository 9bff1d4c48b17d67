// The page of the bots as its operator has it, in node, against an API that is made up.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { openPage, until } from "./little_dom.mjs";

const page = openPage(readFileSync("bots.html", "utf8"));
const byId = page.getElementById;

const shop = { name: "shop", platform: "qq", channel: "0".repeat(32), tokens: [], rotating: false };
const status = { sockets: 0, events: 7, lag: 0, last_event: null, nodes: [] };
/** The bots that the API has, and what it answers to the next changes. */
let bots = [];
let answers = [];
/** What it answers to the next question, if nothing else. */
let refusal = null;
const asked = [];
/** How far the relay's clock is ahead of the page's, in milliseconds. */
let ahead = 0;
const json = (value, code = 200) => new Response(JSON.stringify(value), { status: code, headers: { "Content-Type": "application/json" } });
const problem = (code, reason, detail) => json({ detail, reason }, code);

globalThis.fetch = async (path, options) => {
  if (options.method !== "GET") {
    asked.push([options.method, path, options.body && JSON.parse(options.body)]);
    return answers.shift();
  }
  assert.deepEqual([options.credentials, options.redirect], ["same-origin", "manual"]);
  if (refusal) return refusal.clone();
  const response = json({ bots, total: bots.length });
  response.headers.set("Date", new Date(Date.now() + ahead).toUTCString());
  return response;
};

await import("./bots.js");

const dialog = () => page.querySelector("dialog[open]");
const row = () => page.querySelector("[data-bot=shop]");

/** The page with one bot opened. */
async function open(bot = { ...shop, status }) {
  bots = [bot];
  answers = [];
  asked.length = 0;
  if (!byId("desk").hidden) byId("leave").click();
  byId("token").value = "the-admin-token-of-this-node";
  byId("connect").happen("submit");
  await until(row);
  row().click();
  await until(() => byId("details").querySelector("h2")?.textContent === "shop");
}

function submit(fields = {}) {
  for (const [name, value] of Object.entries(fields)) byId("form-" + name).value = value;
  byId("dialog-send").click();
}

test("a rotation is cut short only by who was told that one is under way", async () => {
  await open();
  byId("rotate").click();
  const before = dialog().querySelector("p").textContent;
  answers.push(problem(409, "rotation_under_way", "A rotation is under way."), json(shop));
  submit({ secret: "another secret" });
  await until(() => dialog().querySelector(".error").textContent.includes("has begun meanwhile"));
  assert.match(before, /Both secrets hold/);
  assert.match(dialog().querySelector("p").textContent, /the secret before the current one stops holding at once/);
  submit();
  await until(() => !dialog());
  const path = "api/bots/shop/rotation";
  assert.deepEqual(asked, [["POST", path, { secret: "another secret" }], ["POST", path, { secret: "another secret", replace: true }]]);
  await open({ ...shop, status, rotating: true });
  byId("rotate").click();
  answers.push(json(shop));
  submit({ secret: "a third secret" });
  await until(() => !dialog());
  assert.deepEqual(asked, [["POST", path, { secret: "a third secret", replace: true }]]);
});

test("what the node does not know now is no zero", async () => {
  const nodes = [{ node: "n", count: 2, sockets: [{ protocol: "raw", since: 1, offset: 3 }] }];
  const cells = () => row().cells.map((cell) => cell.textContent);
  await open({ ...shop, status: { ...status, sockets: 2, nodes } });
  assert.deepEqual([cells()[2], byId("counts").textContent.at(-1)], ["2", "2"]);
  assert.match(byId("details").textContent, /Connected \(2\).*and 1 more/);
  for (const unknown of [undefined, null, { ...status, sockets: null, nodes: null }, { last_event: 1, nodes: null }]) {
    await open({ ...shop, status: unknown });
    assert.equal(cells()[2], "–");
    assert.ok(byId("counts").textContent.endsWith(" –"), byId("counts").textContent);
    assert.match(byId("details").textContent, /Connected \(–\)Who is connected is not known now/);
  }
  await open();
  assert.match(byId("details").textContent, /Connected \(0\)Nobody is connected/);
});

test("how long ago an event came is counted by the relay's clock", async () => {
  for (ahead of [-60_000, 60_000]) {
    await open({ ...shop, status: { ...status, last_event: Date.now() + ahead - 20_000 } });
    assert.match(row().cells[5].textContent, /^(19|20|21) s ago$/);
  }
  ahead = 0;
});

test("a token that is shown once is closed by nothing but its buttons", async () => {
  for (const [button, copied] of [["dialog-send", "hwt_once"], ["dialog-have", undefined]]) {
    await open();
    byId("add-token").click();
    page.copied = undefined;
    answers.push(json({ name: "laptop", token: "hwt_once" }, 201));
    submit({ name: "laptop" });
    await until(() => byId("token-once"));
    assert.equal(page.querySelectorAll("dialog").length, 1);
    assert.equal(page.activeElement, byId("dialog-send"));
    // What a browser does at Escape: the key, and where nobody objects, `cancel`.
    for (const [type, more] of [["keydown", { key: "Escape" }], ["cancel"]]) assert.ok(!dialog().happen(type, more), type);
    assert.ok(!byId("dialog-cancel"));
    byId(button).click();
    await until(() => !dialog());
    assert.equal(page.copied, copied);
  }
  await open();
  byId("add-token").click();
  assert.ok(dialog().happen("keydown", { key: "Escape" }) && dialog().happen("cancel") && byId("dialog-cancel"));
  byId("dialog-cancel").click();
});

test("forms go with who opened them, but for a token that is shown once", async () => {
  const turnedAway = async () => {
    refusal = problem(401, "wrong_token", "This is not the node's admin token.");
    // The page asks again when its language changes.
    byId("language").click();
    await until(() => !byId("door").hidden);
    refusal = null;
    byId("language").click();
    assert.equal(byId("door-error").textContent, "This is not the node's admin token.");
  };
  await open();
  byId("rotate").click();
  await turnedAway();
  assert.ok(!dialog() && byId("details").hidden);
  await open();
  byId("add-token").click();
  answers.push(json({ name: "laptop", token: "hwt_once" }, 201));
  submit({ name: "laptop" });
  await until(() => byId("token-once"));
  await turnedAway();
  assert.equal(byId("token-once").textContent, "hwt_once");
  byId("dialog-have").click();
});

test("a sign-on that is over is said", async () => {
  await open();
  refusal = new Response(null, { status: 302 });
  byId("more").click();
  await until(() => /redirects, as to a sign-on/.test(byId("notice").textContent));
  assert.equal(byId("status").dataset.state, "trying");
  refusal = null;
  byId("more").click();
  await until(() => byId("notice").hidden);
});
