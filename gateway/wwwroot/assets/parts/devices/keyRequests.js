// Devices that ask for the group's key, and the comparison that keeps everybody else out.
import { element } from "../../dom.js";
import { ago, moment } from "../../format.js";
import { fingerprint, wrapGroupKey } from "../../keys/groupKey.js";
import { text } from "../../texts.js";
import { dialog } from "../dialog.js";
import { action, form } from "../form.js";
import { notify } from "../notice.js";

export function keyRequestList(state, refresh) {
  const requests = state.requests.filter((request) => request.requestingDeviceId !== state.device?.deviceId);
  return requests.length > 0 && element("section", {},
    element("h3", {}, text("requests.title")),
    element("ul", { class: "cards" }, requests.map((request) => card(request, state, refresh))));
}

function card(request, state, refresh) {
  const name = state.nameOf(request.requestingDeviceId);
  const device = state.devices.find((candidate) => candidate.deviceId === request.requestingDeviceId);
  const owner = device && state.ownerOf(device.userId);
  return element("li", { class: "card" },
    element("div", {},
      element("h4", { class: "card-title" }, name),
      element("p", { class: "hint" },
        owner ? `${owner} · ` : "",
        element("time", { datetime: request.createdAt, title: moment(request.createdAt) }, ago(request.createdAt)))),
    state.canGrant
      ? element("div", { class: "buttons" },
        action({ button: text("requests.approve"), subject: name, style: "primary", submit: () => approve(request, name, state, refresh) }),
        action({ button: text("requests.refuse"), subject: name, submit: async () => { await state.api.reject(request.requestId); await refresh(); } }))
      : element("p", { class: "hint" }, text("requests.cannot")));
}

async function approve(request, name, state, refresh) {
  // What is compared is what the key will be wrapped for: this very text, not another answer of the server.
  const publicKey = request.requestingPublicKey;
  const code = await fingerprint(publicKey);
  await dialog(text("requests.compare.title", { name }), (finish, cancel) => [
    element("p", {}, text("requests.compare.how")),
    element("p", { class: "code", "aria-label": text("fingerprint") }, code),
    form({
      fields: [],
      button: text("requests.compare.same"),
      beside: [element("button", { type: "button", class: "secondary", on: { click: cancel } }, text("requests.compare.different"))],
      submit: async () => {
        await state.api.grant(request.requestId, {
          encryptedGroupKey: await wrapGroupKey(state.groupKey.key, state.mine.privateKey, publicKey),
          grantingDeviceId: state.device.deviceId,
        });
        finish();
      },
    }),
  ]);
  notify(text("requests.approved", { name }));
  await refresh();
}
