// What the relay sends, made into entries a frame at a time.
import { relayNow } from "./clock.js";
import { Connection } from "./connection.js";
import { eventFrom, refusalFrom } from "./event.js";

/** What waits for the next frame is bounded: the stream is read no further until it has been shown. */
const waitingLimit = 1000;
const waitingBytes = 8 << 20;
/** How long a frame's share of the work may take, in milliseconds. */
const share = 8;
/** Notes about events that are not here yet, or never will be. */
const noteLimit = 2000;
/** How long the stream of events waits for that of notes, in milliseconds. */
const longestWait = 1500;

export class Feed {
  /** - show(entries): takes entries in order. - note(entry): something became known of one. - state, lost, refused, waiting. */
  constructor(secret, handlers, find) {
    this.handlers = handlers;
    this.find = find;
    this.waiting = [];
    this.bytes = 0;
    this.early = new Map();
    /** What was read in this frame and is not shown yet, by key and by token. */
    this.fresh = new Map();
    this.waiters = [];
    this.isAsked = false;
    handlers.state("trying");
    // Notes first: what comes while the page is said to be live is not to lack them. They are not worth waiting for long.
    const timer = setTimeout(() => this.begin(secret), longestWait);
    this.notes = new Connection("inspector/notes", secret, {
      events: (events) => this.take(events),
      state: (name) => {
        if (name !== "live") return;
        clearTimeout(timer);
        this.begin(secret);
      },
    });
  }

  begin(secret) {
    if (this.events || this.isClosed) return;
    this.events = new Connection("events?backlog=off&since=1h&client=inspector", secret, {
      events: (events) => this.take(events),
      state: (name) => this.handlers.state(name),
      refused: (text, wasLive) => this.handlers.refused(text, wasLive),
      waiting: (text) => this.handlers.waiting(text),
    });
  }

  /** Nothing more comes; what did is still shown. */
  end() {
    this.isClosed = true;
    this.events?.close();
    this.notes.close();
  }

  close() {
    this.end();
    this.waiting = [];
    this.bytes = 0;
    this.release();
  }

  /** Takes what came; the promise keeps the stream waiting while the page is behind. */
  async take(events) {
    const now = relayNow();
    for (const event of events) {
      this.waiting.push({ ...event, at: now });
      this.bytes += event.data.length;
    }
    this.ask();
    while (this.waiting.length > waitingLimit || this.bytes > waitingBytes) {
      await new Promise((resolve) => this.waiters.push(resolve));
    }
  }

  /** In the next frame; a page that is not seen has none. */
  ask() {
    if (this.isAsked) return;
    this.isAsked = true;
    const run = () => {
      this.isAsked = false;
      this.work();
    };
    if (document.hidden) soon(run);
    else {
      // Hidden meanwhile, the frame would not come.
      const timer = setTimeout(() => {
        cancelAnimationFrame(frame);
        run();
      }, 1000);
      const frame = requestAnimationFrame(() => {
        clearTimeout(timer);
        run();
      });
    }
  }

  work() {
    const end = performance.now() + share;
    const entries = [];
    let count = 0;
    while (count < this.waiting.length && (count % 8 || performance.now() < end)) {
      const event = this.waiting[count++];
      this.bytes -= event.data.length;
      try {
        const entry = this.read(event);
        if (entry) entries.push(entry);
      } catch (error) {
        // A note that something else wrote into the store: the rest must not suffer from it.
        console.debug("not understood", error);
      }
    }
    this.waiting.splice(0, count);
    this.fresh.clear();
    if (entries.length) this.handlers.show(entries);
    if (this.waiting.length) this.ask();
    this.release();
  }

  release() {
    for (const resolve of this.waiters.splice(0)) resolve();
  }

  read({ type, data, at }) {
    switch (type) {
      case "message": {
        const entry = eventFrom(data, at);
        for (const key of [entry.key, entry.replyToken]) {
          for (const note of this.early.get(key) ?? []) apply(note, entry);
          this.early.delete(key);
          if (key) this.fresh.set(key, entry);
        }
        return entry;
      }
      case "recovery": {
        const { recovered, reason } = JSON.parse(data);
        if (!recovered) this.handlers.lost(reason);
        return null;
      }
      case "refused": {
        const note = JSON.parse(data);
        return refusalFrom(note, data, at);
      }
      case "delivered":
      case "answered":
        this.noted({ type, ...JSON.parse(data) });
        return null;
      default:
        return null;
    }
  }

  noted(note) {
    for (const [key, part] of partsOf(note)) {
      const entry = this.fresh.get(key) ?? this.find(key);
      if (entry) {
        apply(part, entry);
        this.handlers.note(entry);
      } else {
        this.early.set(key, [...(this.early.get(key) ?? []), part]);
        if (this.early.size > noteLimit) this.early.delete(this.early.keys().next().value);
      }
    }
  }
}

/** In a turn of its own. Timers that follow each other in a page that is not seen come once a minute; messages are not held back. */
function soon(run) {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    port1.close();
    run();
  };
  port2.postMessage(null);
}

/** What a note says of each request: of the one of a token, or of the events of all positions that it names. */
export function partsOf(note) {
  if (note.token) return [[note.token, note]];
  const parts = [];
  for (const [first, last, reached, at] of note.spans) {
    for (let offset = first; offset <= Math.min(last, first + 511); offset += 1) {
      parts.push([`${note.epoch}-${offset}`, { type: note.type, node: note.node, clients: Array.isArray(note.clients) ? note.clients : [], reached, at }]);
    }
  }
  return parts;
}

function apply(note, entry) {
  if (note.type === "answered") entry.answer = note;
  else if (entry.receipts.length < 32) entry.receipts.push(note);
}
