// Sensitive operations want a fresh proof of who is there (contract identity-auth §1.8). This is the one dialog that asks.
import { call, request } from "../api/http.js";
import { element, replace } from "../dom.js";
import { text } from "../texts.js";
import { assertion, passkeysWork } from "../webauthn.js";
import { dialog } from "./dialog.js";
import { form } from "./form.js";

const tokenHeader = "X-Fluxer-Sudo-Mode-JWT";

/** A little less than the 300 s for which the server takes it. */
const tokenLifetime = 290_000;

/** In memory only: another page load asks again. */
let token = null;

/**
 * @typedef {object} Proof to be sent with a sensitive call
 * @property {Record<string, string>} headers
 * @property {object} fields members of the body
 */

/**
 * Calls `operation`, and once more with a proof when the server wants one. An account with a second factor is asked once per
 * five minutes, one without gives its password for this operation alone.
 * @template T
 * @param {(proof: Proof) => Promise<T>} operation one or several calls, all with the same proof
 * @returns {Promise<T>}
 * @throws {Cancelled} when the person closes the dialog
 */
export async function withSudo(operation) {
  try {
    return await operation({ headers: tokenHeaders(), fields: {} });
  } catch (error) {
    if (error.code !== "SUDO_MODE_REQUIRED") {
      throw error;
    }

    token = null;
    return await operation(error.details.has_mfa ? await proveFactor() : await provePassword());
  }
}

/** At sign-out, and before somebody else signs in. */
export function forgetSudo() {
  token = null;
}

function tokenHeaders() {
  return token !== null && token.until > Date.now() ? { [tokenHeader]: token.value } : {};
}

function provePassword() {
  return dialog(text("sudo.title"), (finish, cancel) => [
    element("p", {}, text("sudo.password.why")),
    form({
      fields: [{ name: "password", label: text("password"), type: "password", attributes: { autocomplete: "current-password" } }],
      button: text("continue"),
      beside: [cancelButton(cancel)],
      submit: async ({ password }) => {
        await trade({ password });
        finish({ headers: {}, fields: { password } });
      },
    }),
  ]);
}

async function proveFactor() {
  const methods = await call("GET", "/v1/users/@me/sudo/mfa-methods");
  return dialog(text("sudo.title"), (finish, cancel) => {
    const done = () => finish({ headers: tokenHeaders(), fields: {} });
    const place = element("div");
    const ways = [
      ...(methods.webauthn && passkeysWork() ? [["webauthn", () => byPasskey(done, cancel)]] : []),
      ...(methods.totp ? [["totp", () => byCode("totp", done, cancel)]] : []),
      ...(methods.sms ? [["sms", () => bySms(done, cancel)]] : []),
    ];
    const choose = (build) => replace(place, build());
    choose(ways[0]?.[1] ?? (() => element("p", { class: "message error" }, text("sudo.noWay"))));
    return [
      element("p", {}, text("sudo.factor.why")),
      ways.length > 1 && element("div", { class: "choices", role: "group", "aria-label": text("sudo.ways") },
        ways.map(([name, build]) => element("button", {
          type: "button", class: "secondary", on: { click: () => choose(build) },
        }, text(`factor.${name}`)))),
      place,
    ];
  });
}

function byCode(method, done, cancel) {
  return form({
    fields: [{
      name: "mfa_code",
      label: text(`factor.${method}.code`),
      hint: method === "totp" ? text("factor.totp.hint") : undefined,
      attributes: { autocomplete: "one-time-code", maxlength: "32" },
    }],
    button: text("continue"),
    beside: [cancelButton(cancel)],
    submit: async ({ mfa_code }) => {
      await trade({ mfa_method: method, mfa_code });
      done();
    },
  });
}

function bySms(done, cancel) {
  const place = element("div");
  replace(place, form({
    fields: [],
    button: text("factor.sms.send"),
    beside: [cancelButton(cancel)],
    submit: async () => {
      await call("POST", "/v1/users/@me/sudo/mfa/sms/send");
      replace(place, byCode("sms", done, cancel));
      place.querySelector("input").focus();
    },
  }));
  return place;
}

function byPasskey(done, cancel) {
  return form({
    fields: [],
    button: text("factor.webauthn.use"),
    beside: [cancelButton(cancel)],
    submit: async () => {
      const options = await call("POST", "/v1/users/@me/sudo/webauthn/authentication-options");
      await trade({ mfa_method: "webauthn", webauthn_response: await assertion(options), webauthn_challenge: options.challenge });
      done();
    },
  });
}

/**
 * Shows the proof to the server by ending no session at all. So a wrong code is told in the dialog, and the token that an
 * account with a second factor gets in return serves operations that would use up a code without giving one.
 */
async function trade(fields) {
  const { headers } = await request("POST", "/v1/auth/sessions/logout", { body: { session_id_hashes: [], ...fields } });
  const value = headers.get(tokenHeader);
  token = value === null ? null : { value, until: Date.now() + tokenLifetime };
}

function cancelButton(cancel) {
  return element("button", { type: "button", class: "secondary", on: { click: cancel } }, text("cancel"));
}
