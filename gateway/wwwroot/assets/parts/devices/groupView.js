// One group: this browser's part in it, requests for the key, the devices and the members, all kept up to date by the group's
// event stream.
import { follow } from "../../api/eventStream.js";
import { element, replace } from "../../dom.js";
import { text } from "../../texts.js";
import { notify } from "../notice.js";
import { inWords } from "../../api/words.js";
import { deviceList } from "./deviceList.js";
import { keyRequestList } from "./keyRequests.js";
import { memberList } from "./members.js";
import { thisBrowser } from "./thisBrowser.js";
import { GroupState } from "./groupState.js";

/** Several events at once lead to one look at the server. */
const lookAfter = 150;

/**
 * @param {GroupApi} api
 * @param {object} user
 * @param {AbortSignal} leaving
 */
export async function groupView(api, user, leaving) {
  const state = new GroupState(api, user, leaving);
  const live = element("p", { class: "hint", role: "status" }, text("devices.connecting"));
  const boxes = { browser: box(), requests: box(), devices: box(), members: box() };
  const refresh = async () => {
    await state.load();
    await boxes.browser.show(state.browserFacts(), () => thisBrowser(state, refresh));
    await boxes.requests.show(state.requestFacts(), () => keyRequestList(state, refresh));
    await boxes.devices.show(state.deviceFacts(), () => deviceList(state, refresh));
    await boxes.members.show(state.memberFacts(), () => memberList(state, refresh));
    followDevice();
  };

  // The stream is this browser's heartbeat too, so it begins anew when this browser becomes a device.
  let following = null;
  let followed;
  function followDevice() {
    const deviceId = state.streamDevice();
    if (followed === deviceId) {
      return;
    }

    followed = deviceId;
    following?.abort();
    following = new AbortController();
    const { signal } = following;
    const look = soon(() => refresh().catch((error) => leaving.aborted || notify(inWords(error), "warning")), leaving);
    follow(api.eventsPath(deviceId), {
      signal: AbortSignal.any([signal, leaving]),
      onState: (connected) => {
        live.textContent = text(connected ? "devices.live" : "devices.reconnecting");
        live.classList.toggle("live", connected);
      },
      onEvent: ({ event }) => event !== "connected" && look(),
    }).catch((error) => {
      if (!signal.aborted && !leaving.aborted) {
        live.textContent = inWords(error);
        // Revoked or removed: the state says which, and the stream goes on without a device.
        followed = undefined;
        look();
      }
    });
  }

  await refresh();
  return element("div", {},
    element("div", { class: "group-head" }, element("h2", {}, api.name), live),
    boxes.browser.node, boxes.requests.node, boxes.devices.node, boxes.members.node);
}

/** A part that is built anew only when what it shows has changed, so that nobody loses the place of the focus or typed text. */
function box() {
  const node = element("div");
  let shown = null;
  return {
    node,
    async show(facts, build) {
      const next = JSON.stringify(facts);
      if (shown !== next) {
        shown = next;
        replace(node, await build());
      }
    },
  };
}

function soon(work, signal) {
  let timer = null;
  signal.addEventListener("abort", () => clearTimeout(timer));
  return () => {
    clearTimeout(timer);
    timer = setTimeout(work, lookAfter);
  };
}
