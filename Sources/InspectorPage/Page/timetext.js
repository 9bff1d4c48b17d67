// Times as people read them, in the browser's zone.

const two = (number) => String(number).padStart(2, "0");
const day = (date) => `${two(date.getMonth() + 1)}-${two(date.getDate())}`;
const clock = (date) => `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
const milliseconds = (date) => String(date.getMilliseconds()).padStart(3, "0");

/** The date, and the time to the millisecond; nothing where there is none. */
export function timeText(time) {
  if (!Number.isFinite(time)) return "";
  const date = new Date(time);
  return `${date.getFullYear()}-${day(date)} ${clock(date)}.${milliseconds(date)}`;
}

/** The same in the width of a row: what is of today without the date, and what is of another day to the second. */
export function rowTimeText(time, now) {
  if (!Number.isFinite(time)) return "";
  const date = new Date(time);
  const isToday = date.toDateString() === new Date(now).toDateString();
  return isToday ? `${clock(date)}.${milliseconds(date)}` : `${day(date)} ${clock(date)}`;
}
