// Elements without markup: text from elsewhere only ever becomes the text of a node.

/** An element with attributes, listeners (`onClick`) and children; strings become text. */
export function element(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) node.addEventListener(key.slice(2).toLowerCase(), value);
    else if (value === true) node.setAttribute(key, "");
    else if (value !== false && value != null) node.setAttribute(key, value);
  }
  // One by one: a list of tens of thousands is too much for the arguments of a call.
  for (const child of children.flat()) if (child != null && child !== false) node.append(child);
  return node;
}

/** The element of an id. */
export const byId = (id) => document.getElementById(id);

/** Whether the page is one column, where the details cover all else; style.css has the same width. */
export const isNarrow = () => matchMedia("(max-width: 860px)").matches;

/** A list of terms and what they are; pairs without a value are left out. */
export function pairs(rows, name = "pairs") {
  const list = element("dl", { class: name });
  for (const [term, value] of rows) {
    if (value === undefined || value === null || value === "") continue;
    list.append(element("dt", {}, term), element("dd", {}, value));
  }
  return list;
}

/** Says something above what the page shows, or nothing. What is said of a `kind` goes when that is over. */
export function notice(text, kind = "") {
  const node = byId("notice");
  node.textContent = text;
  node.hidden = !text;
  node.dataset.kind = kind;
}

/** What was said of a `kind` is over. */
export function noticeOver(kind) {
  if (byId("notice").dataset.kind === kind) notice("");
}

/** Sets text only where it changed, so that a list of forty rows costs little a frame. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** Copies text; where the browser allows that only on secure pages, the old way. */
export async function copy(text) {
  if (navigator.clipboard) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      // Not allowed here: the old way may be.
    }
  }
  const area = element("textarea", { readonly: true, "aria-hidden": "true" });
  area.value = text;
  (document.querySelector("dialog[open]") ?? document.body).append(area);
  area.select();
  const isCopied = document.execCommand("copy");
  area.remove();
  return isCopied;
}
