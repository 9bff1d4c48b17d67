// The list of requests, newest first: only the rows that are seen are elements.
import { element, isNarrow, setText } from "./dom.js";
import { isProven } from "./event.js";
import { sizeText } from "./bytes.js";
import { relayNow } from "./clock.js";
import { rowTimeText } from "./timetext.js";
import { t } from "./words.js";
import { anchored, revealing, rowWindow } from "./window.js";

const cells = ["time", "platform", "type", "text", "sender", "size", "check"];

export class List {
  constructor(scroll, space, { onOpen }) {
    this.scroll = scroll;
    this.space = space;
    this.rows = [];
    this.entries = [];
    this.selected = null;
    this.isAsked = false;
    /** How high a row was when the rows were last drawn. */
    this.drawnHeight = this.rowHeight;
    scroll.addEventListener("scroll", () => this.ask(), { passive: true });
    space.addEventListener("click", (event) => {
      const entry = this.entryOf(event.target.closest(".row"));
      if (entry) {
        this.select(entry);
        onOpen(entry);
      }
    });
    new ResizeObserver(() => this.ask()).observe(scroll);
  }

  get rowHeight() {
    return isNarrow() ? 58 : 36;
  }

  /** Shows entries, oldest first; `added` of them are new since the last time, and others may be gone. */
  show(entries, added = 0) {
    const place = Math.floor(this.scroll.scrollTop / this.rowHeight);
    const seen = this.at(place);
    this.entries = entries;
    this.space.style.height = `${entries.length * this.rowHeight}px`;
    if (added) {
      // Where the row at the top of the view is gone itself, as many as came have pushed it down.
      const now = seen ? this.indexOf(seen) : -1;
      this.scroll.scrollTop = anchored(this.scroll.scrollTop, this.rowHeight, now < 0 ? added : now - place);
    }
    this.ask();
  }

  /** The entry of the n-th row from the top. */
  at(index) {
    return this.entries[this.entries.length - 1 - index];
  }

  indexOf(entry) {
    const place = this.entries.lastIndexOf(entry);
    return place < 0 ? -1 : this.entries.length - 1 - place;
  }

  entryOf(row) {
    return row ? this.at(Number(row.dataset.index)) : undefined;
  }

  select(entry) {
    this.selected = entry;
    this.ask();
  }

  /** Selects the row so many below the selected one, and brings it into view. */
  move(step) {
    if (this.entries.length === 0) return;
    const now = this.selected ? this.indexOf(this.selected) : -1;
    const index = Math.max(0, Math.min(this.entries.length - 1, now < 0 ? 0 : now + step));
    this.select(this.at(index));
    this.scroll.scrollTop = revealing(this.scroll.scrollTop, this.scroll.clientHeight, this.rowHeight, index);
  }

  /** Draws in the next frame, however often it is asked. */
  ask() {
    if (this.isAsked) return;
    this.isAsked = true;
    requestAnimationFrame(() => {
      this.isAsked = false;
      this.draw();
    });
  }

  draw() {
    const height = this.rowHeight;
    if (height !== this.drawnHeight) this.fit(height);
    const [first, end] = rowWindow(this.scroll.scrollTop, this.scroll.clientHeight, height, this.entries.length);
    while (this.rows.length < end - first) this.rows.push(this.makeRow());
    while (this.rows.length > end - first) this.rows.pop().node.remove();
    let active = "";
    for (let index = first; index < end; index += 1) {
      const row = this.rows[index - first];
      const entry = this.at(index);
      this.fill(row, entry, index, height);
      if (entry === this.selected) active = row.node.id;
    }
    if (active) this.scroll.setAttribute("aria-activedescendant", active);
    else this.scroll.removeAttribute("aria-activedescendant");
  }

  /** Rows are of another height, where the page went over to one column or back: what is seen stays in view. */
  fit(height) {
    const top = (this.scroll.scrollTop / this.drawnHeight) * height;
    this.space.style.height = `${this.entries.length * height}px`;
    this.scroll.scrollTop = top;
    this.drawnHeight = height;
  }

  makeRow() {
    const node = element("div", { class: "row", role: "option" });
    const parts = {};
    for (const name of cells) node.append((parts[name] = element("span", { class: name })));
    parts.mark = element("span", { class: "mark" });
    parts.check.append(parts.mark);
    this.space.append(node);
    return { node, parts };
  }

  fill({ node, parts }, entry, index, height) {
    node.style.transform = `translateY(${index * height}px)`;
    node.dataset.index = index;
    // An entry's own: rows are used again, and a screen reader is to notice that another is selected.
    if (node.id !== "row-" + entry.key) node.id = "row-" + entry.key;
    node.setAttribute("aria-selected", String(entry === this.selected));
    node.setAttribute("aria-posinset", String(index + 1));
    node.setAttribute("aria-setsize", String(this.entries.length));
    setText(parts.time, rowTimeText(entry.time, Date.now()));
    setText(parts.platform, entry.platform);
    setText(parts.type, entry.type || (entry.kind === "refused" ? entry.reason : "—"));
    setText(parts.text, entry.text);
    setText(parts.sender, entry.sender);
    setText(parts.size, sizeText(entry.size));
    const [kind, words] = mark(entry);
    parts.mark.dataset.kind = kind;
    setText(parts.mark, words);
  }
}

/** What the last column says: refused, waiting for an answer, a replay, or that it was verified. */
function mark(entry) {
  if (entry.kind === "refused") return ["refused", "✕ " + t("refused")];
  if (entry.replyToken && !entry.answer && entry.replyDeadline > relayNow()) return ["waiting", "● " + t("waiting")];
  if (entry.replayOf) return ["replay", "↻ " + t("replayed")];
  return ["verified", "✓ " + t(isProven(entry) ? "verified" : "accepted")];
}
