// Approving a code that another device shows.
import { call } from "../api/http.js";
import { element, replace } from "../dom.js";
import { form } from "../parts/form.js";
import { currentSession } from "../session.js";
import { text } from "../texts.js";

export default {
  title: "handOff.title",

  show() {
    const place = element("div");
    const begin = () => replace(place,
      element("p", {}, text("handOff.how")),
      element("p", { class: "message warning" }, text("handOff.warning")),
      form({
        fields: [{
          name: "code", label: text("handOff.code"), hint: text("handOff.code.hint"),
          attributes: { autocomplete: "off", autocapitalize: "characters", spellcheck: "false", maxlength: "12" },
        }],
        button: text("handOff.button"),
        submit: async ({ code }) => {
          const { token, userId } = currentSession();
          await call("POST", "/v1/auth/handoff/complete", { body: { code, token, user_id: userId }, token: null });
          const done = element("p", { class: "message done", role: "status", tabindex: "-1" }, text("handOff.done"));
          replace(place,
            done,
            element("p", {}, element("a", { href: "/sessions" }, text("handOff.sessions"))),
            element("button", { type: "button", class: "secondary", on: { click: begin } }, text("handOff.another")));
          done.focus();
        },
      }));
    begin();
    return place;
  },
};
