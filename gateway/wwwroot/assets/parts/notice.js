// One line at the top of the page that says what has just happened. It is a live region: screen readers read it out.
import { element, replace } from "../dom.js";
import { text } from "../texts.js";

/** @param {"done" | "warning"} kind */
export function notify(words, kind = "done") {
  const region = document.getElementById("notice");
  replace(
    region,
    element("div", { class: `message ${kind}` },
      element("span", {}, words),
      element("button", { type: "button", class: "quiet", "aria-label": text("dismiss"), on: { click: clearNotice } }, "×")),
  );
}

export function clearNotice() {
  replace(document.getElementById("notice"));
}
