// JSON as text: laid out for reading without a number or a name being changed, as parsing and writing it again would.

const token = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]*|true|false|null|[{}[\],:]/gsy;

/**
 * The text of a member's value in an object whose members before it are scalars, exactly as it stands, with the white space
 * around it: in an envelope that is the body's own.
 */
export function memberText(text, name) {
  let at = text.indexOf("{") + 1;
  while (at < text.length) {
    token.lastIndex = skipSpace(text, at);
    const key = token.exec(text)?.[0];
    if (key === ",") {
      at = token.lastIndex;
      continue;
    }
    if (!key?.startsWith('"')) return undefined;
    const colon = skipSpace(text, token.lastIndex);
    if (text[colon] !== ":") return undefined;
    const end = skipSpace(text, valueEnd(text, colon + 1));
    if (JSON.parse(key) === name) return text.slice(colon + 1, end);
    at = end;
  }
  return undefined;
}

function skipSpace(text, at) {
  while (at < text.length && " \t\r\n".includes(text[at])) at += 1;
  return at;
}

function valueEnd(text, start) {
  let depth = 0;
  token.lastIndex = start;
  while (true) {
    const at = skipSpace(text, token.lastIndex);
    token.lastIndex = at;
    const part = token.exec(text)?.[0];
    if (part === undefined) return text.length;
    if (part === "{" || part === "[") depth += 1;
    else if (part === "}" || part === "]") depth -= 1;
    if (depth === 0) return token.lastIndex;
  }
}

/** What is nested deeper stands on one line, as it came: an indentation for each level is the square of a body's size. */
const depthLimit = 64;
/** So many characters are laid out, and the rest is shown as it came. */
const lengthLimit = 400_000;
/** So many parts have a kind; the others are plain. Each is an element of the page. */
const colourLimit = 10_000;

/** The parts of JSON laid out in lines: `[kind, text]`, where kind is key, string, number, word or plain; null for no JSON. */
export function layOut(text) {
  try {
    // Its tokens alone are no JSON: a date and a time have them too, and would lose the space between them.
    JSON.parse(text);
  } catch {
    return null;
  }
  const parts = [];
  let length = 0;
  let colours = 0;
  let plain = "";
  const push = (kind, part) => {
    length += part.length;
    if (kind === "plain" || colours >= colourLimit) {
      plain += part;
      return;
    }
    if (plain) parts.push(["plain", plain]);
    plain = "";
    colours += 1;
    parts.push([kind, part]);
  };
  const stack = [];
  let at = skipSpace(text, 0);
  let previous = "";
  const lineBreak = () => "\n" + "  ".repeat(stack.length);
  while (at < text.length) {
    token.lastIndex = at;
    const start = at;
    let part = token.exec(text)?.[0];
    if (part === undefined) return null;
    if ((part === "{" || part === "[") && (stack.length >= depthLimit || length >= lengthLimit)) {
      part = text.slice(start, valueEnd(text, start));
      token.lastIndex = start + part.length;
    }
    at = skipSpace(text, token.lastIndex);
    const isOpening = previous === "{" || previous === "[";
    if (part === "}" || part === "]") {
      stack.pop();
      push("plain", isOpening || length >= lengthLimit ? part : lineBreak() + part);
    } else {
      if ((isOpening || previous === ",") && length < lengthLimit) push("plain", lineBreak());
      if (part === "{" || part === "[") stack.push(part);
      push(kindOf(part, text[at]), part === ":" ? ": " : part);
    }
    previous = part;
  }
  if (plain) parts.push(["plain", plain]);
  return stack.length === 0 ? parts : null;
}

function kindOf(part, next) {
  if (part.startsWith('"')) return next === ":" ? "key" : "string";
  if (/^[-\d]/.test(part)) return "number";
  return /^[tfn]/.test(part) ? "word" : "plain";
}
