// Codes that come by mail: the field for one, and the button for another mail.
import { call } from "../api/http.js";
import { element, replace } from "../dom.js";
import { text } from "../texts.js";
import { action } from "./form.js";

export function codeField() {
  return {
    name: "code", label: text("code.mailed"), hint: text("code.mailed.hint"),
    attributes: { autocomplete: "one-time-code", autocapitalize: "characters", spellcheck: "false", maxlength: "32" },
  };
}

/**
 * @param {string} path of the operation that sends it again
 * @param {string | null} availableAt when the server does it; asked earlier, it answers with the time that is left
 */
export function resendButton(path, ticket, availableAt) {
  const place = element("div");
  const offer = () => replace(place, action({
    button: text("code.resend"),
    submit: async () => {
      await call("POST", path, { body: { ticket } });
      replace(place, element("p", { class: "hint", role: "status" }, text("code.resent")));
    },
  }));
  const wait = availableAt ? new Date(availableAt).getTime() - Date.now() : 0;
  if (wait > 0) {
    replace(place, element("p", { class: "hint" }, text("code.wait")));
    setTimeout(offer, wait);
  } else {
    offer();
  }

  return place;
}
