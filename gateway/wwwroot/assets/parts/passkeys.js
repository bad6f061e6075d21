import { call } from "../api/http.js";
import { element } from "../dom.js";
import { ago, day } from "../format.js";
import { reload } from "../router.js";
import { text } from "../texts.js";
import { attestation, passkeysWork } from "../webauthn.js";
import { confirmed, dialog } from "./dialog.js";
import { action, form } from "./form.js";
import { notify } from "./notice.js";
import { withSudo } from "./sudo.js";

const base = "/v1/users/@me/mfa/webauthn/credentials";

export function passkeySection(passkeys) {
  return element("section", {},
    element("h2", {}, text("passkeys.title")),
    element("p", {}, text("passkeys.how")),
    passkeys.length > 0 && element("ul", { class: "cards" }, passkeys.map(card)),
    passkeysWork()
      ? form({
        fields: [{ name: "name", label: text("passkeys.name"), hint: text("passkeys.name.hint"), attributes: { maxlength: "100", autocomplete: "off" } }],
        button: text("passkeys.add"),
        submit: ({ name }) => add(name),
      })
      : element("p", { class: "message warning" }, text("passkeys.unsupported")));
}

function card(passkey) {
  return element("li", { class: "card" },
    element("div", {},
      element("h3", { class: "card-title" }, passkey.name),
      element("p", { class: "hint" },
        text("passkeys.made", { day: day(passkey.created_at) }),
        " · ",
        passkey.last_used_at ? text("passkeys.used", { when: ago(passkey.last_used_at) }) : text("passkeys.unused"))),
    element("div", { class: "buttons" },
      action({ button: text("rename"), subject: passkey.name, submit: () => rename(passkey) }),
      action({ button: text("remove"), subject: passkey.name, submit: () => remove(passkey) })));
}

/** The same proof serves both calls: the options are for nobody else either. */
async function add(name) {
  await withSudo(async ({ headers, fields }) => {
    const options = await call("POST", `${base}/registration-options`, { headers, body: fields });
    const response = await attestation(options);
    await call("POST", base, { headers, body: { response, challenge: options.challenge, name, ...fields } });
  });
  notify(text("passkeys.added", { name }));
  reload();
}

async function rename({ id, name }) {
  await dialog(text("passkeys.rename"), (finish) => [form({
    fields: [{ name: "name", label: text("passkeys.name"), value: name, attributes: { maxlength: "100", autocomplete: "off" } }],
    button: text("save"),
    submit: async (values) => {
      await withSudo(({ headers, fields }) => call("PATCH", `${base}/${id}`, { headers, body: { ...values, ...fields } }));
      finish();
    },
  })]);
  notify(text("saved"));
  reload();
}

async function remove({ id, name }) {
  if (await confirmed({ title: text("passkeys.remove.title"), words: text("passkeys.remove.sure", { name }), button: text("remove") })) {
    await withSudo(({ headers, fields }) => call("DELETE", `${base}/${id}`, { headers, body: fields }));
    notify(text("passkeys.removed", { name }));
    reload();
  }
}
