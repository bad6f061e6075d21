// Passkeys: between the JSON of the API and the browser's objects (Web Authentication Level 3 §5.1, contract §1.9).
import { ApiError } from "./api/http.js";
import { fromBase64Url, toBase64Url } from "./encoding.js";

/** @returns {boolean} whether this browser can use passkeys at all */
export function passkeysWork() {
  return typeof PublicKeyCredential === "function";
}

/** @returns {Promise<boolean>} whether passkeys can be offered where the e-mail address is typed */
export async function passkeyAutofillWorks() {
  return passkeysWork() && (await PublicKeyCredential.isConditionalMediationAvailable?.() ?? false);
}

/**
 * Lets the person prove a passkey.
 * @param {object} options of the server
 * @param {{ mediation?: "conditional", signal?: AbortSignal }} how `conditional`: in the browser's list for the e-mail field
 * @returns {Promise<object>} the response as the API takes it
 */
export async function assertion(options, { mediation, signal } = {}) {
  const credential = await ask(() => navigator.credentials.get({
    mediation,
    signal,
    publicKey: {
      ...options,
      challenge: fromBase64Url(options.challenge),
      allowCredentials: options.allowCredentials?.map(descriptor),
    },
  }), signal);
  return frame(credential, {
    clientDataJSON: toBase64Url(credential.response.clientDataJSON),
    authenticatorData: toBase64Url(credential.response.authenticatorData),
    signature: toBase64Url(credential.response.signature),
    ...(credential.response.userHandle ? { userHandle: toBase64Url(credential.response.userHandle) } : {}),
  });
}

/** Lets the person make a passkey. */
export async function attestation(options) {
  const credential = await ask(() => navigator.credentials.create({
    publicKey: {
      ...options,
      challenge: fromBase64Url(options.challenge),
      user: { ...options.user, id: fromBase64Url(options.user.id) },
      excludeCredentials: options.excludeCredentials?.map(descriptor),
    },
  }));
  return frame(credential, {
    clientDataJSON: toBase64Url(credential.response.clientDataJSON),
    attestationObject: toBase64Url(credential.response.attestationObject),
    transports: credential.response.getTransports?.() ?? [],
  });
}

/** Browsers say little about why it did not work, on purpose; two cases are worth words of their own. */
async function ask(ceremony, signal) {
  try {
    return await ceremony();
  } catch (error) {
    if (signal?.aborted) {
      throw error;
    }

    throw new ApiError(0, error.name === "InvalidStateError" ? "PASSKEY_ALREADY_HERE" : "PASSKEY_NOT_USED");
  }
}

function descriptor({ id, type, transports }) {
  return { id: fromBase64Url(id), type, ...(transports ? { transports } : {}) };
}

function frame(credential, response) {
  return {
    id: credential.id,
    rawId: toBase64Url(credential.rawId),
    type: credential.type,
    ...(credential.authenticatorAttachment ? { authenticatorAttachment: credential.authenticatorAttachment } : {}),
    clientExtensionResults: {},
    response,
  };
}
