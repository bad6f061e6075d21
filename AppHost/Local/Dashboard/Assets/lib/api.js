import { link } from "./url.js";

/** What the server answered instead of the wanted thing, in words for a person. */
export class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

export async function get(path, values, signal) {
  return read(await fetch(typeof values === "string" ? path + values : link(path, values), { signal }));
}

export async function post(path) {
  return read(await fetch(path, { method: "POST", headers: { "X-Dashboard-Request": "1" } }));
}

async function read(answer) {
  if (answer.status === 401) logIn();
  if (answer.ok) return answer.status === 204 ? null : answer.json();
  const body = await answer.json().catch(() => ({}));
  throw new Refused(answer.status, body.error ?? `The dashboard answered ${answer.status}.`);
}

export function logIn() {
  location.assign(link("/login", { returnUrl: location.pathname + location.search }));
}
