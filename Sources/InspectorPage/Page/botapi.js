// What the page of the bots asks of the admin API. The token travels in a header, and is kept by whoever calls.

/** A request that did not do what it should, with the relay's own sentence. */
export class AdminError extends Error {
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

/** Whether a token can travel in a header. */
export const canTravel = (token) => /^[\x21-\x7e]+$/.test(token);

/** The API for the holder of a token. */
export class BotAPI {
  constructor(token) {
    this.token = token;
  }

  async ask(method, path, value) {
    const headers = { Authorization: "Bearer " + this.token };
    if (value !== undefined) headers["Content-Type"] = "application/json";
    const response = await fetch("api/" + path, {
      method, headers, body: value === undefined ? undefined : JSON.stringify(value),
      cache: "no-store", credentials: "omit", redirect: "error",
    });
    if (!response.ok) {
      const problem = await response.json().catch(() => ({}));
      throw new AdminError(problem.detail ?? `HTTP ${response.status}`, response.status);
    }
    return response.status === 204 ? null : response.json();
  }

  /** A page of bots, by name. */
  list = (after = "", limit = 100) => this.ask("GET", `bots?after=${encodeURIComponent(after)}&limit=${limit}`);
  bot = (name) => this.ask("GET", "bots/" + name);
  add = (bot) => this.ask("POST", "bots", bot);
  remove = (name) => this.ask("DELETE", "bots/" + name);
  rotate = (name, secret) => this.ask("POST", `bots/${name}/rotation`, { secret });
  endRotation = (name) => this.ask("DELETE", `bots/${name}/rotation`);
  addToken = (name, token) => this.ask("POST", `bots/${name}/tokens`, token);
  revoke = (name, token) => this.ask("DELETE", `bots/${name}/tokens/${token}`);
}
