// Bytes as text: base64url for tokens and passkeys (RFC 4648 §5), base64 for device keys (§4), base32 for authenticator
// secrets (§6).

const base32Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** @param {ArrayBuffer | Uint8Array} bytes */
export function toBase64(bytes) {
  let binary = "";
  for (const byte of new Uint8Array(bytes)) {
    binary += String.fromCharCode(byte);
  }

  return btoa(binary);
}

export function fromBase64(textOfBytes) {
  return Uint8Array.from(atob(textOfBytes), (character) => character.charCodeAt(0));
}

/** Without padding. */
export function toBase64Url(bytes) {
  return toBase64(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

export function fromBase64Url(textOfBytes) {
  return fromBase64(textOfBytes.replaceAll("-", "+").replaceAll("_", "/"));
}

/** Without padding. */
export function toBase32(bytes) {
  let bits = 0;
  let held = 0;
  let result = "";
  for (const byte of bytes) {
    held = (held << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      result += base32Alphabet[(held >> bits) & 31];
    }

    held &= (1 << bits) - 1;
  }

  return bits > 0 ? result + base32Alphabet[(held << (5 - bits)) & 31] : result;
}

export function utf8(value) {
  return new TextEncoder().encode(value);
}
