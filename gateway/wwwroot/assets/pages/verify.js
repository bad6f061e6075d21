import { call } from "../api/http.js";
import { element } from "../dom.js";
import { action } from "../parts/form.js";
import { linkUsed, mailedLinkPage } from "../parts/mailedLink.js";
import { notify } from "../parts/notice.js";
import { currentSession } from "../session.js";
import { text } from "../texts.js";

export default {
  title: "verify.title",

  // A button, not the load, confirms: programs that look into mails open links too.
  show: () => mailedLinkPage({
    badCode: "INVALID_OR_EXPIRED_VERIFICATION_TOKEN",
    build: (token, refuse) => [
      element("p", {}, text("verify.how")),
      action({
        button: text("verify.button"),
        style: "primary",
        submit: async () => {
          try {
            await call("POST", "/v1/auth/verify", { body: { token }, token: null });
          } catch (error) {
            return refuse(error);
          }

          linkUsed(text("verify.done"), element("p", {}, element("a", { href: "/" }, text(currentSession() ? "toAccount" : "signIn.title"))));
        },
      }),
    ],
    wayOn: () => currentSession()
      ? [action({
        button: text("verify.resend"),
        submit: async () => {
          await call("POST", "/v1/auth/verify/resend");
          notify(text("verify.resent"));
        },
      })]
      : [element("p", {}, text("verify.signInFirst"), " ", element("a", { href: "/" }, text("signIn.title")))],
  }),
};
