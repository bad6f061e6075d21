// The Ed25519 key behind a person's signed facts (contract scope-signing §1, §3). Its public half is the person's name there;
// the private half stays in this browser and cannot be exported.
import { fromBase64Url, toBase64Url, utf8 } from "../encoding.js";

/** How long a token that is sent at once is good for, in seconds. */
const tokenLifetime = 300;

/** @returns {Promise<{ id: string, privateKey: CryptoKey } | null>} null where the browser knows no Ed25519 */
export async function makeSigningKey() {
  try {
    const pair = await crypto.subtle.generateKey({ name: "Ed25519" }, false, ["sign"]);
    return { privateKey: pair.privateKey, id: toBase64Url(await crypto.subtle.exportKey("raw", pair.publicKey)) };
  } catch (error) {
    if (error.name === "NotSupportedError") {
      return null;
    }

    throw error;
  }
}

/** @returns {Promise<string>} `claims` in a token signed by `key`, good once and for a few minutes */
export async function selfSigned({ id, privateKey }, claims = {}) {
  const now = Math.floor(Date.now() / 1000);
  const payload = { sub: id, ...claims, iat: now, exp: now + tokenLifetime, jti: crypto.randomUUID() };
  const signed = `${part({ alg: "EdDSA", typ: "JWT" })}.${part(payload)}`;
  return `${signed}.${toBase64Url(await crypto.subtle.sign("Ed25519", privateKey, utf8(signed)))}`;
}

/**
 * Checks a token of the issuer as any relying party would (§8.3, steps 1 to 4), and that it speaks of this key.
 * @param {string} token
 * @param {{ keys: object[], issuer: string, subject: string }} expected
 * @returns {Promise<object>} the claims
 * @throws {Error} when anything is not as it has to be
 */
export async function verifyScopeToken(token, { keys, issuer, subject }) {
  const [head, body, signature] = token.split(".");
  const header = JSON.parse(read(head));
  const claims = JSON.parse(read(body));
  const jwk = keys.find((key) => key.kid === header.kid && key.kty === "OKP" && key.crv === "Ed25519");
  const now = Date.now() / 1000;
  const tolerance = 60;
  if (header.alg !== "EdDSA" || header.typ !== "scope+jwt" || !jwk) {
    throw new Error("The token is not signed by a key of the issuer.");
  }

  const key = await crypto.subtle.importKey("jwk", { kty: jwk.kty, crv: jwk.crv, x: jwk.x }, { name: "Ed25519" }, false, ["verify"]);
  if (!(await crypto.subtle.verify("Ed25519", key, fromBase64Url(signature), utf8(`${head}.${body}`)))) {
    throw new Error("The signature is not the issuer's.");
  }

  if (claims.iss !== issuer || claims.sub !== subject || claims.test || claims.exp < now - tolerance || claims.nbf > now + tolerance) {
    throw new Error("The token is not for this key, or not of this time.");
  }

  return claims;
}

function part(value) {
  return toBase64Url(utf8(JSON.stringify(value)));
}

function read(text) {
  return new TextDecoder("utf-8", { fatal: true }).decode(fromBase64Url(text));
}
