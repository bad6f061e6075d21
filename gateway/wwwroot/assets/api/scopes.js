// The operations of contract scope-signing that these pages use. What is sent is signed by the person's key; no session is
// involved.
import { call } from "./http.js";

const jwt = { type: "application/jwt", token: null };

export const issuer = `${location.origin}/scope-signing`;

export const registerKey = (token) => call("POST", "/key", { ...jwt, body: token });
export const revokeKey = (id, secret) => call("DELETE", `/key/${id}?secret=${encodeURIComponent(secret)}`, { token: null });
export const openJob = (token) => call("POST", "/scope", { ...jwt, body: token });
export const confirmJob = (job, code) => call("POST", `/scope/${job}`, { body: { code }, token: null });
export const dropJob = (job) => call("DELETE", `/scope/${job}`, { token: null });
export const issuerKeys = (signal) => call("GET", "/scope-signing/.well-known/jwks.json", { token: null, signal });

/** @returns {Promise<{ jwt: string } | null>} null while it is not signed yet */
export const readJob = (job, signal) => call("GET", `/scope/${job}`, { token: null, headers: { Accept: "application/json" }, signal });
