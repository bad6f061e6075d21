import { updateUser } from "../api/account.js";
import { call } from "../api/http.js";
import { element, replace } from "../dom.js";
import { day } from "../format.js";
import { endSession } from "../session.js";
import { text } from "../texts.js";
import { codeField, resendButton } from "./codes.js";
import { form } from "./form.js";
import { newPasswordField } from "./newPassword.js";
import { notify } from "./notice.js";
import { withSudo } from "./sudo.js";

const byMail = "/v1/users/@me/password-change";

export function passwordSection(user) {
  const place = element("div");
  replace(place, changeForm(user), element("p", {}, element("button", {
    type: "button", class: "link", on: { click: () => forgotten(user, place) },
  }, text("password.forgotten"))));
  return element("section", {},
    element("h2", {}, text("password")),
    element("p", {}, user.password_last_changed_at ? text("password.changed", { day: day(user.password_last_changed_at) }) : text("password.neverChanged")),
    place);
}

function changeForm(user) {
  return form({
    fields: [
      // The name lets a password manager know whose password this is.
      { name: "password", label: text("password.current"), type: "password", attributes: { autocomplete: "current-password", maxlength: "256" } },
      newPasswordField({ name: "new_password", known: () => known(user) }),
    ],
    button: text("password.button"),
    submit: async ({ password, new_password }) => {
      await withSudo(({ headers, fields }) => updateUser({ new_password }, { headers, fields: { ...fields, password } }));
      changed();
    },
  });
}

/** Without the old password: by a code to the account's address. */
async function forgotten(user, place) {
  try {
    const { ticket, resend_available_at } = await call("POST", `${byMail}/start`, { body: {} });
    replace(place, form({
      before: [element("p", {}, text("password.mailed", { email: user.email }))],
      fields: [codeField()],
      button: text("continue"),
      submit: async ({ code }) => {
        const { verification_proof } = await call("POST", `${byMail}/verify`, { body: { ticket, code } });
        replace(place, form({
          fields: [newPasswordField({ name: "new_password", known: () => known(user) })],
          button: text("password.button"),
          submit: async ({ new_password }) => {
            await withSudo(({ headers, fields }) => call("POST", `${byMail}/complete`, {
              headers, body: { ticket, verification_proof, new_password, ...fields },
            }));
            changed();
          },
        }));
        place.querySelector("input").focus();
      },
    }), resendButton(`${byMail}/resend`, ticket, resend_available_at));
    place.querySelector("input").focus();
  } catch (error) {
    const { inWords } = await import("../api/words.js");
    notify(inWords(error), "warning");
  }
}

/** Every session has ended with the old password, this one too. */
function changed() {
  notify(text("password.done"));
  history.replaceState(null, "", "/");
  endSession();
}

function known(user) {
  return [user.username, user.global_name, user.email, "platform"].filter(Boolean);
}
