// A request as a command for a POSIX shell.
import { textOf, toBase64 } from "./bytes.js";

/** What curl sets by itself, or what would be untrue of another connection. */
const ownFields = new Set(["host", "content-length", "connection", "transfer-encoding", "expect", "accept-encoding"]);

/** Where a body is longer it goes through a here-document: Linux allows a word of a command 128 KiB. In bytes. */
const wordLimit = 64 << 10;

/** What a terminal would act on, a shell could lose, or a reader would see in another place than where it stands. */
const unseen = /[\0-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]|\p{Cs}/u;

/** What names of header fields are made of (RFC 9110, section 5.6.2). curl reads the file that a field beginning with @ names. */
const fieldName = /^[!#$%&'*+.^_`|~\w-]+$/;

/** One word of the shell. */
export const quoted = (text) => "'" + text.replaceAll("'", "'\\''") + "'";

/** The command that sends a request to an address. Header fields with control characters are left out. */
export function curlCommand({ method, path, query, headers }, body, base = "http://localhost:5000/") {
  // Without --globoff, brackets and braces in the address stand for many addresses.
  const words = ["curl", "--globoff"];
  if (path.includes("/.")) words.push("--path-as-is");
  words.push("-X", quoted(fieldName.test(method || "") ? method : "POST"), quoted(target(base, path, query)));
  for (const [name, field] of headers) {
    const value = field.replace(/^[ \t]+|[ \t]+$/g, "");
    if (ownFields.has(name.toLowerCase()) || !fieldName.test(name) || unseen.test(value)) continue;
    // An empty value is written with a semicolon: with a colon curl leaves the field out.
    words.push("-H", quoted(value === "" ? `${name};` : `${name}: ${value}`));
  }
  if (body.length === 0) return words.join(" ");
  // Of a body without one curl would say that it is a form: a field without a value takes it out.
  if (!words.some((word) => /^'content-type[:;]/i.test(word))) words.push("-H", quoted("Content-Type:"));
  const command = words.join(" ");
  const binary = `${command} --data-binary @-`;
  if (body.length > wordLimit) {
    return `base64 -d <<'EOF' | ${binary}\n${toBase64(body).replace(/.{76}(?=.)/g, "$&\n")}\nEOF`;
  }
  const text = textOf(body);
  // curl would read the file that a text beginning with @ names, and an older interactive bash may forget on the second
  // line of a word that it is quoted, and put an earlier command in the place of "!".
  const isPlain = text !== undefined && !unseen.test(text.replaceAll("\n", "")) && !/^@|\n[^]*!/.test(text);
  if (isPlain) return `${command} --data-binary ${quoted(text)}`;
  return `printf '%s' ${quoted(toBase64(body))} | base64 -d | ${binary}`;
}

/** The address: what is no visible ASCII, or would end the query, is percent-encoded, and the host is always that of base. */
function target(base, path, query) {
  const root = base.replace(/\/$/, "");
  const text = (path.startsWith("/") ? "" : "/") + path + (query ? "?" + query : "");
  return root + text.replace(/[^!"$-~]+/g, (part) =>
    Array.from(new TextEncoder().encode(part), (byte) => "%" + byte.toString(16).toUpperCase().padStart(2, "0")).join(""));
}
