// The relay's time. A browser's clock may be off by seconds, which is as long as some requests wait for an answer.

/** How far the relay's clock is ahead of the browser's, in milliseconds. */
let ahead = 0;

/** Now, by the relay's clock, in milliseconds since 1970: what its times are compared with. */
export const relayNow = () => Date.now() + ahead;

/**
 * Learns from an answer of the relay, whose Date field is of a whole second; it was asked for at `asked` of the browser's
 * clock. What is known stays as long as it fits: it is not to change with every answer.
 */
export function hearTime(response, asked) {
  const second = Date.parse(response.headers.get("Date") ?? "");
  if (!Number.isFinite(second)) return;
  const least = second - Date.now();
  const most = second + 1000 - asked;
  if (ahead < least || ahead > most) ahead = (least + most) / 2;
}
