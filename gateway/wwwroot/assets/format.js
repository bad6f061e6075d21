// Dates and times as the person's browser writes them.

const moments = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const days = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });
const relative = new Intl.RelativeTimeFormat(document.documentElement.lang, { numeric: "auto" });

const steps = [
  ["second", 60],
  ["minute", 60],
  ["hour", 24],
  ["day", 30],
  ["month", 12],
  ["year", Infinity],
];

/** @param {string | number} time ISO 8601, or milliseconds */
export function moment(time) {
  return moments.format(new Date(time));
}

export function day(time) {
  return days.format(new Date(time));
}

/** "5 minutes ago" */
export function ago(time, now = Date.now()) {
  let amount = (new Date(time).getTime() - now) / 1000;
  for (const [unit, size] of steps) {
    if (Math.abs(amount) < size) {
      return relative.format(Math.round(amount), unit);
    }

    amount /= size;
  }
}

/** "7 seconds", "2 minutes": never shorter than it is. */
export function duration(seconds) {
  const [unit, amount] = seconds < 90 ? ["second", Math.ceil(seconds)] : seconds < 5400 ? ["minute", Math.ceil(seconds / 60)] : ["hour", Math.ceil(seconds / 3600)];
  return new Intl.NumberFormat(document.documentElement.lang, { style: "unit", unit, unitDisplay: "long" }).format(amount);
}
