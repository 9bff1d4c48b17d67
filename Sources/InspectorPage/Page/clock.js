// The relay's time. A browser's clock may be off by seconds, which is as long as some requests wait for an answer.

/** How far the relay's clock is ahead of the browser's, in milliseconds, and between what that must lie. */
let ahead = 0;
let least = -Infinity;
let most = Infinity;

/** Now, by the relay's clock, in milliseconds since 1970: what its times are compared with. */
export const relayNow = () => Date.now() + ahead;

/**
 * Learns from an answer of the relay, whose Date field is of a whole second; it was asked for at `asked` of the browser's
 * clock. Each answer narrows what is known, and a clock that may be right is taken for it.
 */
export function hearTime(response, asked) {
  const second = Date.parse(response.headers.get("Date") ?? "");
  const low = second - Date.now();
  const high = second + 1000 - asked;
  // No such field, or the browser's clock was set back since.
  if (!(low <= high)) return;
  least = Math.max(least, low);
  most = Math.min(most, high);
  // One of the clocks was set meanwhile.
  if (least > most) [least, most] = [low, high];
  if (ahead < least || ahead > most) ahead = (least + most) / 2;
}
