// Times and days as the visitor reads them, in the browser's time zone.

const TIME = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long" });
const DAY_AND_YEAR = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", year: "numeric" });
const FULL = new Intl.DateTimeFormat("en-GB", { dateStyle: "full", timeStyle: "medium" });

const fromUnix = (seconds) => new Date(seconds * 1000);

/** "07:05" for a time in seconds since 1970. */
export const timeOfDay = (seconds) => TIME.format(fromUnix(seconds));

/** Day, date and time with seconds, for tooltips. */
export const fullTime = (seconds) => FULL.format(fromUnix(seconds));

/** A key that is equal for two times on the same local day. */
export function dayKey(seconds) {
  const date = fromUnix(seconds);
  return `${date.getFullYear()}-${date.getMonth() + 1}-${date.getDate()}`;
}

/** "Today", "Yesterday", "23 November" or "23 November 2024". */
export function dayLabel(seconds) {
  const now = new Date();
  const yesterday = new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1);
  const key = dayKey(seconds);
  if (key === dayKey(now.getTime() / 1000)) return "Today";
  if (key === dayKey(yesterday.getTime() / 1000)) return "Yesterday";
  const date = fromUnix(seconds);
  return (date.getFullYear() === now.getFullYear() ? DAY : DAY_AND_YEAR).format(date);
}
