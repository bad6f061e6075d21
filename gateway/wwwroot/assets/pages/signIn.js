// Signing in: password, passkey, single sign-on, or a code for another device to approve.
import { call } from "../api/http.js";
import { element, replace } from "../dom.js";
import { completeSignIn } from "../parts/signedIn.js";
import { form } from "../parts/form.js";
import { notify } from "../parts/notice.js";
import { waitForApproval } from "../parts/newAddress.js";
import { beginSession } from "../session.js";
import { text } from "../texts.js";
import { assertion, passkeyAutofillWorks, passkeysWork } from "../webauthn.js";

/** The server keeps a challenge for 5 minutes; a page may stay open for longer. */
const challengeLifetime = 4 * 60_000;

export default {
  title: "signIn.title",

  async show({ leaving }) {
    const sso = await ssoStatus();
    const place = element("div");
    const showStep = (...content) => {
      replace(place, content);
      place.querySelector("[tabindex], input, button")?.focus();
    };

    const autofill = new AbortController();
    leaving.addEventListener("abort", () => autofill.abort());
    if (!sso.enforced && (await passkeyAutofillWorks())) {
      void offerPasskeys(autofill.signal);
    }

    replace(place, [
      !sso.enforced && passwordForm({ leaving, showStep, stopAutofill: () => autofill.abort() }),
      element("div", { class: "alternatives" },
        !sso.enforced && passkeysWork() && passkeyForm(() => autofill.abort()),
        sso.enabled && ssoForm(sso.display_name),
        sso.enforced && !sso.enabled && element("p", { role: "alert" }, text("signIn.sso.away"))),
      element("ul", { class: "plain links" },
        !sso.enforced && element("li", {}, element("a", { href: "/forgot" }, text("signIn.forgot"))),
        element("li", {}, element("a", { href: "/hand-off-code" }, text("signIn.handOff"))),
        !sso.enforced && element("li", {}, text("signIn.new"), " ", element("a", { href: "/sign-up" }, text("signIn.signUp")))),
    ]);
    return place;
  },
};

function passwordForm({ leaving, showStep, stopAutofill }) {
  return form({
    fields: [
      { name: "email", label: text("email"), type: "email", attributes: { autocomplete: "username webauthn", maxlength: "254" } },
      { name: "password", label: text("password"), type: "password", attributes: { autocomplete: "current-password", maxlength: "256" } },
    ],
    button: text("signIn.button"),
    submit: async ({ email, password }) => {
      try {
        const answer = await call("POST", "/v1/auth/login", { body: { email, password }, token: null });
        stopAutofill();
        completeSignIn(answer, showStep);
      } catch (error) {
        if (error.code !== "IP_AUTHORIZATION_REQUIRED") {
          throw error;
        }

        stopAutofill();
        waitForApproval(error.details, { leaving, showStep });
      }
    },
  });
}

function passkeyForm(stopAutofill) {
  return form({
    fields: [],
    button: text("signIn.passkey"),
    style: "secondary",
    submit: async () => {
      // A browser has one ceremony at a time.
      stopAutofill();
      const options = await call("POST", "/v1/auth/webauthn/authentication-options", { token: null });
      await finishPasskey(options, await assertion(options));
    },
  });
}

/** Offers this browser's passkeys in the list under the e-mail field, for as long as the page is shown. */
async function offerPasskeys(signal) {
  while (!signal.aborted) {
    try {
      const options = await call("POST", "/v1/auth/webauthn/authentication-options", { token: null, signal });
      const renewed = AbortSignal.any([signal, AbortSignal.timeout(challengeLifetime)]);
      const response = await assertion(options, { mediation: "conditional", signal: renewed });
      await finishPasskey(options, response);
      return;
    } catch (error) {
      // Without an answer, or without a passkey: the form and the button are still there. A challenge that ran out is renewed.
      if (error.name !== "TimeoutError") {
        if (error.code === "PASSKEY_AUTHENTICATION_FAILED") {
          notify(text("error.PASSKEY_AUTHENTICATION_FAILED"), "warning");
        }

        return;
      }
    }
  }
}

async function finishPasskey(options, response) {
  beginSession(await call("POST", "/v1/auth/webauthn/authenticate", { body: { response, challenge: options.challenge }, token: null }));
}

function ssoForm(name) {
  return form({
    fields: [],
    button: text("signIn.sso", { name: name ?? text("signIn.sso.unnamed") }),
    style: "secondary",
    submit: async () => {
      const { authorization_url } = await call("POST", "/v1/auth/sso/start", { body: { redirect_to: location.pathname }, token: null });
      location.assign(authorization_url);
    },
  });
}

/** Whether there is single sign-on; when nobody can say, the other ways are offered, and say themselves what is wrong. */
async function ssoStatus() {
  try {
    return await call("GET", "/v1/auth/sso/status", { token: null });
  } catch {
    return { enabled: false, enforced: false };
  }
}
