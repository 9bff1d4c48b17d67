// A stream of events that comes back: by position, with a pause that grows and is never the same for all.
import { ask, Redirected } from "./ask.js";
import { EventStreamParser } from "./eventstream.js";
import { t } from "./words.js";

/** Nothing for so long means that the connection is dead, at least; a comment comes every 25 seconds. In milliseconds. */
const shortestSilence = 70_000;
const longestPause = 10_000;
/** After so many attempts without an answer it is said that there is none. */
const worrying = 3;

/** Why the relay lets a secret in neither now nor later: the `reason` of its problem. */
const finalReasons = new Set(["missing_secret", "not_found", "expired_token", "wrong_scope", "wrong_origin"]);

/** After how much silence a stream is dead, by how often its relay gives a sign of life. In milliseconds. */
const silenceOf = (response) => Math.max(shortestSilence, (2 * (Number(response.headers.get("Hookwire-Ping-Interval")) || 0) + 20) * 1000);

/** The pause before an attempt, in milliseconds. */
export function pauseBefore(attempt, retry = 500, random = Math.random()) {
  const longest = Math.min(longestPause, retry * 2 ** Math.min(attempt, 6));
  return longest / 2 + (random * longest) / 2;
}

/**
 * Reads a stream until `close`, and tells `handlers`: `events(list)` (may be awaited), `state(name)`, `refused(text, wasLive)`
 * where it is of no use to try again, and `waiting(text)` where it is tried again, with why in a sentence; empty once it is live.
 */
export class Connection {
  constructor(path, secret, handlers) {
    this.path = path;
    this.secret = secret;
    this.handlers = handlers;
    this.position = "";
    this.attempt = 0;
    /** How many attempts in a row had no answer. */
    this.failures = 0;
    this.retry = undefined;
    this.isClosed = false;
    /** Whether the relay has let this secret in before. */
    this.wasLive = false;
    /** Whether the next attempt follows at once, without a position. */
    this.beginsAnew = false;
    this.run();
  }

  close() {
    this.isClosed = true;
    this.controller?.abort();
    this.wake?.();
  }

  async run() {
    while (!this.isClosed) {
      this.handlers.state?.("trying");
      try {
        if (!(await this.read())) return;
        if (this.beginsAnew) continue;
      } catch (error) {
        // The relay went away, or cannot be reached: it is tried again.
        if (!this.isClosed) this.failed(error);
      }
      if (this.isClosed) return;
      this.handlers.state?.("trying");
      await this.pause(pauseBefore(this.attempt++, this.attempt === 1 ? this.retry : undefined));
    }
  }

  /** An attempt, or a stream, came to an error. One is common where a node restarts; several in a row are said. */
  failed(error) {
    this.failures += 1;
    if (error instanceof Redirected) this.handlers.waiting?.(error.message);
    else if (this.failures >= worrying) this.handlers.waiting?.(t("unreachable"));
  }

  /** Reads one connection to its end; false where it is of no use to try again. */
  async read() {
    this.controller = new AbortController();
    this.beginsAnew = false;
    const headers = { Authorization: "Bearer " + this.secret, Accept: "text/event-stream" };
    if (this.position) headers["Last-Event-ID"] = this.position;
    let watchdog;
    let silence = shortestSilence;
    const feed = () => {
      clearTimeout(watchdog);
      watchdog = setTimeout(() => this.controller.abort(), silence);
    };
    try {
      feed();
      const response = await ask(this.path, { headers, signal: this.controller.signal });
      this.failures = 0;
      if (!response.ok) {
        const problem = await problemOf(response);
        // A proxy's own page, or a node of another kind that is behind the address for a moment, may be gone the next time.
        const isFinal = finalReasons.has(problem.reason);
        if (this.isClosed) return false;
        if (isFinal) this.handlers.refused?.(problem.detail, this.wasLive);
        else this.handlers.waiting?.(problem.detail ? t("refusedByRelay") + problem.detail : t("notOfTheRelay", { status: response.status }));
        return !isFinal;
      }
      if (!response.headers.get("Content-Type")?.startsWith("text/event-stream")) {
        // A page for people, such as a sign-on's.
        this.handlers.waiting?.(t("notOfTheRelay", { status: response.status }));
        return true;
      }
      silence = silenceOf(response);
      feed();
      await this.follow(response.body, feed);
    } finally {
      clearTimeout(watchdog);
      this.controller.abort();
    }
    return true;
  }

  async follow(body, feed) {
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    const parser = new EventStreamParser();
    parser.id = this.position;
    const isResumed = this.position !== "";
    this.wasLive = true;
    this.handlers.state?.("live");
    this.handlers.waiting?.("");
    while (true) {
      const { value, done } = await reader.read();
      if (done || this.isClosed) return;
      feed();
      const events = parser.push(value);
      this.retry = parser.retry;
      this.attempt = 0;
      // From a position that is gone the relay sends only what is new: without one, it sends what it has of the time before.
      const lost = isResumed ? events.findIndex(isLoss) : -1;
      const taken = lost < 0 ? events : events.slice(0, lost + 1);
      // Waits while the page is behind: the relay then sends no more, and nothing piles up here.
      if (taken.length) await this.handlers.events(taken);
      this.beginsAnew = lost >= 0;
      this.position = this.beginsAnew ? "" : parser.id;
      if (this.beginsAnew) return;
    }
  }

  pause(milliseconds) {
    return new Promise((resolve) => {
      this.wake = resolve;
      setTimeout(resolve, milliseconds);
    });
  }
}

/** What the relay says of a refusal; nothing where it is not the relay that answered. */
async function problemOf(response) {
  if (!response.headers.get("Content-Type")?.startsWith("application/problem+json")) return {};
  return await response.json().catch(() => ({}));
}

/** Whether an event says that the stream cannot go on from where it was. */
const isLoss = ({ type, data }) => type === "recovery" && JSON.parse(data).recovered === false;
