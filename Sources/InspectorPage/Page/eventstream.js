// Server-Sent Events (HTML Living Standard, section 9.2), read from chunks of text.

/** Turns chunks into `{type, data, id}`; `retry` and `id` stay readable in between. */
export class EventStreamParser {
  constructor() {
    this.id = "";
    this.nextID = undefined;
    this.retry = undefined;
    /** What has come of the line that is not at its end. Joined with each chunk, a long line would be copied once per chunk. */
    this.pieces = [];
    this.type = "";
    this.data = [];
    this.skipsLineFeed = false;
  }

  /** The events that a chunk completes. */
  push(chunk) {
    if (!chunk) return [];
    const text = this.skipsLineFeed && chunk.startsWith("\n") ? chunk.slice(1) : chunk;
    this.skipsLineFeed = chunk.endsWith("\r");
    const lines = text.split(/\r\n|\n|\r/);
    const rest = lines.pop();
    if (lines.length && this.pieces.length) {
      lines[0] = this.pieces.join("") + lines[0];
      this.pieces = [];
    }
    if (rest) this.pieces.push(rest);
    const events = [];
    for (const line of lines) {
      const event = this.line(line);
      if (event) events.push(event);
    }
    return events;
  }

  line(line) {
    if (line === "") {
      // Only now: an event that is cut off in its middle has not been had.
      this.id = this.nextID ?? this.id;
      const event = this.data.length ? { type: this.type || "message", data: this.data.join("\n"), id: this.id } : null;
      this.type = "";
      this.data = [];
      return event;
    }
    const colon = line.indexOf(":");
    if (colon === 0) return null;
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(line[colon + 1] === " " ? colon + 2 : colon + 1);
    if (field === "data") this.data.push(value);
    else if (field === "event") this.type = value;
    else if (field === "id" && !value.includes("\0")) this.nextID = value;
    else if (field === "retry" && /^\d+$/.test(value)) this.retry = Number(value);
    return null;
  }
}
