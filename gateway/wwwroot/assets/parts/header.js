// What stands above every page: the sections for somebody who is signed in, and the way out.
import { call } from "../api/http.js";
import { element, replace } from "../dom.js";
import { sections } from "../pages.js";
import { currentSession, endSession } from "../session.js";
import { text } from "../texts.js";
import { notify } from "./notice.js";
import { forgetSudo } from "./sudo.js";

export function showHeader(path) {
  const signedIn = currentSession() !== null;
  const navigation = document.getElementById("sections");
  navigation.hidden = !signedIn;
  replace(navigation, signedIn && sections.map((section) =>
    element("a", { href: section, "aria-current": section === path ? "page" : undefined }, text(`section.${section}`))));
  replace(document.getElementById("account"), signedIn
    && element("button", { type: "button", class: "quiet", on: { click: signOut } }, text("signOut")));
}

async function signOut() {
  const session = currentSession();
  forgetSudo();
  history.pushState(null, "", "/");
  endSession();
  try {
    // Always 204; when nobody answers, the token is gone from here at least, and the session runs out by itself.
    await call("POST", "/v1/auth/logout", { token: session?.token ?? null });
  } catch {
    notify(text("signOut.unheard"), "warning");
  }
}
