import { call } from "../api/http.js";
import { element, replace } from "../dom.js";
import { form } from "../parts/form.js";
import { text } from "../texts.js";

export default {
  title: "forgot.title",

  show() {
    const place = element("div");
    replace(place,
      element("p", {}, text("forgot.how")),
      form({
        fields: [{ name: "email", label: text("email"), type: "email", attributes: { autocomplete: "username", maxlength: "254" } }],
        button: text("forgot.button"),
        submit: async ({ email }) => {
          await call("POST", "/v1/auth/forgot", { body: { email }, token: null });
          // The same words whether or not there is such an account: the server does not say either.
          const done = element("p", { class: "message done", role: "status", tabindex: "-1" }, text("forgot.done", { email }));
          replace(place, done);
          done.focus();
        },
      }));
    return [place, element("p", { class: "links" }, element("a", { href: "/" }, text("backToSignIn")))];
  },
};
