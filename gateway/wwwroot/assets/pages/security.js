// What protects the account: password and second factors.
import { getUser } from "../api/account.js";
import { call } from "../api/http.js";
import { element } from "../dom.js";
import { authenticatorSection } from "../parts/authenticator.js";
import { passkeySection } from "../parts/passkeys.js";
import { passwordSection } from "../parts/password.js";
import { phoneSection } from "../parts/phone.js";
import { text } from "../texts.js";

export default {
  title: "security.title",
  width: "wide",

  async show({ leaving }) {
    const [user, passkeys] = await Promise.all([
      getUser(leaving),
      call("GET", "/v1/users/@me/mfa/webauthn/credentials", { signal: leaving }),
    ]);
    return [
      element("p", { class: "lead" }, user.mfa_enabled ? text("security.mfaOn") : text("security.mfaOff")),
      passwordSection(user),
      passkeySection(passkeys),
      authenticatorSection(user),
      phoneSection(user),
    ];
  },
};
