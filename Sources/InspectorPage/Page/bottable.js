// The table of the bots. Rows are kept and changed in place, so that what has the focus keeps it.
import { relayNow } from "./clock.js";
import { element, setText } from "./dom.js";
import { t } from "./words.js";

/** How long ago something was, or nothing. */
export function ago(milliseconds, now = relayNow()) {
  if (!milliseconds) return "–";
  const seconds = Math.max(0, Math.round((now - milliseconds) / 1000));
  if (seconds < 90) return t("secondsAgo", { count: seconds });
  if (seconds < 5400) return t("minutesAgo", { count: Math.round(seconds / 60) });
  if (seconds < 129600) return t("hoursAgo", { count: Math.round(seconds / 3600) });
  return new Date(milliseconds).toLocaleDateString();
}

/** A number, or a dash where it is not known. */
export const number = (value) => value == null ? "–" : value.toLocaleString();

/** Rows of bots in a table's body; `open` is told of the name that is chosen. */
export class BotTable {
  constructor(body, open) {
    this.body = body;
    this.open = open;
    this.rows = new Map();
  }

  show(bots, selected) {
    const names = new Set(bots.map((bot) => bot.name));
    for (const [name, row] of this.rows) {
      if (names.has(name)) continue;
      row.remove();
      this.rows.delete(name);
    }
    bots.forEach((bot, index) => {
      const row = this.row(bot.name);
      const status = bot.status ?? {};
      const texts = [bot.name, bot.platform, number(status.sockets), number(status.events), number(status.lag), ago(status.last_event)];
      texts.forEach((text, column) => setText(column ? row.cells[column] : row.cells[0].firstChild, text));
      row.setAttribute("aria-selected", String(bot.name === selected));
      if (this.body.children[index] !== row) this.body.insertBefore(row, this.body.children[index] ?? null);
    });
  }

  row(name) {
    const known = this.rows.get(name);
    if (known) return known;
    const row = element("tr", { "data-bot": name, onClick: () => this.open(name) },
      element("td", {}, element("button", { type: "button" })), element("td"), element("td", { class: "number" }),
      element("td", { class: "number" }), element("td", { class: "number" }), element("td"));
    this.rows.set(name, row);
    return row;
  }
}
