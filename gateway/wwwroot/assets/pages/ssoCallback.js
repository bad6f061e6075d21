// Where the sign-in provider sends people back to (contract identity-auth §7.3).
import { call } from "../api/http.js";
import { inWords } from "../api/words.js";
import { element } from "../dom.js";
import { go } from "../router.js";
import { beginSession } from "../session.js";
import { text } from "../texts.js";

export default {
  title: "sso.title",

  async show({ leaving }) {
    const answer = new URLSearchParams(location.search);
    // The code is good for one use; neither a reload nor a step back shall offer it again.
    history.replaceState(null, "", location.pathname);
    const code = answer.get("code");
    const state = answer.get("state");
    if (!code || !state) {
      return refused(answer.has("error") ? text("sso.refused") : text("link.missing"));
    }

    try {
      const tokens = await call("POST", "/v1/auth/sso/complete", { body: { code, state }, token: null, signal: leaving });
      beginSession(tokens);
      // The server keeps only paths of this site.
      go(tokens.redirect_to || "/", { instead: true });
      return [];
    } catch (error) {
      return refused(error.hasField?.("state", "INVALID_FORMAT") || error.hasField?.("code", "INVALID_FORMAT") ? text("sso.expired") : inWords(error));
    }
  },
};

function refused(words) {
  return [
    element("p", { class: "message error", role: "alert" }, words),
    element("p", {}, element("a", { href: "/" }, text("backToSignIn"))),
  ];
}
