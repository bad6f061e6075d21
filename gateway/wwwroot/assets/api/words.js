// Errors in words that say what to do next. Services' own messages are for developers and are not shown.
import { hasText, text } from "../texts.js";
import { duration } from "../format.js";
import { ApiError } from "./http.js";

/** @returns {string} one or two sentences about the whole */
export function inWords(error) {
  if (!(error instanceof ApiError)) {
    return text("error.bug");
  }

  if (error.status === 429) {
    const key = hasText(`error.${error.code}`) ? `error.${error.code}` : "error.RATE_LIMITED";
    return text(key, { wait: duration(error.retryAfter ?? 60) });
  }

  if (error.status >= 500) {
    return text("error.unavailable", { wait: duration(error.retryAfter ?? 5) });
  }

  if (hasText(`error.${error.code}`)) {
    return text(`error.${error.code}`);
  }

  const [first] = error.fields;
  return first ? fieldInWords(first.code) : text("error.unknown", { code: error.code });
}

/** @returns {string} what is wrong with one field */
export function fieldInWords(code) {
  return hasText(`field.${code}`) ? text(`field.${code}`) : text("field.INVALID_FORMAT");
}
