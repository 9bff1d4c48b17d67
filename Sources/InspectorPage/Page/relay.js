// What the page asks of its relay. The secret travels in a header, and is kept by whoever calls.
import { ask } from "./ask.js";
import { withinTime } from "./timelimit.js";

/** How long an answer may take, in seconds: a large body may come by a slow line. */
const patience = 30;

/** A request that did not do what it should, with the relay's own sentence, and its word for programs. */
export class RelayError extends Error {
  constructor({ detail, reason }, status) {
    super(detail ?? `HTTP ${status}`);
    this.reason = reason ?? "";
  }
}

/** Whether a secret can travel in a header: fetch takes the spaces off its ends, and refuses or garbles what is no ASCII. */
export const canTravel = (secret) => /^[\x21-\x7e]+$/.test(secret);

/** The answer as `kind` has it, json or arrayBuffer. */
function askFor(path, { secret, kind = "json", ...options } = {}) {
  const headers = { ...(options.headers ?? {}) };
  if (secret) headers.Authorization = "Bearer " + secret;
  return withinTime(patience, async (signal) => {
    const response = await ask(path, { ...options, headers, signal });
    if (!response.ok) {
      throw new RelayError(await response.json().catch(() => ({})), response.status);
    }
    return await response[kind]();
  });
}

const postJSON = (path, value, secret) => askFor(path, {
  secret, method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(value),
});

/** What an operator without a secret may see. */
export const counts = () => askFor("inspector/counts");

/** The exact bytes of a retained event's body. */
export const exactBody = (position, secret) =>
  askFor(`inspector/bodies/${position}`, { secret, kind: "arrayBuffer" }).then((buffer) => new Uint8Array(buffer));

/** Publishes a retained event again, perhaps with another body. */
export const replay = (request, secret) => postJSON("replay", request, secret);

/** Publishes a sample message, signed by the relay. */
export const sendTestEvent = (text, secret) => postJSON("inspector/test-event", { text }, secret);

/** Answers a request that waits. */
export const reply = (token, text) => postJSON(`reply/${token}`, { text });
