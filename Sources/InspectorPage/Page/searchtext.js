// What the search looks through: all that a request says, as a person reads it, in small letters.
import { textOf } from "./bytes.js";

/** Members that are read another way, or say nothing of the request. */
const notSaid = new Set(["specversion", "headers", "data", "data_base64", "body_base64"]);

const escape = /\\(?:u([0-9a-fA-F]{4})|(["\\/bfnrt]))/g;
const controls = { b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };

/** JSON as it stands, but with the escapes of its texts read. */
function unescaped(json) {
  if (!json.includes("\\")) return json;
  return json.replace(escape, (_, code, letter) => (code ? String.fromCharCode(parseInt(code, 16)) : controls[letter] ?? letter));
}

/** The text of a request: `all` is what is known of it, and the body is JSON's text or bytes. */
export function searchText(all, headers, body) {
  const text = typeof body === "string" ? unescaped(body) : textOf(body) ?? "";
  const known = Object.entries(all).filter(([name, value]) => typeof value === "string" && !notSaid.has(name));
  const lines = [...known.map(([, value]) => value), ...headers.map(([name, value]) => `${name}: ${value}`), text];
  return lines.join("\n").toLowerCase();
}
