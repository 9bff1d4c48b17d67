// A request as a command for a POSIX shell.
import { textOf, toBase64 } from "./bytes.js";

/** What curl sets by itself, or what would be untrue of another connection. */
const ownFields = new Set(["host", "content-length", "connection", "transfer-encoding", "expect", "accept-encoding"]);

/** One word of the shell. */
export const quoted = (text) => "'" + text.replaceAll("'", "'\\''") + "'";

/** The command that sends a request to an address. */
export function curlCommand({ method, path, query, headers }, body, base = "http://localhost:5000/") {
  const target = (path ? base.replace(/\/$/, "") + path : base) + (query ? "?" + query : "");
  const words = ["curl", "-X", quoted(method || "POST"), quoted(target)];
  for (const [name, value] of headers) {
    // An empty value is written with a semicolon: with a colon curl leaves the field out.
    if (!ownFields.has(name.toLowerCase())) words.push("-H", quoted(value === "" ? `${name};` : `${name}: ${value}`));
  }
  if (body.length === 0) return words.join(" ");
  const text = textOf(body);
  // curl would read the file that a text beginning with @ names, and no word of the shell holds a zero byte.
  const isPlain = text !== undefined && !text.includes("\0") && !text.startsWith("@");
  if (isPlain) return [...words, "--data-binary", quoted(text)].join(" ");
  return `printf %s ${quoted(toBase64(body))} | base64 -d | ${words.join(" ")} --data-binary @-`;
}
