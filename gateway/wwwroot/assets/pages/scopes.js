// Signed facts: an e-mail address that the issuer signs for a key in this browser, for anybody to verify without asking us.
import { confirmJob, dropJob, issuer, issuerKeys, openJob, readJob, registerKey, revokeKey } from "../api/scopes.js";
import { element, replace } from "../dom.js";
import { day } from "../format.js";
import { dropKey, keepKey, readKey } from "../keys/keyStore.js";
import { makeSigningKey, selfSigned, verifyScopeToken } from "../keys/signingKey.js";
import { dialog } from "../parts/dialog.js";
import { action, form } from "../parts/form.js";
import { notify } from "../parts/notice.js";
import { reload } from "../router.js";
import { currentSession } from "../session.js";
import { text } from "../texts.js";
import { pause } from "../waiting.js";

const pollEvery = 2000;

export default {
  title: "scopes.title",
  width: "wide",

  async show({ leaving }) {
    const mine = await readKey(keyName());
    return [
      element("p", {}, text("scopes.how")),
      mine?.registered ? await withKey(mine, leaving) : withoutKey(mine),
    ];
  },
};

function withoutKey(mine) {
  return action({
    button: text("scopes.make"),
    style: "primary",
    submit: async () => {
      // Kept before it is registered: what is registered and lost can never be used again.
      const key = mine ?? await makeSigningKey();
      if (key === null) {
        notify(text("scopes.unsupported"), "warning");
        return;
      }

      await keepKey(keyName(), { ...key, registered: false, tokens: [] });
      const secret = await register(key);
      await keepKey(keyName(), { ...key, registered: true, tokens: [] });
      if (secret) {
        await showSecret(secret);
      }

      reload();
    },
  });
}

/** @returns {Promise<string | null>} the revocation secret; null when an earlier answer got lost and it was shown to nobody */
async function register(key) {
  try {
    return (await registerKey(await selfSigned(key))).secret;
  } catch (error) {
    if (error.code === "duplicate-key") {
      return null;
    }

    throw error;
  }
}

async function showSecret(secret) {
  try {
    await dialog(text("scopes.secret.title"), (finish) => [
      element("p", {}, text("scopes.secret.how")),
      element("p", { class: "secret" }, secret),
      element("div", { class: "buttons" }, element("button", { type: "button", on: { click: () => finish() } }, text("scopes.secret.kept"))),
    ]);
  } catch {
    // Closed; it is not shown again, and the text has said so.
  }
}

async function withKey(mine, leaving) {
  const place = element("div");
  replace(place, requestForm(mine, place, leaving));
  return [
    element("dl", { class: "facts" }, element("div", {}, element("dt", {}, text("scopes.key")), element("dd", { class: "secret" }, mine.id))),
    element("section", {}, element("h2", {}, text("scopes.signed")), await signedList(mine, leaving)),
    element("section", {}, element("h2", {}, text("scopes.request.title")), place),
    element("section", {},
      element("h2", {}, text("scopes.revoke.title")),
      element("p", {}, text("scopes.revoke.how")),
      form({
        fields: [{ name: "secret", label: text("scopes.revoke.secret"), attributes: { autocomplete: "off", maxlength: "64" } }],
        button: text("scopes.revoke.button"),
        style: "danger",
        submit: async ({ secret }) => {
          await revokeKey(mine.id, secret);
          await dropKey(keyName());
          notify(text("scopes.revoke.done"));
          reload();
        },
      })),
  ];
}

async function signedList(mine, leaving) {
  if (mine.tokens.length === 0) {
    return element("p", {}, text("scopes.none"));
  }

  const { keys } = await issuerKeys(leaving);
  return element("ul", { class: "cards" }, await Promise.all(mine.tokens.map((token) => signedCard(token, mine, keys))));
}

/** Shows what the signature vouches for, after looking at the signature. */
async function signedCard(token, mine, keys) {
  let claims;
  try {
    claims = await verifyScopeToken(token, { keys, issuer, subject: mine.id });
  } catch {
    return element("li", { class: "card" },
      element("p", { class: "message error" }, text("scopes.bad")),
      action({ button: text("remove"), submit: () => forget(mine, token) }));
  }

  return element("li", { class: "card" },
    element("div", {},
      element("h3", { class: "card-title" }, claims.email, element("span", { class: "badge good" }, text("scopes.verified"))),
      element("p", { class: "hint" }, text("scopes.facts", { issuer: claims.iss, from: day(claims.iat * 1000), until: day(claims.exp * 1000) })),
      element("details", {}, element("summary", {}, text("scopes.content")),
        element("pre", { tabindex: "0" }, JSON.stringify(claims, null, 2)),
        element("p", { class: "secret token", tabindex: "0" }, token))),
    element("div", { class: "buttons" },
      action({ button: text("copy"), subject: claims.email, submit: async () => { await navigator.clipboard.writeText(token); notify(text("copied")); } }),
      action({ button: text("remove"), subject: claims.email, submit: () => forget(mine, token) })));
}

async function forget(mine, token) {
  await keepKey(keyName(), { ...mine, tokens: mine.tokens.filter((kept) => kept !== token) });
  reload();
}

function requestForm(mine, place, leaving) {
  return form({
    fields: [{ name: "email", label: text("email"), type: "email", attributes: { autocomplete: "email", maxlength: "254" } }],
    button: text("scopes.request.button"),
    submit: async ({ email }) => {
      const { job } = await openJob(await selfSigned(mine, { scope: "email", email }));
      confirmation(mine, job, email, place, leaving);
    },
  });
}

/** By the code here, or by the link in the mail anywhere: whichever comes first, the signed token follows. */
function confirmation(mine, job, email, place, leaving) {
  const status = element("p", { class: "waiting", role: "status" }, text("scopes.waiting"));
  replace(place,
    form({
      before: [element("p", {}, text("scopes.sent", { email }))],
      fields: [{ name: "code", label: text("code.mailed"), attributes: { autocomplete: "one-time-code", inputmode: "numeric", maxlength: "6", pattern: "[0-9]{6}" }, code: "INVALID_CODE" }],
      button: text("scopes.confirm"),
      beside: [element("button", { type: "button", class: "secondary", on: { click: async () => { await dropJob(job).catch(() => {}); reload(); } } }, text("cancel"))],
      submit: async ({ code }) => {
        await confirmJob(job, code);
        status.textContent = text("scopes.signing");
      },
    }),
    status);
  place.querySelector("input").focus();
  void collect(mine, job, leaving).catch((error) => {
    if (!leaving.aborted) {
      replace(place,
        element("p", { class: "message warning", role: "alert" }, text(error.code === "unknown-job" ? "scopes.expired" : "error.NO_CONNECTION")),
        requestForm(mine, place, leaving));
    }
  });
}

async function collect(mine, job, leaving) {
  for (;;) {
    await pause(pollEvery, leaving);
    const answer = await readJob(job, leaving);
    if (answer) {
      await keepKey(keyName(), { ...mine, tokens: [...mine.tokens, answer.jwt] });
      notify(text("scopes.done"));
      reload();
      return;
    }
  }
}

function keyName() {
  return `signing/${currentSession()?.userId}`;
}
