// The bytes of a request's body, and where they may not be those that came, what is to be said of that.
import { bodyOf, requestOf } from "./event.js";
import { exactBody } from "./relay.js";
import { t } from "./words.js";

/** The bytes as far as the page or the relay has them, as `bytes`, and as `flaw` a sentence; empty where they are exact. */
export async function exactBytes(entry, secret) {
  const { bytes, isExact } = bodyOf(entry, requestOf(entry).all);
  if (isExact) return { bytes, flaw: "" };
  if (entry.kind === "refused") return { bytes, flaw: t("truncated") };
  try {
    return { bytes: await exactBody(entry.key, secret), flaw: "" };
  } catch (error) {
    return { bytes, flaw: error.reason === "not_retained" ? t("inexact") : t("inexactSince", { reason: error.message }) };
  }
}
