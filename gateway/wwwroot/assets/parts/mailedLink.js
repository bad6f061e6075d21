// What the pages behind mailed links have in common: without a token, or with one that is no good, they say so and offer the
// way on.
import { element } from "../dom.js";
import { forgetLinkToken, linkToken } from "../linkToken.js";
import { text } from "../texts.js";

/**
 * @param {{ badCode: string, wayOn: () => (Node | string)[], build: (token: string, fail: (error: Error) => void) => (Node | string)[] }} page
 *   `badCode`: the field code that means "no such token"; `wayOn`: what to do without one
 */
export function mailedLinkPage({ badCode, wayOn, build }) {
  const token = linkToken();
  if (!token) {
    return [element("p", { class: "message warning" }, text("link.missing")), wayOn()];
  }

  const place = element("div");
  const refuse = (error) => {
    if (!error.hasField?.("token", badCode) && !error.hasField?.("token", "STRING_LENGTH_EXACT")) {
      throw error;
    }

    forgetLinkToken();
    const words = element("p", { class: "message error", role: "alert", tabindex: "-1" }, text("link.bad"));
    place.replaceChildren(words, ...wayOn().flat(Infinity));
    words.focus();
  };
  place.append(...build(token, refuse).flat(Infinity));
  return [place];
}

/** The link has done its work. */
export function linkUsed(words, ...next) {
  forgetLinkToken();
  const done = element("p", { class: "message done", role: "status", tabindex: "-1" }, words);
  document.getElementById("main").querySelector("div").replaceChildren(done, ...next.flat(Infinity));
  done.focus();
}
