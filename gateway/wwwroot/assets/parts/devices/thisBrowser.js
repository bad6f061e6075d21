// This browser as a device: enrolled with a key of its own, and on its way to the group's key.
import { element } from "../../dom.js";
import { fingerprint, makeDeviceKey, makeGroupKey, wrapGroupKey } from "../../keys/groupKey.js";
import { text } from "../../texts.js";
import { action, form } from "../form.js";
import { notify } from "../notice.js";

export async function thisBrowser(state, refresh) {
  return element("section", {}, element("h3", {}, text("browser.title")), await content(state, refresh));
}

async function content(state, refresh) {
  if (!state.isMember) {
    return element("p", { class: "hint" }, text("browser.notMember"));
  }

  if (state.device === null) {
    return enrolment(state, refresh);
  }

  switch (state.device.status) {
    case "revoked":
      return [
        element("p", { class: "message warning" }, text("browser.revoked")),
        action({ button: text("browser.again"), submit: async () => { await state.forget(); await refresh(); } }),
      ];
    case "active":
      return state.groupKey
        ? element("p", { class: "message done" }, text("browser.active", { name: state.device.deviceName, version: state.groupKey.version }))
        : [element("p", { class: "message warning" }, text("browser.leftOut")), await asking(state, refresh)];
    default:
      return [element("p", {}, text("browser.pending", { name: state.device.deviceName })), await asking(state, refresh)];
  }
}

function enrolment(state, refresh) {
  return form({
    before: [element("p", {}, text("browser.how"))],
    fields: [{ name: "deviceName", label: text("browser.name"), value: suggestedName(), attributes: { maxlength: "100", autocomplete: "off" } }],
    button: text("browser.enrol"),
    submit: async ({ deviceName }) => {
      // The key is kept before it is registered: an answer that is lost can then be asked for again.
      const mine = state.mine?.deviceId ? await makeDeviceKey() : state.mine ?? await makeDeviceKey();
      await state.keep({ privateKey: mine.privateKey, publicKey: mine.publicKey });
      const device = await state.api.register({ deviceName, deviceType: "web", publicKey: mine.publicKey });
      await state.keep({ ...state.mine, deviceId: device.deviceId });
      await begin(state, device);
      await refresh();
    },
  });
}

/** The first device makes the group's key; every other one asks a device that has it. */
async function begin(state, device) {
  const { keyReady } = await state.api.keyStatus();
  if (!keyReady) {
    try {
      const { privateKey, publicKey } = state.mine;
      const encryptedGroupKey = await wrapGroupKey(await makeGroupKey(), privateKey, publicKey);
      await state.api.activate(device.deviceId, { encryptedGroupKey, senderPublicKey: publicKey });
      notify(text("browser.first"));
      return;
    } catch (error) {
      // Another device was first, a moment ago.
      if (error.code !== "KEY_GRANT_REQUIRED") {
        throw error;
      }
    }
  }

  await state.api.requestKey(device.deviceId);
}

async function asking(state, refresh) {
  const request = state.ownRequest;
  if (request === null) {
    return action({
      button: text("browser.ask"),
      style: "primary",
      submit: async () => {
        await begin(state, state.device);
        await refresh();
      },
    });
  }

  return [
    element("p", { class: "waiting", role: "status" }, text("browser.waiting")),
    // Of the key in this browser, not of what the server says that it is.
    element("p", { class: "code", "aria-label": text("fingerprint") }, await fingerprint(state.mine.publicKey)),
    element("p", { class: "hint" }, text("browser.compare")),
    action({ button: text("browser.stopAsking"), submit: async () => { await state.api.reject(request.requestId); await refresh(); } }),
  ];
}

/** "Firefox on Linux", as far as the browser says. */
function suggestedName() {
  const agent = navigator.userAgent;
  const browser = /Firefox/.test(agent) ? "Firefox" : /Edg\//.test(agent) ? "Edge" : /Chrome/.test(agent) ? "Chrome" : /Safari/.test(agent) ? "Safari" : text("browser.some");
  const system = /Android/.test(agent) ? "Android" : /iPhone|iPad/.test(agent) ? "iOS" : /Windows/.test(agent) ? "Windows" : /Mac OS/.test(agent) ? "macOS" : /Linux/.test(agent) ? "Linux" : "";
  return system ? text("browser.on", { browser, system }) : browser;
}
