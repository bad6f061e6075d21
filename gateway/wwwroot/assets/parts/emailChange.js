// Another e-mail address, proven by a code to the old one and a code to the new one (contract identity-auth §8.7).
import { updateUser } from "../api/account.js";
import { call } from "../api/http.js";
import { element, replace } from "../dom.js";
import { reload } from "../router.js";
import { text } from "../texts.js";
import { codeField, resendButton } from "./codes.js";
import { action, form } from "./form.js";
import { notify } from "./notice.js";
import { withSudo } from "./sudo.js";

const base = "/v1/users/@me/email-change";

export function emailChange(user) {
  const place = element("div");
  const show = (...content) => {
    replace(place, content);
    place.querySelector("input")?.focus();
  };

  replace(place,
    element("p", {}, user.email ? text("emailChange.now", { email: user.email }) : text("emailChange.none")),
    action({
      button: user.email ? text("emailChange.button") : text("emailChange.add"),
      submit: async () => {
        const start = await call("POST", `${base}/start`, { body: {} });
        if (start.require_original) {
          proveOld(start, show);
        } else {
          askForNew(start.ticket, start.original_proof, show);
        }
      },
    }));
  return place;
}

function proveOld({ ticket, original_email, resend_available_at }, show) {
  show(
    element("h3", {}, text("emailChange.step", { step: 1, of: 3 })),
    form({
      before: [element("p", {}, text("emailChange.old", { email: original_email }))],
      fields: [codeField()],
      button: text("continue"),
      beside: [cancelButton()],
      submit: async ({ code }) => {
        const { original_proof } = await call("POST", `${base}/verify-original`, { body: { ticket, code } });
        askForNew(ticket, original_proof, show);
      },
    }),
    resendButton(`${base}/resend-original`, ticket, resend_available_at));
}

function askForNew(ticket, original_proof, show) {
  show(
    element("h3", {}, text("emailChange.step", { step: 2, of: 3 })),
    form({
      fields: [{ name: "new_email", label: text("emailChange.new"), type: "email", attributes: { autocomplete: "email", maxlength: "254" } }],
      button: text("continue"),
      beside: [cancelButton()],
      submit: async ({ new_email }) => {
        const asked = await call("POST", `${base}/request-new`, { body: { ticket, new_email, original_proof } });
        proveNew(asked, original_proof, show);
      },
    }));
}

function proveNew({ ticket, new_email, resend_available_at }, original_proof, show) {
  let emailToken = null;
  show(
    element("h3", {}, text("emailChange.step", { step: 3, of: 3 })),
    form({
      before: [element("p", {}, text("emailChange.sent", { email: new_email }))],
      fields: [codeField()],
      button: text("emailChange.finish"),
      beside: [cancelButton()],
      submit: async ({ code }) => {
        // The code is good once. A closed dialog or a wrong password in what follows must not need a new one.
        emailToken ??= (await call("POST", `${base}/verify-new`, { body: { ticket, code, original_proof } })).email_token;
        await withSudo((proof) => updateUser({ email_token: emailToken }, proof));
        notify(text("emailChange.done", { email: new_email }));
        reload();
      },
    }),
    resendButton(`${base}/resend-new`, ticket, resend_available_at));
}

function cancelButton() {
  return element("button", { type: "button", class: "secondary", on: { click: reload } }, text("cancel"));
}
