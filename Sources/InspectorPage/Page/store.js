// The requests that the page keeps: bounded by number and by size, in the order in which they came, searched and filtered.
// Refused ones have bounds of their own: anybody can send them, and they are not to push out what the bot got.

export class Store {
  constructor({ limit = 5000, byteLimit = 48 << 20, refusalLimit = 500, refusalByteLimit = 4 << 20 } = {}) {
    this.limits = { event: { count: limit, bytes: byteLimit }, refused: { count: refusalLimit, bytes: refusalByteLimit } };
    this.clear();
    this.query = "";
    this.choice = "";
  }

  clear() {
    this.all = [];
    this.shown = [];
    this.byKey = new Map();
    /** Those that wait, or waited, for an answer, by the token that answers them. */
    this.byToken = new Map();
    this.types = new Map();
    /** How many of each kind there are, and about how much they take. */
    this.sums = { event: { count: 0, bytes: 0 }, refused: { count: 0, bytes: 0 } };
    this.dropped = 0;
  }

  /** Adds entries behind the others; those that are known are passed over. Returns how many of them are shown. */
  add(entries) {
    let added = 0;
    for (const entry of entries) {
      if (this.byKey.has(entry.key)) continue;
      this.byKey.set(entry.key, entry);
      if (entry.replyToken) this.byToken.set(entry.replyToken, entry);
      this.all.push(entry);
      this.count(entry, 1);
      if (entry.type) this.types.set(entry.type, (this.types.get(entry.type) ?? 0) + 1);
      if (this.matches(entry)) {
        this.shown.push(entry);
        added += 1;
      }
    }
    this.trim();
    return added;
  }

  count(entry, sign) {
    const sum = this.sums[entry.kind];
    sum.count += sign;
    sum.bytes += sign * weight(entry);
  }

  /** Lets the oldest of a kind go that are too many; its newest stays, whatever its size. */
  trim() {
    const isOver = (kind) => this.sums[kind].count > 1
      && (this.sums[kind].count > this.limits[kind].count || this.sums[kind].bytes > this.limits[kind].bytes);
    if (!isOver("event") && !isOver("refused")) return;
    const gone = new Set();
    for (const entry of this.all) {
      if (!isOver(entry.kind)) continue;
      gone.add(entry);
      this.forget(entry);
    }
    this.all = this.all.filter((entry) => !gone.has(entry));
    this.shown = this.shown.filter((entry) => !gone.has(entry));
    this.dropped += gone.size;
  }

  forget(entry) {
    this.count(entry, -1);
    this.byKey.delete(entry.key);
    this.byToken.delete(entry.replyToken);
    const left = (this.types.get(entry.type) ?? 1) - 1;
    if (left > 0) this.types.set(entry.type, left);
    else this.types.delete(entry.type);
  }

  /** Shows only what has a text and is chosen: "" is everything, `refused` what was refused, `type:T` the type T. */
  filter(query, choice) {
    this.query = query.trim().toLowerCase();
    this.choice = choice;
    this.shown = this.all.filter((entry) => this.matches(entry));
  }

  matches(entry) {
    if (this.choice === "refused" && entry.kind !== "refused") return false;
    if (this.choice.startsWith("type:") && entry.type !== this.choice.slice(5)) return false;
    if (!this.query) return true;
    if (entry.search.includes(this.query)) return true;
    // What has an escape is perhaps copied from a request as it came.
    return this.query.includes("\\") && entry.raw.toLowerCase().includes(this.query);
  }
}

/** The text of an export: each request as it came, since parsing and writing it again would change its numbers. */
export function exportText(entries) {
  return `[\n${entries.map(exported).join(",\n")}\n]\n`;
}

/** An entry's text, with what else became known of it as members at its end. */
function exported({ raw, receipts, answer }) {
  const more = { ...(receipts.length ? { received_by: receipts } : {}), ...(answer ? { answer } : {}) };
  const text = raw.trim();
  return Object.keys(more).length ? `${text.slice(0, -1)},${JSON.stringify(more).slice(1)}` : text;
}

/** About what an entry takes, in bytes: its texts may take two a character. */
function weight(entry) {
  return (entry.raw.length + entry.search.length) * 2 + 512;
}
