// Signing in on this device by approving a code on another one, where somebody is signed in already (contract
// identity-auth §6).
import { call } from "../api/http.js";
import { inWords } from "../api/words.js";
import { element, replace } from "../dom.js";
import { action } from "../parts/form.js";
import { duration } from "../format.js";
import { beginSession } from "../session.js";
import { text } from "../texts.js";
import { pause } from "../waiting.js";

const pollEvery = 2000;

export default {
  title: "handOffCode.title",

  show({ leaving }) {
    const place = element("div");
    void begin(place, leaving);
    return [place, element("p", { class: "links" }, element("a", { href: "/" }, text("handOffCode.otherWay")))];
  },
};

async function begin(place, leaving) {
  let code = null;
  leaving.addEventListener("abort", () => code && cancel(code));
  try {
    const handOff = await call("POST", "/v1/auth/handoff/initiate", { token: null, signal: leaving });
    ({ code } = handOff);
    const left = element("p", { class: "hint" });
    replace(place,
      element("ol", {}, ["handOffCode.step.1", "handOffCode.step.2", "handOffCode.step.3"].map((key) => element("li", {}, text(key)))),
      element("p", { class: "code", "aria-label": text("handOffCode.label") }, code),
      element("p", { class: "waiting", role: "status" }, text("handOffCode.waiting")),
      left);
    const tokens = await poll(code, new Date(handOff.expires_at), left, leaving);
    code = null;
    if (tokens === null) {
      ended(place, leaving, text("handOffCode.expired"));
    } else {
      history.replaceState(null, "", "/");
      beginSession(tokens);
    }
  } catch (error) {
    if (!leaving.aborted) {
      ended(place, leaving, inWords(error));
    }
  }
}

async function poll(code, expires, left, leaving) {
  for (;;) {
    // By the server's clock the code may end a little earlier or later; the server has the last word.
    const seconds = Math.max(0, (expires.getTime() - Date.now()) / 1000);
    left.textContent = seconds > 0 ? text("handOffCode.left", { wait: duration(seconds) }) : "";
    await pause(pollEvery, leaving);
    const answer = await call("GET", `/v1/auth/handoff/${code}/status`, { token: null, signal: leaving });
    if (answer.status !== "pending") {
      return answer.status === "completed" ? answer : null;
    }
  }
}

function ended(place, leaving, words) {
  replace(place,
    element("p", { class: "message warning", role: "alert" }, words),
    action({ button: text("handOffCode.another"), style: "primary", submit: () => begin(place, leaving) }));
}

/** Nobody will collect it; left alone it ends by itself. */
function cancel(code) {
  call("DELETE", `/v1/auth/handoff/${code}`, { token: null }).catch(() => {});
}
