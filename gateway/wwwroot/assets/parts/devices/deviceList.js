// All devices of the group, who is there now, and what an administrator can do.
import { element } from "../../dom.js";
import { ago, moment } from "../../format.js";
import { makeGroupKey, reencrypt, wrapGroupKey } from "../../keys/groupKey.js";
import { text } from "../../texts.js";
import { confirmed } from "../dialog.js";
import { action } from "../form.js";
import { notify } from "../notice.js";

export function deviceList(state, refresh) {
  const { presence, devices, isAdmin } = state;
  const revoked = devices.filter((device) => device.status === "revoked");
  return element("section", {},
    element("h3", {}, text("deviceList.title")),
    element("p", { class: "hint" }, text("deviceList.count", { count: presence.count, max: presence.max, online: presence.onlineCount })),
    presence.devices.length === 0
      ? element("p", {}, text("deviceList.none"))
      : element("ul", { class: "cards" }, presence.devices.map((device) => card(device, state, refresh))),
    isAdmin && element("div", {},
      element("h4", {}, text("rotation.title")),
      element("p", {}, text("rotation.how", { version: state.version.keyVersion })),
      state.canGrant
        ? action({ button: text("rotation.button"), submit: () => rotate(state, refresh) })
        : element("p", { class: "hint" }, text("rotation.cannot"))),
    revoked.length > 0 && element("details", {},
      element("summary", {}, text("deviceList.revoked", { count: revoked.length })),
      element("ul", { class: "cards" }, revoked.map((device) => element("li", { class: "card" },
        element("div", {}, element("h4", { class: "card-title" }, device.deviceName)),
        isAdmin && action({
          button: text("remove"), subject: device.deviceName,
          submit: async () => { await state.api.remove(device.deviceId); await refresh(); },
        }))))));
}

function card(device, state, refresh) {
  const record = state.devices.find((candidate) => candidate.deviceId === device.deviceId);
  const isThis = device.deviceId === state.mine?.deviceId;
  const owner = state.ownerOf(device.userId);
  return element("li", { class: "card" },
    element("div", {},
      element("h4", { class: "card-title" }, device.deviceName, isThis && element("span", { class: "badge" }, text("deviceList.this"))),
      element("p", { class: "hint" },
        element("span", { class: `presence ${device.status}` }, text(`presence.${device.status}`)),
        owner && ` · ${owner}`,
        ` · ${text(`deviceStatus.${record?.status ?? "pending"}`)}`,
        device.lastSeenAt && device.status !== "online" && [" · ", element("time", { datetime: device.lastSeenAt, title: moment(device.lastSeenAt) }, ago(device.lastSeenAt))])),
    state.isAdmin && action({ button: text("revoke.button"), subject: device.deviceName, submit: () => revoke(device, state, refresh) }));
}

async function rotate(state, refresh) {
  if (!(await confirmed({ title: text("rotation.button"), words: text("rotation.sure"), button: text("rotation.button") }))) {
    return;
  }

  const { devicesUpdated } = await state.api.rotate(await newKeyFor(state, activeDevices(state)));
  notify(text("rotation.done", { count: devicesUpdated }));
  await refresh();
}

/** With a new key for the others where this browser can make one; otherwise the revoked device still knows the old one. */
async function revoke(device, state, refresh) {
  const isThis = device.deviceId === state.device?.deviceId;
  const withRotation = state.canGrant && !isThis && state.devices.some((candidate) => candidate.deviceId === device.deviceId && candidate.status === "active");
  const sure = await confirmed({
    title: text("revoke.title", { name: device.deviceName }),
    words: text(isThis ? "revoke.this" : withRotation ? "revoke.rotating" : "revoke.plain"),
    button: text("revoke.button"),
  });
  if (!sure) {
    return;
  }

  const others = activeDevices(state).filter((other) => other.deviceId !== device.deviceId);
  await state.api.revoke(device.deviceId, withRotation ? await newKeyFor(state, others) : {});
  notify(text("revoke.done", { name: device.deviceName }));
  await refresh();
}

function activeDevices(state) {
  return state.devices.filter((device) => device.status === "active");
}

/** A new group key, wrapped for each device, and the group's secrets under it. Somebody else's rotation meanwhile is a conflict. */
async function newKeyFor(state, devices) {
  const { privateKey, publicKey } = state.mine;
  const key = await makeGroupKey();
  const wrapped = await Promise.all(devices.map(async (device) => {
    try {
      return { deviceId: device.deviceId, encryptedGroupKey: await wrapGroupKey(key, privateKey, device.publicKey), senderPublicKey: publicKey };
    } catch {
      // A key of another kind than P-256. Such a device is left out, and asks another one of its kind.
      return null;
    }
  }));
  const deviceKeys = wrapped.filter(Boolean);
  const secrets = await readSecrets(state.api);
  return {
    deviceKeys,
    expectedKeyVersion: state.groupKey.version,
    ...(secrets && { newEncryptedSecrets: await reencrypt(secrets.encryptedPayload, state.groupKey.key, key) }),
  };
}

async function readSecrets(api) {
  try {
    return await api.secrets();
  } catch (error) {
    if (error.status === 404) {
      return null;
    }

    throw error;
  }
}
