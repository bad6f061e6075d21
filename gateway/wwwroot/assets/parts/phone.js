// The phone number, and text messages as a second factor (contract identity-auth §8.5).
import { call } from "../api/http.js";
import { element, replace } from "../dom.js";
import { reload } from "../router.js";
import { text } from "../texts.js";
import { confirmed } from "./dialog.js";
import { action, form } from "./form.js";
import { notify } from "./notice.js";
import { withSudo } from "./sudo.js";

const totp = 0;
const sms = 1;

export function phoneSection(user) {
  const place = element("div");
  const smsOn = user.authenticator_types.includes(sms);
  replace(place, user.phone ? [
    element("p", {}, text("phone.now", { phone: user.phone })),
    smsOn
      ? [element("p", { class: "message done" }, text("phone.smsOn")), action({ button: text("phone.smsDisable"), submit: () => change("POST", "mfa/sms/disable", "phone.smsDisabled") })]
      : [
        user.authenticator_types.includes(totp)
          ? action({ button: text("phone.smsEnable"), submit: () => change("POST", "mfa/sms/enable", "phone.smsEnabled") })
          : element("p", { class: "hint" }, text("phone.needsTotp")),
        action({ button: text("phone.remove"), submit: remove }),
      ],
  ] : numberForm(place));
  return element("section", {}, element("h2", {}, text("phone.title")), element("p", {}, text("phone.how")), place);
}

function numberForm(place) {
  return form({
    fields: [{
      name: "phone", label: text("phone.number"), hint: text("phone.number.hint"), type: "tel",
      attributes: { autocomplete: "tel", maxlength: "24" }, code: "PHONE_NUMBER_INVALID_FORMAT",
    }],
    button: text("phone.send"),
    submit: async ({ phone: typed }) => {
      // People write spaces, dashes and brackets; the API wants none (E.164).
      const phone = typed.replace(/[\s()./-]/g, "");
      await call("POST", "/v1/users/@me/phone/send-verification", { body: { phone } });
      replace(place, codeForm(phone));
      place.querySelector("input").focus();
    },
  });
}

function codeForm(phone) {
  let phoneToken = null;
  return form({
    before: [element("p", {}, text("factor.sms.to", { phone }))],
    fields: [{ name: "code", label: text("factor.sms.code"), attributes: { autocomplete: "one-time-code", inputmode: "numeric", maxlength: "32" } }],
    button: text("phone.confirm"),
    beside: [element("button", { type: "button", class: "secondary", on: { click: reload } }, text("cancel"))],
    submit: async ({ code }) => {
      phoneToken ??= (await call("POST", "/v1/users/@me/phone/verify", { body: { phone, code } })).phone_token;
      await withSudo(({ headers, fields }) => call("POST", "/v1/users/@me/phone", { headers, body: { phone_token: phoneToken, ...fields } }));
      notify(text("phone.added"));
      reload();
    },
  });
}

async function remove() {
  if (await confirmed({ title: text("phone.remove"), words: text("phone.remove.sure"), button: text("remove") })) {
    await change("DELETE", "phone", "phone.removed");
  }
}

async function change(method, path, doneKey) {
  await withSudo(({ headers, fields }) => call(method, `/v1/users/@me/${path}`, { headers, body: fields }));
  notify(text(doneKey));
  reload();
}
