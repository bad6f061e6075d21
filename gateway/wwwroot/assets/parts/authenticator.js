// An authenticator app (TOTP, RFC 6238) and the backup codes that come with it.
import { call } from "../api/http.js";
import { element, replace } from "../dom.js";
import { toBase32 } from "../encoding.js";
import { qrCode } from "../qrDrawing.js";
import { reload } from "../router.js";
import { text } from "../texts.js";
import { dialog } from "./dialog.js";
import { action, form } from "./form.js";
import { notify } from "./notice.js";
import { withSudo } from "./sudo.js";

/** As long as the digest of the code's hash, as RFC 4226 §4 recommends. */
const secretBytes = 20;

const totp = 0;

export function authenticatorSection(user) {
  const place = element("div");
  if (user.authenticator_types.includes(totp)) {
    replace(place, whenOn());
  } else {
    replace(place, action({ button: text("totp.begin"), submit: async () => showSecret(user, place) }));
  }

  return element("section", {}, element("h2", {}, text("factor.totp")), element("p", {}, text("totp.how")), place);
}

/** The secret is made here; the server learns it together with the proof that the app has it. */
function showSecret(user, place) {
  const secret = toBase32(crypto.getRandomValues(new Uint8Array(secretBytes)));
  const issuer = text("platform");
  const account = user.email ?? user.username;
  const address = `otpauth://totp/${encodeURIComponent(issuer)}:${encodeURIComponent(account)}?secret=${secret}&issuer=${encodeURIComponent(issuer)}`;
  replace(place,
    element("ol", {},
      element("li", {}, text("totp.scan"), qrCode(address, text("totp.qr"))),
      element("li", {},
        text("totp.byHand"),
        element("p", { class: "secret" }, secret.match(/.{1,4}/g).join(" ")),
        element("p", {}, element("a", { href: address }, text("totp.open")))),
      element("li", {}, text("totp.type"))),
    form({
      fields: [{
        name: "code", label: text("factor.totp.code"),
        attributes: { autocomplete: "one-time-code", inputmode: "numeric", maxlength: "6", pattern: "[0-9]{6}" },
        code: "INVALID_CODE",
      }],
      button: text("totp.enable"),
      beside: [element("button", { type: "button", class: "secondary", on: { click: reload } }, text("cancel"))],
      submit: async ({ code }) => {
        const { backup_codes } = await withSudo(({ headers, fields }) => call("POST", "/v1/users/@me/mfa/totp/enable", {
          headers, body: { secret, code, ...fields },
        }));
        await showBackupCodes(backup_codes);
        notify(text("totp.enabled"));
        reload();
      },
    }));
  place.querySelector("input").focus();
}

function whenOn() {
  return [
    element("p", { class: "message done" }, text("totp.on")),
    element("div", { class: "buttons" },
      action({ button: text("backup.show"), submit: () => backupCodes(false) }),
      action({ button: text("backup.renew"), submit: () => backupCodes(true) })),
    element("details", {},
      element("summary", {}, text("totp.disable")),
      element("p", {}, text("totp.disable.how")),
      form({
        fields: [{ name: "code", label: text("factor.totp.code"), hint: text("factor.totp.hint"), attributes: { autocomplete: "one-time-code", maxlength: "32" } }],
        button: text("totp.disable"),
        style: "danger",
        submit: async ({ code }) => {
          // The one code serves as the proof as well (§8.4): a second one would have to wait for half a minute.
          await call("POST", "/v1/users/@me/mfa/totp/disable", { body: { code, mfa_method: "totp", mfa_code: code } });
          notify(text("totp.disabled"));
          reload();
        },
      })),
  ];
}

async function backupCodes(regenerate) {
  const { backup_codes } = await withSudo(({ headers, fields }) => call("POST", "/v1/users/@me/mfa/backup-codes", {
    headers, body: { regenerate, ...fields },
  }));
  await showBackupCodes(backup_codes);
}

/** Until the person says that they are kept. */
async function showBackupCodes(codes) {
  const lines = codes.map(({ code }) => code).join("\n");
  try {
    await dialog(text("backup.title"), (finish) => [
      element("p", {}, text("backup.how")),
      element("ul", { class: "codes" }, codes.map(({ code, consumed }) => element("li", {},
        consumed ? element("s", {}, code) : code,
        consumed && element("span", { class: "hidden" }, ` ${text("backup.used")}`)))),
      element("div", { class: "buttons" },
        element("button", { type: "button", on: { click: () => finish() } }, text("backup.kept")),
        action({
          button: text("copy"),
          submit: async () => {
            await navigator.clipboard.writeText(lines);
            notify(text("copied"));
          },
        }),
        element("a", { class: "button secondary", download: "platform-backup-codes.txt", href: URL.createObjectURL(new Blob([`${lines}\n`], { type: "text/plain" })) }, text("download"))),
    ]);
  } catch {
    // Closed: they can be shown again.
  }
}
