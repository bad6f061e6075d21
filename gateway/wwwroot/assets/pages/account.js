// The start for somebody who is signed in: who they are here, and the end of the account.
import { getUser, updateUser } from "../api/account.js";
import { call } from "../api/http.js";
import { element } from "../dom.js";
import { confirmed } from "../parts/dialog.js";
import { emailChange } from "../parts/emailChange.js";
import { action, form } from "../parts/form.js";
import { notify } from "../parts/notice.js";
import { withSudo } from "../parts/sudo.js";
import { reload } from "../router.js";
import { endSession } from "../session.js";
import { text } from "../texts.js";

export default {
  title: "account.title",
  width: "wide",

  async show({ leaving }) {
    const user = await getUser(leaving);
    return [
      summary(user),
      user.email && !user.verified && unverified(),
      element("section", {}, element("h2", {}, text("account.name.title")), nameForm(user)),
      element("section", {}, element("h2", {}, text("account.email.title")), emailChange(user)),
      element("section", { class: "ending" },
        element("h2", {}, text("account.end.title")),
        element("p", {}, text("account.disable.how")),
        action({ button: text("account.disable.button"), submit: () => finish("disable") }),
        element("p", {}, text("account.delete.how")),
        action({ button: text("account.delete.button"), style: "danger", submit: () => finish("delete") })),
    ];
  },
};

function summary(user) {
  const facts = [
    ["account.tag", `${user.username}#${user.discriminator}`],
    ["account.id", user.id],
    ["email", user.email ?? text("account.none")],
    ["account.phone", user.phone ?? text("account.none")],
    ["account.mfa", user.mfa_enabled
      ? user.authenticator_types.map((type) => text(`factor.${["totp", "sms", "webauthn"][type]}`)).join(", ")
      : text("account.mfa.off")],
  ];
  return [
    element("p", { class: "lead" }, text("account.hello", { name: user.global_name ?? user.username })),
    element("dl", { class: "facts" }, facts.map(([key, value]) => element("div", {},
      element("dt", {}, text(key)),
      element("dd", {}, value,
        key === "email" && user.email && element("span", { class: `badge ${user.verified ? "good" : "bad"}` }, text(user.verified ? "account.verified" : "account.unverified")))))),
    !user.mfa_enabled && element("p", { class: "message hint-box" }, text("account.mfa.advice"), " ", element("a", { href: "/security" }, text("section./security"))),
  ];
}

function unverified() {
  return element("div", { class: "message warning" },
    element("p", {}, text("account.verify.why")),
    action({
      button: text("verify.resend"),
      submit: async () => {
        await call("POST", "/v1/auth/verify/resend");
        notify(text("verify.resent"));
      },
    }));
}

function nameForm(user) {
  return form({
    fields: [
      { name: "global_name", label: text("globalName"), hint: text("globalName.hint"), optional: true, value: user.global_name ?? "", attributes: { autocomplete: "name", maxlength: "32" } },
      {
        name: "username", label: text("username"), hint: text("username.hint"), value: user.username, code: "USERNAME_INVALID_CHARACTERS",
        attributes: { autocomplete: "username", maxlength: "32", pattern: "[A-Za-z0-9_]+", autocapitalize: "none", spellcheck: "false" },
      },
    ],
    button: text("save"),
    submit: async ({ global_name, username }) => {
      const changes = { global_name: global_name || null, ...(username !== user.username && { username }) };
      await withSudo((proof) => updateUser(changes, proof));
      notify(text("saved"));
      reload();
    },
  });
}

/** @param {"disable" | "delete"} how */
async function finish(how) {
  if (await confirmed({ title: text(`account.${how}.title`), words: text(`account.${how}.sure`), button: text(`account.${how}.button`) })) {
    await withSudo(({ headers, fields }) => call("POST", `/v1/users/@me/${how}`, { headers, body: fields }));
    notify(text(`account.${how}.done`));
    history.replaceState(null, "", "/");
    endSession();
  }
}
