// Server-sent events (WHATWG HTML §9.2) read with fetch: the browser's own EventSource can send no Authorization header.
import { pause } from "../waiting.js";
import { readBody, send, toError } from "./http.js";

/** After a broken connection; then longer and longer, up to the last one. */
const pauses = [1000, 3000, 5000, 10_000, 30_000];

/**
 * Follows a stream until `signal`, across broken connections: each begins where the last one stopped.
 * @param {string} path
 * @param {{ onEvent: (event: { event: string, data: any }) => void, onState: (connected: boolean) => void, signal: AbortSignal }} options
 * @returns {Promise<void>} ends with `signal`
 * @throws {ApiError} when the server refuses for good
 */
export async function follow(path, { onEvent, onState, signal }) {
  let lastId = null;
  let failures = 0;
  while (!signal.aborted) {
    try {
      const response = await send("GET", path, {
        headers: { Accept: "text/event-stream", ...(lastId ? { "Last-Event-ID": lastId } : {}) },
        signal,
      });
      if (!response.ok) {
        throw toError(response, await readBody(response));
      }

      onState(true);
      failures = 0;
      for await (const message of messages(response.body)) {
        lastId = message.id ?? lastId;
        onEvent(JSON.parse(message.data));
      }
    } catch (error) {
      if (signal.aborted) {
        return;
      }

      if (error.status >= 400 && error.status < 500 && error.status !== 429) {
        throw error;
      }
    }

    onState(false);
    try {
      await pause(pauses[Math.min(failures, pauses.length - 1)], signal);
    } catch {
      return;
    }

    failures++;
  }
}

/** @param {ReadableStream<Uint8Array>} body */
async function* messages(body) {
  let held = "";
  for await (const piece of decoded(body)) {
    held += piece;
    const blocks = held.split("\n\n");
    held = blocks.pop();
    for (const block of blocks) {
      const fields = block.split("\n").map((line) => /^(\w+): ?(.*)$/.exec(line)).filter(Boolean);
      const of = (name) => fields.filter((field) => field[1] === name).map((field) => field[2]);
      const data = of("data");
      if (data.length > 0) {
        yield { id: of("id").at(-1), data: data.join("\n") };
      }
    }
  }
}

async function* decoded(body) {
  const decoder = new TextDecoder();
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) {
        return;
      }

      yield decoder.decode(value, { stream: true });
    }
  } finally {
    reader.releaseLock();
  }
}
