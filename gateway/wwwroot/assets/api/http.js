// The one place that talks to the API. Every answer that is not a success becomes an ApiError, whichever service gave it and
// however that service words its errors.
import { currentSession, endSession } from "../session.js";

/** Longer than the gateway's own 30 s, so that its words are heard first; nothing waits longer. */
const timeLimit = 35_000;

/** What went wrong, in terms that `words.js` can translate. */
export class ApiError extends Error {
  /**
   * @param {number} status HTTP status, 0 without an answer
   * @param {string} code stable code of the service, or NO_CONNECTION, NO_ANSWER
   * @param {{ fields?: { path: string, code: string }[], retryAfter?: number, details?: object }} more
   */
  constructor(status, code, { fields = [], retryAfter, details = {} } = {}) {
    super(`${status} ${code}`);
    this.name = "ApiError";
    this.status = status;
    this.code = code;
    this.fields = fields;
    this.retryAfter = retryAfter;
    this.details = details;
  }

  /** @returns {boolean} whether a field was refused with `code` */
  hasField(path, code) {
    return this.fields.some((field) => field.path === path && field.code === code);
  }
}

/**
 * @param {string} method
 * @param {string} path of this server
 * @param {{ body?: unknown, headers?: Record<string, string>, token?: string | null, signal?: AbortSignal, type?: string }} options
 *   `body` is sent as JSON unless `type` names another media type; `token` replaces the session's, null sends none
 * @returns {Promise<{ data: any, headers: Headers, status: number }>}
 * @throws {ApiError} for everything but 2xx; a DOMException named AbortError after `signal`
 */
export async function request(method, path, { body, headers = {}, token = currentSession()?.token, signal, type } = {}) {
  const response = await send(method, path, { body, headers, token, signal, type });
  const data = await readBody(response);
  if (response.ok) {
    return { data, headers: response.headers, status: response.status };
  }

  const error = toError(response, data);
  if (error.code === "UNAUTHORIZED" && token && token === currentSession()?.token) {
    // Ended elsewhere, or run out.
    endSession({ refused: true });
  }

  throw error;
}

/** As `request`, answering the body alone. */
export async function call(method, path, options) {
  return (await request(method, path, options)).data;
}

/**
 * Sends, and answers the response as soon as its head is there: for event streams, which have no end to wait for. The time
 * limit is for the head; the gateway ends every other answer in time.
 */
export async function send(method, path, { body, headers = {}, token = currentSession()?.token, signal, type } = {}) {
  const clock = new AbortController();
  const timer = setTimeout(() => clock.abort(), timeLimit);
  try {
    return await fetch(path, {
      method,
      headers: {
        ...(body === undefined ? {} : { "Content-Type": type ?? "application/json" }),
        ...(token ? { Authorization: token } : {}),
        ...headers,
      },
      body: body === undefined ? undefined : type ? body : JSON.stringify(body),
      // No cookie is sent or kept: the header is the only proof there is, so no other site can borrow it.
      credentials: "omit",
      cache: "no-store",
      signal: AbortSignal.any([clock.signal, ...(signal ? [signal] : [])]),
    });
  } catch (error) {
    if (signal?.aborted) {
      throw error;
    }

    throw new ApiError(0, clock.signal.aborted ? "NO_ANSWER" : "NO_CONNECTION");
  } finally {
    clearTimeout(timer);
  }
}

/** @returns {ApiError} what a refusal means */
export function toError(response, data) {
  const body = data !== null && typeof data === "object" ? data : {};
  return new ApiError(response.status, codeOf(response, body), {
    fields: fieldsOf(body),
    retryAfter: retryAfterOf(response, body),
    details: body,
  });
}

export async function readBody(response) {
  const type = response.headers.get("Content-Type") ?? "";
  try {
    if (type.includes("json")) {
      return await response.json();
    }

    const text = await response.text();
    return text === "" ? null : text;
  } catch {
    // Half an answer is none.
    throw new ApiError(0, "NO_CONNECTION");
  }
}

function codeOf(response, body) {
  // identity-auth: `code`; device-registry and the gateway: `error` as text; scope-signing: the last segment of `type`.
  if (typeof body.code === "string") {
    return body.code;
  }

  if (typeof body.error === "string") {
    return body.error.toUpperCase();
  }

  if (typeof body.type === "string") {
    return body.type.split("/").at(-1);
  }

  return `HTTP_${response.status}`;
}

function fieldsOf(body) {
  if (Array.isArray(body.errors)) {
    return body.errors.filter((entry) => typeof entry?.path === "string" && typeof entry.code === "string");
  }

  // device-registry: a map of names to reasons. The reasons are for developers.
  return body.fields !== null && typeof body.fields === "object"
    ? Object.keys(body.fields).map((path) => ({ path, code: "INVALID_FORMAT" }))
    : [];
}

function retryAfterOf(response, body) {
  const seconds = Number(body.retry_after ?? body.resend_available_in ?? response.headers.get("Retry-After") ?? NaN);
  return Number.isFinite(seconds) ? Math.max(1, Math.ceil(seconds)) : undefined;
}
