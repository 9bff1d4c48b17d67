// One question to the page's own relay.
import { hearTime } from "./clock.js";
import { t } from "./words.js";

/**
 * The answer of the relay, or of what stands before it. The browser's cookies for this address go along, since a proxy may
 * let in by them; the relay itself knows none. No redirect is followed, so that a secret goes to nobody else: it fails with
 * a sentence.
 */
export async function ask(path, options) {
  const asked = Date.now();
  const response = await fetch(path, { ...options, cache: "no-store", credentials: "same-origin", redirect: "manual" });
  // A browser keeps the redirect to itself.
  if (response.type === "opaqueredirect" || (response.status >= 300 && response.status < 400)) throw new Redirected(t("redirected"));
  hearTime(response, asked);
  return response;
}

/** Something before the relay leads elsewhere, as to a sign-on. */
export class Redirected extends Error {}
