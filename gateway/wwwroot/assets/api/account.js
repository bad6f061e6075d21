// The operations on the person's own account that more than one page needs.
import { call } from "./http.js";

/** @returns {Promise<object>} the user object of contract identity-auth §8.1 */
export function getUser(signal) {
  return call("GET", "/v1/users/@me", { signal });
}

/** @param {{ headers: object, fields: object }} proof */
export function updateUser(changes, { headers, fields } = { headers: {}, fields: {} }) {
  return call("PATCH", "/v1/users/@me", { headers, body: { ...changes, ...fields } });
}
