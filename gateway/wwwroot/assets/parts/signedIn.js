// What follows an answer to a sign-in: a session, or the second factor that it asks for (contract identity-auth §3.5 to §3.8).
import { call } from "../api/http.js";
import { element, replace } from "../dom.js";
import { beginSession } from "../session.js";
import { text } from "../texts.js";
import { assertion, passkeysWork } from "../webauthn.js";
import { form } from "./form.js";
import { notify } from "./notice.js";

/**
 * @param {object} answer a LoginResponse
 * @param {(...content: Node[]) => void} showStep shows the next step in the place of this one
 * @param {() => void} after what to do once there is a session
 */
export function completeSignIn(answer, showStep, after = () => {}) {
  const finish = (tokens) => {
    beginSession(tokens);
    after();
  };
  if (answer.mfa !== true) {
    finish(answer);
    return;
  }

  const place = element("div");
  const ways = answer.allowed_methods.filter((way) => way !== "webauthn" || passkeysWork());
  const choose = (way) => {
    replace(place, stepFor(way, answer, finish, place));
    place.querySelector("input, button")?.focus();
  };
  showStep(
    element("p", {}, text("mfa.why")),
    ways.length === 0 && element("p", { class: "message error" }, text("mfa.noWay")),
    ways.length > 1 && element("div", { class: "choices", role: "group", "aria-label": text("sudo.ways") },
      ways.map((way) => element("button", { type: "button", class: "secondary", on: { click: () => choose(way) } }, text(`factor.${way}`)))),
    place,
    element("p", {}, element("button", { type: "button", class: "link", on: { click: startOver } }, text("mfa.startOver"))),
  );
  if (ways.length > 0) {
    choose(ways[0]);
  }
}

async function startOver() {
  const { reload } = await import("../router.js");
  reload();
}

function stepFor(way, { ticket, sms_phone_hint }, finish, place) {
  switch (way) {
    case "totp":
      return codeForm("totp", ticket, finish);
    case "sms":
      return form({
        before: [element("p", {}, text("factor.sms.to", { phone: sms_phone_hint ?? "" }))],
        fields: [],
        button: text("factor.sms.send"),
        submit: async () => {
          await call("POST", "/v1/auth/login/mfa/sms/send", { body: { ticket }, token: null });
          replace(place, codeForm("sms", ticket, finish));
          place.querySelector("input").focus();
        },
      });
    default:
      return form({
        fields: [],
        button: text("factor.webauthn.use"),
        submit: async () => {
          const options = await call("POST", "/v1/auth/login/mfa/webauthn/authentication-options", { body: { ticket }, token: null });
          const response = await assertion(options);
          finish(await call("POST", "/v1/auth/login/mfa/webauthn", { body: { response, challenge: options.challenge, ticket }, token: null }));
        },
      });
  }
}

function codeForm(way, ticket, finish) {
  return form({
    fields: [{
      name: "code",
      label: text(`factor.${way}.code`),
      hint: way === "totp" ? text("factor.totp.hint") : undefined,
      attributes: { autocomplete: "one-time-code", maxlength: "32" },
    }],
    button: text("signIn.button"),
    submit: async ({ code }) => {
      try {
        finish(await call("POST", `/v1/auth/login/mfa/${way}`, { body: { code, ticket }, token: null }));
      } catch (error) {
        if (!error.hasField?.("code", "SESSION_TIMEOUT")) {
          throw error;
        }

        notify(text("field.SESSION_TIMEOUT"), "warning");
        await startOver();
      }
    },
  });
}
