import { call } from "../api/http.js";
import { element, replace } from "../dom.js";
import { forgetLinkToken } from "../linkToken.js";
import { form } from "../parts/form.js";
import { mailedLinkPage } from "../parts/mailedLink.js";
import { newPasswordField } from "../parts/newPassword.js";
import { notify } from "../parts/notice.js";
import { completeSignIn } from "../parts/signedIn.js";
import { go } from "../router.js";
import { text } from "../texts.js";

export default {
  title: "reset.title",

  show: () => mailedLinkPage({
    badCode: "INVALID_OR_EXPIRED_RESET_TOKEN",
    build: (token, refuse) => {
      const place = element("div");
      replace(place,
        element("p", {}, text("reset.how")),
        form({
          fields: [newPasswordField()],
          button: text("reset.button"),
          submit: async ({ password }) => {
            let answer;
            try {
              answer = await call("POST", "/v1/auth/reset", { body: { token, password }, token: null });
            } catch (error) {
              return refuse(error);
            }

            forgetLinkToken();
            notify(text("reset.done"));
            // With a second factor the new password alone signs nobody in.
            completeSignIn(answer, (...content) => replace(place, content), () => {
              go("/", { instead: true });
              notify(text("reset.done"));
            });
          },
        }));
      return [place];
    },
    wayOn: () => [element("p", {}, element("a", { href: "/forgot" }, text("reset.again")))],
  }),
};
