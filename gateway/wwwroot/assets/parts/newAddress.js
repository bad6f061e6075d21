// The first sign-in from a network address waits until the link in a mail has been approved (contract identity-auth §4).
import { call } from "../api/http.js";
import { inWords } from "../api/words.js";
import { element, replace } from "../dom.js";
import { duration } from "../format.js";
import { beginSession } from "../session.js";
import { text } from "../texts.js";
import { pause } from "../waiting.js";
import { action } from "./form.js";

const pollEvery = 2000;
const errorsInARow = 3;

/** The address that waits is known for 15 minutes. */
const lifetime = 15 * 60_000;

/**
 * @param {{ ticket: string, email: string, resend_available_in: number }} details of the refusal
 * @param {{ leaving: AbortSignal, showStep: (...content: Node[]) => void }} page
 */
export function waitForApproval({ ticket, email, resend_available_in }, { leaving, showStep }) {
  const status = element("p", { role: "status", class: "waiting" }, text("newAddress.waiting"));
  const resend = element("div");
  const startOver = element("p", {}, element("button", {
    type: "button", class: "link", on: { click: async () => (await import("../router.js")).reload() },
  }, text("mfa.startOver")));
  showStep(
    element("h2", { tabindex: "-1" }, text("newAddress.title")),
    element("p", {}, text("newAddress.why", { email })),
    status,
    resend,
    startOver,
  );

  const stop = new AbortController();
  const signal = AbortSignal.any([leaving, stop.signal]);
  void offerResend(resend, ticket, resend_available_in ?? 30, signal);
  void poll(ticket, signal).then((tokens) => {
    stop.abort();
    beginSession(tokens);
  }, (error) => {
    if (!leaving.aborted) {
      stop.abort();
      status.classList.remove("waiting");
      status.className = "message error";
      status.textContent = error.hasField?.("ticket", "INVALID_OR_EXPIRED_AUTHORIZATION_TICKET") || error.name === "TimeoutError"
        ? text("newAddress.expired")
        : inWords(error);
      replace(resend);
    }
  });
}

async function poll(ticket, signal) {
  const end = Date.now() + lifetime;
  let errors = 0;
  for (;;) {
    await pause(pollEvery, signal);
    if (Date.now() > end) {
      throw new DOMException("", "TimeoutError");
    }

    try {
      const answer = await call("GET", `/v1/auth/ip-authorization/poll?ticket=${encodeURIComponent(ticket)}`, { token: null, signal });
      errors = 0;
      if (answer.completed) {
        return answer;
      }
    } catch (error) {
      errors++;
      if (signal.aborted || error.status === 400 || errors === errorsInARow) {
        throw error;
      }
    }
  }
}

/** One more mail can be had, 30 seconds after the first. */
async function offerResend(place, ticket, seconds, signal) {
  try {
    for (let left = seconds; left > 0; left--) {
      replace(place, element("p", { class: "hint" }, text("newAddress.resendIn", { wait: duration(left) })));
      await pause(1000, signal);
    }
  } catch {
    return;
  }

  replace(place, action({
    button: text("newAddress.resend"),
    submit: async () => {
      await call("POST", "/v1/auth/ip-authorization/resend", { body: { ticket }, token: null });
      replace(place, element("p", { class: "message done", role: "status" }, text("newAddress.resent")));
    },
  }));
}
