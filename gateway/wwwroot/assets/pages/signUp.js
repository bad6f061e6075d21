import { call } from "../api/http.js";
import { element, replace } from "../dom.js";
import { form } from "../parts/form.js";
import { newPasswordField } from "../parts/newPassword.js";
import { notify } from "../parts/notice.js";
import { beginSession } from "../session.js";
import { text } from "../texts.js";

export default {
  title: "signUp.title",

  show() {
    const inputs = {};
    const remember = (name) => (input) => {
      inputs[name] = input;
      return "";
    };
    const suggestion = element("div", { role: "status" });
    const known = () => [inputs.name?.value, inputs.username?.value, inputs.email?.value, "platform"].filter(Boolean);
    return [
      form({
        fields: [
          { name: "email", label: text("email"), type: "email", attributes: { autocomplete: "email", maxlength: "254" }, below: remember("email") },
          {
            name: "global_name", label: text("globalName"), hint: text("globalName.hint"), optional: true,
            attributes: { autocomplete: "name", maxlength: "32" },
            below: (input) => {
              inputs.name = input;
              input.addEventListener("change", () => suggest(input.value.trim(), inputs.username, suggestion));
              return "";
            },
          },
          {
            name: "username", label: text("username"), hint: text("username.hint"), optional: true,
            attributes: { autocomplete: "username", maxlength: "32", pattern: "[A-Za-z0-9_]+", autocapitalize: "none", spellcheck: "false" },
            code: "USERNAME_INVALID_CHARACTERS",
            below: (input) => {
              inputs.username = input;
              return suggestion;
            },
          },
          newPasswordField({ label: text("password"), known }),
          {
            name: "date_of_birth", label: text("dateOfBirth"), hint: text("dateOfBirth.hint"), type: "date",
            code: "INVALID_DATE_OF_BIRTH_FORMAT",
            attributes: { autocomplete: "bday", min: "1900-01-01", max: new Date().toISOString().slice(0, 10) },
          },
          { name: "consent", label: text("consent"), type: "checkbox" },
        ],
        button: text("signUp.button"),
        submit: async ({ username, global_name, ...values }) => {
          const answer = await call("POST", "/v1/auth/register", {
            // A member that is present must not be empty.
            body: { ...values, ...(username && { username }), ...(global_name && { global_name }) },
            token: null,
          });
          history.replaceState(null, "", "/");
          beginSession(answer);
          notify(text("signUp.done", { email: values.email }));
        },
      }),
      element("p", { class: "links" }, text("signUp.known"), " ", element("a", { href: "/" }, text("signIn.title"))),
    ];
  },
};

/** A suggestion is a help; without one the server makes a name by itself. */
async function suggest(name, username, place) {
  replace(place);
  if (name === "" || username.value !== "") {
    return;
  }

  try {
    const { suggestions } = await call("POST", "/v1/auth/username-suggestions", { body: { global_name: name }, token: null });
    const [first] = suggestions;
    if (first !== undefined && username.value === "") {
      replace(place, element("p", { class: "hint" }, text("username.suggestion"), " ", element("button", {
        type: "button", class: "link", on: {
          click: () => {
            username.value = first;
            replace(place);
            username.focus();
          },
        },
      }, first)));
    }
  } catch {
    // Said when the form is sent, if it matters then.
  }
}
