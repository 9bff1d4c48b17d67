// What the page of the bots asks of the admin API. The token travels in a header, and is kept by whoever calls.
import { ask } from "./ask.js";
import { withinTime } from "./timelimit.js";

/** How long the API may take, in seconds: it answers from the node's memory, or with one change of the registry. */
const patience = 10;

/** A request that did not do what it should, with the relay's own sentence, and its word for programs. */
export class AdminError extends Error {
  constructor({ detail, reason }, status) {
    super(detail ?? `HTTP ${status}`);
    this.status = status;
    this.reason = reason ?? "";
  }
}

/** Whether a token can travel in a header. */
export const canTravel = (token) => /^[\x21-\x7e]+$/.test(token);

/** The API for the holder of a token. */
export class BotAPI {
  constructor(token) {
    this.token = token;
  }

  ask(method, path, value) {
    return withinTime(patience, (signal) => this.answer(method, path, value, signal));
  }

  async answer(method, path, value, signal) {
    const headers = { Authorization: "Bearer " + this.token };
    if (value !== undefined) headers["Content-Type"] = "application/json";
    const body = value === undefined ? undefined : JSON.stringify(value);
    const response = await ask("api/" + path, { method, headers, signal, body });
    if (!response.ok) {
      throw new AdminError(await response.json().catch(() => ({})), response.status);
    }
    // Awaited here: the time limit is for all of the answer.
    return response.status === 204 ? null : await response.json();
  }

  /** A page of bots, by name. */
  list = (after = "", limit = 100) => this.ask("GET", `bots?after=${encodeURIComponent(after)}&limit=${limit}`);
  bot = (name) => this.ask("GET", "bots/" + name);
  add = (bot) => this.ask("POST", "bots", bot);
  remove = (name) => this.ask("DELETE", "bots/" + name);
  /** - mayReplace: whether a rotation that is under way may be cut short, and the oldest secret end at once. */
  rotate = (name, secret, mayReplace) => this.ask("POST", `bots/${name}/rotation`, { secret, ...(mayReplace ? { replace: true } : {}) });
  endRotation = (name) => this.ask("DELETE", `bots/${name}/rotation`);
  addToken = (name, token) => this.ask("POST", `bots/${name}/tokens`, token);
  revoke = (name, token) => this.ask("DELETE", `bots/${name}/tokens/${token}`);
}
