import { call } from "../api/http.js";
import { element } from "../dom.js";
import { forgetLinkToken } from "../linkToken.js";
import { form } from "../parts/form.js";
import { mailedLinkPage } from "../parts/mailedLink.js";
import { newPasswordField } from "../parts/newPassword.js";
import { notify } from "../parts/notice.js";
import { go } from "../router.js";
import { beginSession } from "../session.js";
import { text } from "../texts.js";

export default {
  title: "wasntMe.title",

  show: () => mailedLinkPage({
    badCode: "INVALID_OR_EXPIRED_REVERT_TOKEN",
    build: (token, refuse) => [
      element("p", {}, text("wasntMe.how")),
      element("ul", {}, ["wasntMe.effect.email", "wasntMe.effect.sessions", "wasntMe.effect.factors"].map((key) => element("li", {}, text(key)))),
      form({
        fields: [newPasswordField()],
        button: text("wasntMe.button"),
        submit: async ({ password }) => {
          let answer;
          try {
            answer = await call("POST", "/v1/auth/email-revert", { body: { token, password }, token: null });
          } catch (error) {
            return refuse(error);
          }

          forgetLinkToken();
          beginSession(answer);
          go("/", { instead: true });
          notify(text("wasntMe.done"));
        },
      }),
    ],
    wayOn: () => [element("p", {}, text("wasntMe.late"), " ", element("a", { href: "/forgot" }, text("signIn.forgot")))],
  }),
};
