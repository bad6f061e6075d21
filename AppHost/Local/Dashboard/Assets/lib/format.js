// Numbers, times and names as people read them.

const two = number => String(number).padStart(2, "0");

/** 14:03:05, with the day when it is not today. */
export function time(milliseconds, { fraction = false } = {}) {
  const at = new Date(milliseconds);
  const clock = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`
    + (fraction ? `.${String(at.getMilliseconds()).padStart(3, "0")}` : "");
  return at.toDateString() === new Date().toDateString() ? clock : `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${clock}`;
}

export const fullTime = milliseconds => new Date(milliseconds).toISOString();

/** 12.3 ms, 4.56 s, 2 min 3 s. */
export function duration(milliseconds) {
  if (milliseconds === 0) return "0 ms";
  if (milliseconds < 1) return `${significant(milliseconds * 1000)} µs`;
  if (milliseconds < 1000) return `${significant(milliseconds)} ms`;
  if (milliseconds < 60_000) return `${significant(milliseconds / 1000)} s`;
  const seconds = Math.round(milliseconds / 1000);
  return seconds < 3600 ? `${Math.floor(seconds / 60)} min ${seconds % 60} s` : `${Math.floor(seconds / 3600)} h ${Math.floor(seconds % 3600 / 60)} min`;
}

/** Three significant digits, no exponent. */
export function significant(number) {
  const size = Math.abs(number);
  const digits = size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : size === 0 ? 0 : Math.min(6, 2 - Math.floor(Math.log10(size)));
  return number.toLocaleString("en-US", { maximumFractionDigits: digits });
}

const Steps = [[1e12, "T"], [1e9, "G"], [1e6, "M"], [1e3, "k"]];

/** A value of an instrument with its unit (UCUM, as OpenTelemetry uses it). */
export function measure(number, unit) {
  if (number === null || number === undefined) return "–";
  if (unit === "s") return duration(number * 1000);
  if (unit === "ms") return duration(number);
  if (unit === "By") {
    const step = [[2 ** 30, "GiB"], [2 ** 20, "MiB"], [2 ** 10, "KiB"]].find(([size]) => Math.abs(number) >= size);
    return step ? `${significant(number / step[0])} ${step[1]}` : `${significant(number)} B`;
  }
  const step = Steps.find(([size]) => Math.abs(number) >= size * 10);
  const text = step ? `${significant(number / step[0])} ${step[1]}` : significant(number);
  return unit && unit !== "1" && !unit.startsWith("{") ? `${text} ${unit}` : text;
}

/** {request} → request: annotations are the plain word. */
export const unitWord = unit => !unit || unit === "1" ? "" : unit === "By" ? "bytes" : unit.replace(/[{}]/g, "");

const Levels = [[21, "Critical", "error"], [17, "Error", "error"], [13, "Warning", "warn"], [9, "Information", "info"], [5, "Debug", "debug"], [1, "Trace", "debug"]];

/** Name and colour class of an OTLP severity number. */
export function level(severity) {
  const found = Levels.find(([least]) => severity >= least);
  return found ? { name: found[1], kind: found[2] } : { name: "–", kind: "debug" };
}

export const MinimumLevels = [[0, "All levels"], [5, "Debug"], [9, "Information"], [13, "Warning"], [17, "Error"], [21, "Critical"]];

const Colours = 10;
const colours = new Map();

/** The colour class of a service: the same on every page, because the app model's services are asked for first and in its order. */
export function colour(name) {
  const service = name.split("/")[0];
  if (!colours.has(service)) colours.set(service, `c${colours.size % Colours}`);
  return colours.get(service);
}
