// The inspector's pure parts, in node; test_inspector_logic.py runs this in a folder where they are modules.
import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { test } from "node:test";
import { promisify } from "node:util";
import { hexDump, sizeText, textOf, toBase64, fromBase64 } from "./bytes.js";
import { Connection, pauseBefore } from "./connection.js";
import { curlCommand } from "./curl.js";
import { bodyOf, eventFrom, refusalFrom } from "./event.js";
import { Feed, partsOf } from "./feed.js";
import { EventStreamParser } from "./eventstream.js";
import { layOut, memberText } from "./json.js";
import { canTravel } from "./relay.js";
import { exportText, Store } from "./store.js";
import { rowTimeText, timeText } from "./timetext.js";
import { anchored, revealing, rowWindow } from "./window.js";

test("a stream comes to the same however it is cut", () => {
  const text = ": hello\r\nretry: 20\nid: a-1\n\nid: a-2\ndata: one\ndata:two\r\n\nevent: refused\rdata: x\r\rdata\n\nid: a-3\ndata: cut";
  const whole = new EventStreamParser().push(text);
  assert.deepEqual(whole.map(({ type, data, id }) => [type, data, id]), [
    ["message", "one\ntwo", "a-2"], ["refused", "x", "a-2"], ["message", "", "a-2"],
  ]);
  for (const size of [1, 2, 3, 7]) {
    const parser = new EventStreamParser();
    const events = [];
    for (let at = 0; at < text.length; at += size) events.push(...parser.push(text.slice(at, at + size)));
    assert.deepEqual(events, whole);
    assert.equal(parser.retry, 20);
    // An event that was cut off has not been had.
    assert.equal(parser.id, "a-2");
  }
});

test("a long event is looked at once, however it is cut", (t) => {
  const { split } = String.prototype;
  let looked = 0;
  t.mock.method(String.prototype, "split", function (...separator) {
    looked += this.length;
    return split.apply(this, separator);
  });
  const text = `data: ${"x".repeat(10_000)}\n\n`;
  const parser = new EventStreamParser();
  const events = [];
  for (let at = 0; at < text.length; at += 10) events.push(...parser.push(text.slice(at, at + 10)));
  t.mock.reset();
  assert.deepEqual(events.map(({ data }) => data.length), [10_000]);
  assert.equal(looked, text.length);
});

test("a stream is dead after two signs of life that did not come", async (t) => {
  const cases = [[undefined, 70_000], ["3", 70_000], ["25", 70_000], ["120", 260_000], ["3600", 7_220_000]];
  for (const [interval, limit] of cases) {
    const times = [];
    const headers = { "Content-Type": "text/event-stream", ...(interval && { "Hookwire-Ping-Interval": interval }) };
    t.mock.method(globalThis, "fetch", async () => new Response(":\n\n", { headers }));
    t.mock.method(globalThis, "setTimeout", (_, time) => void times.push(time));
    await new Promise((resolve) => {
      const connection = new Connection("", "secret", { events: () => {}, state: (name) => {
        if (name !== "live") return;
        connection.close();
        resolve();
      } });
    });
    t.mock.reset();
    // Until there is an answer, and from then on.
    assert.deepEqual(times, [70_000, limit]);
  }
});

test("where a position is gone, what the relay still has comes without one", async () => {
  const answers = [
    "id: a-1\ndata: 1\n\n",
    'id: b-9\nevent: recovery\ndata: {"recovered":false}\n\nid: b-10\ndata: 10\n\n',
    'id: b-8\ndata: 8\n\nid: b-10\ndata: 10\n\nevent: recovery\ndata: {"recovered":false}\n\n',
    'event: recovery\ndata: {"recovered":true}\n\nid: b-11\ndata: 11\n\n',
  ];
  const positions = [];
  const server = createServer((request, response) => {
    positions.push(request.headers["last-event-id"]);
    response.writeHead(200, { "Content-Type": "text/event-stream" });
    response.end("retry: 1\n\n" + (answers.shift() ?? ""));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const heard = [];
  await new Promise((resolve) => {
    const connection = new Connection(`http://127.0.0.1:${server.address().port}/`, "secret", { events: (events) => {
      heard.push(...events.map(({ type, data }) => (type === "message" ? data : type)));
      if (heard.at(-1) !== "11") return;
      connection.close();
      resolve();
    } });
  });
  server.close();
  server.closeAllConnections();
  assert.deepEqual(positions, [undefined, "a-1", undefined, "b-10"]);
  assert.deepEqual(heard, ["1", "recovery", "8", "10", "recovery", "recovery", "11"]);
});

test("a member's text is exactly what stands there", () => {
  const data = '{ "a": [1, {"data": 2}], "big": 12345678901234567890, "s": "}\\"]" }';
  for (const body of [data, `${data}\n`, ` ${data}\t`, `\r\n${data}`, " 1 ", "1"]) {
    assert.equal(memberText(`{"x" : "da\\"ta" , "n": 1 ,"da\\u0074a" :${body}}`, "data"), body);
    assert.equal(memberText(`{"data":${body},"more":1}`, "data"), body);
  }
  assert.equal(memberText('{"x":"data"}', "data"), undefined);
  assert.equal(memberText('{"data":""}', "data"), '""');
});

test("JSON is laid out without a change to what it says", () => {
  const text = '{"a":[],"b":{},"c":[1.0,-2e9,"x,y",true,null,{"d":"\\u0041"}]}';
  const laidOut = layOut(text).map(([, part]) => part).join("");
  assert.deepEqual(JSON.parse(laidOut), JSON.parse(text));
  assert.ok(laidOut.includes("1.0") && laidOut.includes("\\u0041") && laidOut.includes("\n    1.0"));
  for (const bad of ["<b>", "{", '{"a":1} x', "abc", "2026-11-06 13:37", "1 2 3", "{]", "true false", '["a" "b"]', "[1,]", '"a\tb"', "01", ""]) {
    assert.equal(layOut(bad), null, bad);
  }
});

test("what is nested deep or long is laid out within bounds", () => {
  const nested = (depth, inner) => "[".repeat(depth) + inner + "]".repeat(depth);
  const wide = Array.from({ length: 45_000 }, (_, number) => number % 10).join(",");
  for (const text of [nested(10_000, ""), nested(64, wide), `[${wide}]`, nested(63, Array(9000).fill("[1,{}]").join(","))]) {
    const parts = layOut(text);
    const laidOut = parts.map(([, part]) => part).join("");
    assert.ok(laidOut.length < 600_000 && parts.length < 20_002, `${laidOut.length} ${parts.length}`);
    // Nothing but space was added.
    assert.equal(laidOut.replace(/[ \n]/g, ""), text);
  }
  const lines = layOut(nested(66, "1")).map(([, part]) => part).join("").split("\n");
  assert.equal(lines[64], "  ".repeat(64) + "[[1]]");
  for (const bad of ["[".repeat(10_000), nested(100, "x"), nested(100, "1") + "]x"]) assert.equal(layOut(bad), null);
});

test("a long string is one part, whatever it is made of", () => {
  for (const unit of ["a", '\\"', "\\\\", "\\u0041"]) {
    const text = `"${unit.repeat(1 << 20)}"`;
    assert.deepEqual(layOut(text), [["string", text]]);
  }
});

test("a secret has to be visible ASCII", () => {
  for (const fit of ["a", "Aa0!~", "DG5g3B4j9X2KOErG"]) assert.ok(canTravel(fit), fit);
  for (const unfit of ["", " a", "a ", "a b", "a\t", "a\n", "é", "密钥", "a\u200b", "a\x7f", "\u{1f600}"]) assert.ok(!canTravel(unfit), unfit);
});

test("the window has what is seen and little more", () => {
  for (const count of [0, 1, 7, 5000]) {
    for (const top of [0, 35, 90_000, 179_000, 1e9]) {
      const [first, end] = rowWindow(top, 600, 36, count);
      assert.ok(0 <= first && first <= end && end <= count && end - first <= 36);
      for (let row = Math.floor(top / 36); row * 36 < top + 600 && row < count; row += 1) assert.ok(first <= row && row < end);
    }
  }
  assert.equal(anchored(0, 36, 5), 0);
  assert.equal(anchored(360, 36, 5), 540);
  assert.equal(revealing(100, 600, 36, 0), 0);
  assert.equal(revealing(0, 600, 36, 20), 21 * 36 - 600);
  assert.equal(revealing(0, 600, 36, 3), 0);
});

test("the store is bounded by number and by size, and keeps the newest", () => {
  const entry = (number, size = 10, type = "T") => ({ key: `a-${number}`, raw: "x".repeat(size), search: `t${number}`, type, kind: "event", replyToken: "" });
  const store = new Store({ limit: 100, byteLimit: 1 << 20 });
  store.add(Array.from({ length: 250 }, (_, number) => entry(number)));
  assert.equal(store.add([entry(249)]), 0);
  assert.equal(store.all.length, 100);
  assert.equal(store.dropped, 150);
  assert.equal(store.all[99].key, "a-249");
  store.filter("T24", "");
  assert.equal(store.shown.length, 10);
  assert.equal(store.add([entry(2400), entry(7)]), 1);
  store.add([entry(999, 1 << 20, "big")]);
  assert.deepEqual(store.all.map(({ key }) => key), ["a-999"]);
  assert.deepEqual([...store.types.keys()], ["big"]);
  assert.equal(store.byKey.size, 1);
});

test("refused requests push nothing out but each other", () => {
  const entry = (number, kind, size = 10) => ({ key: `${kind}-${number}`, raw: "x".repeat(size), search: "", type: "", kind, replyToken: "" });
  const many = (kind, count, size) => Array.from({ length: count }, (_, number) => entry(number, kind, size));
  const store = new Store({ limit: 100, byteLimit: 1 << 20, refusalLimit: 20, refusalByteLimit: 1 << 16 });
  store.add(many("event", 50));
  store.add(many("refused", 500));
  store.add([entry("last", "event")]);
  const keys = () => store.all.map(({ key }) => key);
  assert.deepEqual([keys()[0], keys()[49], keys()[50], keys()[69], keys()[70]], ["event-0", "event-49", "refused-480", "refused-499", "event-last"]);
  assert.deepEqual([keys().length, store.shown.length, store.byKey.size, store.dropped], [71, 71, 71, 480]);
  store.add(many("refused", 8, 10_000));
  assert.equal(store.all.filter(({ kind }) => kind === "event").length, 51);
  assert.ok(store.sums.refused.bytes <= 1 << 16);
  // Nor do events push out what was refused.
  const left = store.sums.refused.count;
  store.add(Array.from({ length: 300 }, (_, number) => entry(1000 + number, "event")));
  assert.deepEqual([store.sums.event.count, store.sums.refused.count], [100, left]);
});

test("a page that is not seen shows all that came, though its timers stand still", async () => {
  const real = { fetch: globalThis.fetch, setTimeout: globalThis.setTimeout };
  Object.assign(globalThis, { document: { hidden: true }, fetch: () => new Promise(() => {}), setTimeout: () => real.setTimeout(() => {}).unref() });
  let count = 0;
  const feed = new Feed("secret", { state: () => {}, show: (entries) => (count += entries.length) }, () => undefined);
  try {
    // More than may wait, each as much work as a frame's share allows.
    const events = Array.from({ length: 3000 }, (_, number) => {
      const all = { specversion: "1.0", position: `a-${number}`, time: "2026-01-01T00:00:00Z", headers: "[]", data: "x".repeat(2000) };
      return { type: "message", data: JSON.stringify(all), id: all.position };
    });
    for (let at = 0; at < events.length; at += 500) await feed.take(events.slice(at, at + 500));
    while (count < events.length) await new Promise((resolve) => setImmediate(resolve));
  } finally {
    feed.close();
    Object.assign(globalThis, real);
    delete globalThis.document;
  }
  assert.equal(count, 3000);
});

test("the search finds what a request says, however that is written", () => {
  const base64 = (text) => toBase64(new TextEncoder().encode(text));
  const envelope = (offset, rest) => eventFrom(`{"specversion":"1.0","position":"a-${offset}","type":"webhook","time":"2026-01-01T00:00:00Z",${rest}}`, 0);
  const note = (id, body) => {
    const all = { id, detail: "The signature is wrong.", reason: "wrong_signature", headers: [["X-Note", "Say \"so\""]], body_base64: base64(body) };
    return refusalFrom(all, JSON.stringify(all), 0);
  };
  const store = new Store();
  store.add([
    envelope(1, `"data_base64":"${base64("Hello NEEDLE 你好")}"`),
    envelope(2, String.raw`"headers":"[[\"X-Quoted\",\"it's \\\"it\\\"\"]]","data":{"nick":"\u4f60\u597d","say":"a \"b\" c\/d"}`),
    envelope(3, '"text":"ÄÖ spoken","query":"q=Find","data":{"n":1.50}'),
    envelope(4, '"data_base64":"/wD/"'),
    note("5", '{"op":0,"d":"forged needle"}'),
  ]);
  const found = (query) => {
    store.filter(query, "");
    return store.shown.map(({ key }) => key.at(-1)).join("");
  };
  for (const [query, keys] of [
    ["needle", "15"], [" Needle ", "15"], ["你好", "12"], ['a "b" c/d', "2"], ["\\u4f60", "2"], ["x-quoted: it's \"it\"", "2"], ['x-note: say "so"', "5"],
    ["äö SPOKEN", "3"], ["q=find", "3"], ["1.50", "3"], ["wrong_signature", "5"], ["a-4", "4"], ["specversion", ""], ["base64", ""], ["/wd/", ""], ["", "12345"],
  ]) assert.equal(found(query), keys, query);
  assert.ok(store.sums.event.bytes + store.sums.refused.bytes > store.all.reduce((sum, { raw, search }) => sum + 2 * (raw.length + search.length), 0));
});

test("what was refused and a type of that name are two things", () => {
  const store = new Store();
  const entry = (key, kind, type) => ({ key, raw: "{}", search: "", type, kind, replyToken: "", receipts: [], answer: null });
  store.add([entry("a", "event", "!refused"), entry("b", "refused", ""), entry("c", "event", "refused"), entry("d", "event", "type:x")]);
  for (const [choice, keys] of [["", "abcd"], ["refused", "b"], ["type:!refused", "a"], ["type:refused", "c"], ["type:type:x", "d"]]) {
    store.filter("", choice);
    assert.equal(store.shown.map(({ key }) => key).join(""), keys);
  }
});

test("an export has every number as it came", () => {
  const store = new Store();
  const raws = ['{"position":"a-1","data":{"n":12345678901234567890,"f":1.0,"e":1e400}}', ' {"position":"a-2","data":[0.10]} '];
  store.add(raws.map((raw) => eventFrom(raw, 0)));
  assert.equal(exportText(store.shown), `[\n${raws[0]},\n${raws[1].trim()}\n]\n`);
  store.shown[1].receipts = [{ node: "n" }];
  store.shown[1].answer = { status: 200 };
  const [first, second] = JSON.parse(exportText(store.shown));
  assert.deepEqual([first.position, second.position, second.received_by, second.answer], ["a-1", "a-2", [{ node: "n" }], { status: 200 }]);
  assert.ok(exportText(store.shown).includes("0.10"));
  store.clear();
  assert.deepEqual(JSON.parse(exportText(store.shown)), []);
});

test("an event's size and bytes are its body's", () => {
  const raw = '{"specversion":"1.0","position":"a-1","time":"2026-01-01T00:00:00Z","headers":"[]","data":{"a":"é€😀"}}';
  const entry = eventFrom(raw, 0);
  const { bytes, isExact } = bodyOf(entry, JSON.parse(raw));
  assert.equal(textOf(bytes), '{"a":"é€😀"}');
  assert.ok(isExact && entry.size === bytes.length);
  // White space around a body is signed with it.
  for (const [body, isKnown] of [[' {"a":1}\t', true], ['{"a":1}\n', false], ['\n[]', false]]) {
    const spaced = `{"position":"a-4","data":${body}}`;
    const known = bodyOf(eventFrom(spaced, 0), JSON.parse(spaced));
    assert.deepEqual([textOf(known.bytes), known.isExact, eventFrom(spaced, 0).size], [body, isKnown, body.length]);
  }
  assert.equal(eventFrom('{"position":"a-2","data_base64":"AAE="}', 0).size, 2);
  assert.equal(eventFrom('{"position":"a-3"}', 0).size, 0);
});

test("bytes are shown as they are", () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte);
  assert.deepEqual(fromBase64(toBase64(bytes)), bytes);
  assert.equal(textOf(bytes), undefined);
  assert.equal(hexDump(bytes).split("\n")[4], "00000040  40 41 42 43 44 45 46 47  48 49 4a 4b 4c 4d 4e 4f  |@ABCDEFGHIJKLMNO|");
  assert.ok(hexDump(new Uint8Array(100_000)).length < 100_000);
  assert.deepEqual([0, 1023, 1536, 5 << 20].map(sizeText), ["0 B", "1023 B", "1.5 KB", "5.0 MB"]);
});

test("a shell reads the command as it was meant", () => {
  const evil = "'; touch /tmp/never; $(id) `id` \"x\" \\ \n#";
  const words = (body, headers = []) => {
    const command = curlCommand({ method: "POST", path: "/a'b", query: "q=1&r='", headers }, body);
    const script = `curl() { for word in "$@"; do printf '%s\\0' "$word"; done; if [ "\${!#}" = @- ]; then cat; fi; }\n${command}`;
    return execFileSync("bash", ["-c", script], { encoding: "buffer" });
  };
  const line = evil.replace("\n", "");
  const fields = [["X-Evil", line], ["Host", "no"], ["X-Empty", ""], ["X-Break", evil], ["@/etc/passwd", ""], ["X-Bidi", "a\u202eb"]];
  const text = words(new TextEncoder().encode(evil), fields).toString().split("\0");
  assert.deepEqual(text.slice(0, -1), [
    "--globoff", "-X", "POST", "http://localhost:5000/a'b?q=1&r='", "-H", `X-Evil: ${line}`, "-H", "X-Empty;", "-H", "Content-Type:", "--data-binary", evil,
  ]);
  for (const bytes of [[0, 1, 255], [...Buffer.from("@file")]]) {
    const output = words(Uint8Array.from(bytes));
    assert.deepEqual([...output.subarray(output.lastIndexOf("@-\0") + 3)], bytes);
  }
});

test("bash and curl send what the command says", async () => {
  const heard = [];
  const server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    heard.push({ url: request.url, headers: request.headers, method: request.method, body: Buffer.concat(chunks) });
    response.end();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const base = `http://127.0.0.1:${server.address().port}/`;
  const run = async (request, body) => {
    const command = curlCommand({ method: "POST", path: "", query: "", headers: [], ...request }, Buffer.from(body), base);
    // Nothing that a terminal would act on, wherever it is pasted, and no line that it would cut.
    assert.ok(!/[\0-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/.test(command));
    // From a file: the whole of it would be too long for a word.
    writeFileSync("command.sh", command.replace(/\bcurl --globoff/, "curl -q --noproxy '*' -sSf --globoff"));
    await promisify(execFile)("bash", ["command.sh"]);
    return heard.pop();
  };
  try {
    for (const [query, sent = query] of [
      ["a={1,2}&b=[1-3]&c=[]"], ["q='\"$(id)`id`\\!&x=%00"], ["a#b", "a%23b"], ["a b\u202e\x1b", "a%20b%E2%80%AE%1B"], ["?=&&;|<>*~"],
    ]) {
      assert.equal((await run({ query }, "x")).url, "/?" + sent);
    }
    for (const [path, sent = path] of [["/a/../b/./c"], ["@example.invalid/x", "/@example.invalid/x"], ["//x"], ["/{a,b}[1-2]"]]) {
      assert.equal((await run({ path }, "")).url, sent);
    }
    const { headers, method } = await run({ method: "PUT", headers: [
      ["X-Quote", "'; touch never; $(id) !! \\"], ["X-Empty", ""], ["X-Blank", " \t"], ["X-Ends", " a "], ["X-Escape", "\x1b[2Ja"],
      ["X-C1", "a\x9bb"], ["X-Split", "a\r\nX-Smuggled: yes"], ["X-Bidi", "a\u2066b"], ["@/etc/passwd", "x"], ["X Y", "x"], ["X-At", "@/etc/passwd"],
    ] }, "");
    assert.equal(method, "PUT");
    assert.deepEqual(Object.fromEntries(Object.entries(headers).filter(([name]) => !["host", "user-agent", "accept", "connection", "content-length"].includes(name))), {
      "x-quote": "'; touch never; $(id) !! \\", "x-empty": "", "x-blank": "", "x-ends": "a", "x-at": "@/etc/passwd",
    });
    for (const [fields, type] of [[[], undefined], [[["content-type", "text/plain"]], "text/plain"], [[["Content-Type", ""]], ""]]) {
      assert.equal((await run({ headers: fields }, "a=1")).headers["content-type"], type);
    }
    const bodies = [
      "it's $(id) `id` \\ !!\nEOF\n", "@/etc/passwd", "\x1b]0;title\x07", "a\tb", "a\r\nb\r", "\x7f", "\u009b2J", "\u202egnp.exe", "\u2066x\u2069",
      "\ufeffx", "-", "é😀", Uint8Array.of(0, 1, 255), Uint8Array.from({ length: 256 }, (_, byte) => byte),
      "'".repeat(65_536), "'".repeat(65_537), "x".repeat(200_000), Buffer.alloc(1 << 20, "EOF\n"), Buffer.alloc(3_000_001, 0xff),
    ];
    for (const body of bodies) {
      const { body: sent } = await run({}, body);
      assert.ok(sent.equals(Buffer.from(body)), String(body).slice(0, 40));
    }
    const curl = (body) => curlCommand({ method: "POST", path: "", query: "", headers: [] }, Buffer.from(body));
    assert.ok(curl("a!\nb").includes("a!\nb") && !curl("a\n!b").includes("!"));
    // No word of a command is longer than Linux allows, and no line than a terminal takes.
    assert.ok(curl(Buffer.alloc(200_000, 0x61)).split("\n").every((line) => line.length < 200));
  } finally {
    server.close();
    server.closeAllConnections();
  }
});

test("a receipt is of each event that it names", () => {
  const note = { type: "delivered", epoch: "a", node: "n", clients: [], spans: [[3, 4, 10, 11], [7, 7, 20, 21]] };
  assert.deepEqual(partsOf(note).map(([key, part]) => [key, part.reached, part.at]), [["a-3", 10, 11], ["a-4", 10, 11], ["a-7", 20, 21]]);
  assert.equal(partsOf({ ...note, spans: [[1, 1e9, 0, 0]] }).length, 512);
});

test("pauses grow, differ and end", () => {
  for (let attempt = 0; attempt < 30; attempt += 1) {
    assert.ok(pauseBefore(attempt, 500, 0) >= 250 && pauseBefore(attempt, 500, 1) <= 10_000);
  }
  assert.ok(pauseBefore(3, 500, 0.5) > pauseBefore(0, 500, 0.5));
});

test("the relay's time is known from its answers, and a clock that is right is left alone", async () => {
  // One of its own: what others have heard would be known here.
  const { hearTime, relayNow } = await import("./clock.js?of-this-test");
  const real = Date.now;
  const said = (second, asked) => hearTime(new Response("", { headers: { Date: new Date(second).toUTCString() } }), asked);
  try {
    Date.now = () => 1_000_700;
    hearTime(new Response(""), 0);
    said(1_000_000, 1_000_600);
    assert.equal(relayNow(), 1_000_700);
    // Ten seconds ahead of the relay, as its Date and the time of the answer allow.
    for (Date.now = () => 1_010_700; Date.now() < 1_013_000; Date.now = ((now) => () => now)(Date.now() + 300)) {
      said(Math.floor((Date.now() - 10_000) / 1000) * 1000, Date.now() - 20);
      assert.ok(Math.abs(relayNow() - (Date.now() - 10_000)) <= 1020);
    }
    // Answers at several parts of a second say it closer than one.
    const known = relayNow() - Date.now();
    assert.ok(Math.abs(known + 10_000) <= 60, String(known));
    // It stays while it fits, also where an answer took long.
    said(1_003_000, 1_008_000);
    assert.equal(relayNow() - Date.now(), known);
    // Set right meanwhile.
    Date.now = () => 2_000_300;
    said(2_000_000, 2_000_290);
    assert.ok(Math.abs(relayNow() - 2_000_300) <= 505);
  } finally {
    Date.now = real;
  }
});

test("a time has its date, in a row where it is another day's", () => {
  const at = new Date(2026, 0, 2, 3, 4, 5, 6).getTime();
  assert.equal(timeText(at), "2026-01-02 03:04:05.006");
  assert.equal(rowTimeText(at, new Date(2026, 0, 2, 23, 59).getTime()), "03:04:05.006");
  assert.equal(rowTimeText(at, new Date(2026, 0, 3).getTime()), "01-02 03:04:05");
  assert.deepEqual([timeText(NaN), rowTimeText(NaN, at)], ["", ""]);
});
