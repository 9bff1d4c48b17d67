// JSON as text: laid out for reading without a number or a name being changed, as parsing and writing it again would.

const token = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|true|false|null|[{}[\],:]/gsy;

/** The text of a member's value in an object whose members before it are scalars, exactly as it stands. */
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
    let start = skipSpace(text, token.lastIndex);
    if (text[start] !== ":") return undefined;
    start = skipSpace(text, start + 1);
    if (JSON.parse(key) === name) return text.slice(start, valueEnd(text, start));
    at = valueEnd(text, start);
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

/** The parts of JSON laid out in lines: `[kind, text]`, where kind is key, string, number, word or plain; null for no JSON. */
export function layOut(text) {
  const parts = [];
  const stack = [];
  let at = skipSpace(text, 0);
  let previous = "";
  const lineBreak = () => "\n" + "  ".repeat(stack.length);
  while (at < text.length) {
    token.lastIndex = at;
    const part = token.exec(text)?.[0];
    if (part === undefined) return null;
    at = skipSpace(text, token.lastIndex);
    const isOpening = previous === "{" || previous === "[";
    if (part === "}" || part === "]") {
      stack.pop();
      parts.push(["plain", isOpening ? part : lineBreak() + part]);
    } else {
      const before = isOpening || previous === "," ? lineBreak() : "";
      if (before) parts.push(["plain", before]);
      if (part === "{" || part === "[") stack.push(part);
      parts.push([kindOf(part, text[at]), part === ":" ? ": " : part]);
    }
    previous = part;
  }
  return stack.length === 0 ? parts : null;
}

function kindOf(part, next) {
  if (part.startsWith('"')) return next === ":" ? "key" : "string";
  if (/^[-\d]/.test(part)) return "number";
  return /^[tfn]/.test(part) ? "word" : "plain";
}
