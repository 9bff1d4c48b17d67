// What the page knows of one request: an event of the log, or one that was refused.
import { fromBase64 } from "./bytes.js";
import { memberText } from "./json.js";
import { searchText } from "./searchtext.js";

/** How each platform's requests prove themselves; the words are in words.js. */
const checks = new Set(["qq", "wechat", "messenger", "dialogflow", "generic"]);

/** Whether the request, or the one that it repeats, proved who sent it. */
export const isProven = ({ check }) => !["generic", "other", "refused"].includes(check);

/** An event from its envelope's text; what the list shows is kept, and the rest is read again when it is opened. */
export function eventFrom(raw, shownAt) {
  const envelope = JSON.parse(raw);
  const body = envelope.data_base64 !== undefined ? fromBase64(envelope.data_base64)
    : envelope.data !== undefined ? memberText(raw, "data") ?? "" : "";
  return {
    kind: "event",
    key: envelope.position,
    raw,
    shownAt,
    time: Date.parse(envelope.time),
    platform: envelope.platform ?? "",
    type: envelope.type === "webhook" ? "" : envelope.type ?? "",
    text: envelope.text ?? "",
    sender: envelope.sender ?? "",
    size: typeof body === "string" ? utf8Length(body) : body.length,
    search: searchText(envelope, headersOf(envelope), body),
    check: checks.has(envelope.platform) ? envelope.platform : "other",
    replayOf: envelope.replayof ?? "",
    replyToken: envelope.replytoken ?? "",
    replyDeadline: envelope.replydeadline ? Date.parse(envelope.replydeadline) : 0,
    receipts: [],
    answer: null,
  };
}

/** A refused request, from the note of the node that refused it. */
export function refusalFrom(note, raw, shownAt) {
  return {
    kind: "refused",
    key: `refused-${note.id}`,
    raw,
    shownAt,
    time: note.at,
    platform: String(note.platform ?? ""),
    type: "",
    text: String(note.detail ?? ""),
    sender: "",
    size: note.size ?? 0,
    search: searchText(note, headersOf(note), fromBase64(note.body_base64 ?? "")),
    check: "refused",
    reason: String(note.reason ?? ""),
    replayOf: "", replyToken: "", replyDeadline: 0,
    receipts: [],
    answer: null,
  };
}

/** The request as details, curl and replay have it. */
export function requestOf(entry) {
  const all = JSON.parse(entry.raw);
  return { method: all.method ?? "POST", path: all.path ?? "", query: all.query ?? "", headers: headersOf(all), all };
}

/** The header fields; an envelope has them as JSON in a text. */
const headersOf = (all) => (typeof all.headers === "string" ? JSON.parse(all.headers) : all.headers ?? []);

/** The body's bytes as far as the envelope has them; `isExact` is false where line breaks may have been others. */
export function bodyOf(entry, all) {
  if (entry.kind === "refused") return { bytes: fromBase64(all.body_base64 ?? ""), isExact: !all.truncated };
  if (all.data_base64 !== undefined) return { bytes: fromBase64(all.data_base64), isExact: true };
  if (all.data === undefined) return { bytes: new Uint8Array(), isExact: true };
  const text = memberText(entry.raw, "data") ?? "";
  return { bytes: new TextEncoder().encode(text), isExact: !text.includes("\n") };
}

function utf8Length(text) {
  let length = text.length;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit > 0x7f) length += unit > 0x7ff && (unit < 0xd800 || unit > 0xdfff) ? 2 : 1;
  }
  return length;
}
