import { call } from "../api/http.js";
import { element } from "../dom.js";
import { action } from "../parts/form.js";
import { linkUsed, mailedLinkPage } from "../parts/mailedLink.js";
import { text } from "../texts.js";

export default {
  title: "authorizeIp.title",

  // Never on load: whoever sees the mail first, a program or a person, must not let a stranger in by opening it.
  show: () => mailedLinkPage({
    badCode: "INVALID_OR_EXPIRED_AUTHORIZATION_TOKEN",
    build: (token, refuse) => [
      element("p", {}, text("authorizeIp.how")),
      element("p", { class: "message warning" }, text("authorizeIp.warning")),
      action({
        button: text("authorizeIp.button"),
        style: "primary",
        submit: async () => {
          try {
            await call("POST", "/v1/auth/authorize-ip", { body: { token }, token: null });
          } catch (error) {
            return refuse(error);
          }

          linkUsed(text("authorizeIp.done"));
        },
      }),
    ],
    wayOn: () => [element("p", {}, text("authorizeIp.again"), " ", element("a", { href: "/" }, text("signIn.title")))],
  }),
};
