// How long a page waits for an answer: a node that hangs says nothing, not even that it is away.
import { t } from "./words.js";

/** What `work` comes to, which is given a signal for its request; after so many seconds it fails with a sentence. */
export async function withinTime(seconds, work) {
  const signal = AbortSignal.timeout(seconds * 1000);
  try {
    return await work(signal);
  } catch (error) {
    if (signal.aborted) throw new Error(t("noAnswer", { seconds }));
    throw error;
  }
}
