// The end-to-end key of a group and how devices hand it to each other (contract device-registry §2): AES-256-GCM under the
// x-coordinate of ECDH between the two devices' P-256 keys, as initialisation vector, ciphertext and tag in one.
import { fromBase64, toBase64 } from "../encoding.js";

const vectorBytes = 12;
const fingerprintBytes = 10;

/** Crockford's alphabet: nothing that is read as something else. */
const fingerprintAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** @returns {Promise<{ privateKey: CryptoKey, publicKey: string }>} the private half cannot be exported */
export async function makeDeviceKey() {
  const pair = await crypto.subtle.generateKey({ name: "ECDH", namedCurve: "P-256" }, false, ["deriveKey"]);
  return { privateKey: pair.privateKey, publicKey: toBase64(await crypto.subtle.exportKey("spki", pair.publicKey)) };
}

/** A new group key. It has to be extractable to be wrapped for others; it lives in memory only. */
export function makeGroupKey() {
  return crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, true, ["encrypt", "decrypt"]);
}

/**
 * @param {CryptoKey} groupKey
 * @param {CryptoKey} privateKey the sender's
 * @param {string} publicKey the recipient's
 * @returns {Promise<string>} `encryptedGroupKey`
 */
export async function wrapGroupKey(groupKey, privateKey, publicKey) {
  const iv = crypto.getRandomValues(new Uint8Array(vectorBytes));
  const wrapped = await crypto.subtle.wrapKey("raw", groupKey, await sharedKey(privateKey, publicKey), { name: "AES-GCM", iv });
  return toBase64(new Uint8Array([...iv, ...new Uint8Array(wrapped)]));
}

/** @throws when it was made for another key, or altered */
export async function unwrapGroupKey(encryptedGroupKey, privateKey, senderPublicKey) {
  const bytes = fromBase64(encryptedGroupKey);
  return crypto.subtle.unwrapKey(
    "raw", bytes.subarray(vectorBytes), await sharedKey(privateKey, senderPublicKey),
    { name: "AES-GCM", iv: bytes.subarray(0, vectorBytes) }, { name: "AES-GCM" }, true, ["encrypt", "decrypt"]);
}

/** The group's secrets under a new key. What they say is nobody's business here. */
export async function reencrypt(payload, oldKey, newKey) {
  const bytes = fromBase64(payload);
  const plain = await crypto.subtle.decrypt({ name: "AES-GCM", iv: bytes.subarray(0, vectorBytes) }, oldKey, bytes.subarray(vectorBytes));
  const iv = crypto.getRandomValues(new Uint8Array(vectorBytes));
  const encrypted = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, newKey, plain);
  return toBase64(new Uint8Array([...iv, ...new Uint8Array(encrypted)]));
}

/**
 * Sixteen characters that two people compare: 80 bits of the SHA-256 of the public key. Finding another key with the same
 * ones takes 2^80 tries, so a server that swaps the key is found out.
 */
export async function fingerprint(publicKey) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", fromBase64(publicKey))).subarray(0, fingerprintBytes);
  let bits = 0n;
  for (const byte of digest) {
    bits = (bits << 8n) | BigInt(byte);
  }

  const characters = Array.from({ length: 16 }, (_, index) => fingerprintAlphabet[Number((bits >> BigInt(75 - 5 * index)) & 31n)]);
  return characters.join("").match(/.{4}/g).join("-");
}

async function sharedKey(privateKey, publicKey) {
  const other = await crypto.subtle.importKey("spki", fromBase64(publicKey), { name: "ECDH", namedCurve: "P-256" }, false, []);
  return crypto.subtle.deriveKey({ name: "ECDH", public: other }, privateKey, { name: "AES-GCM", length: 256 }, false, ["wrapKey", "unwrapKey"]);
}
