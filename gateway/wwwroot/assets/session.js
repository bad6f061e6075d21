// The session of the person who uses this browser.
//
// Where the token is kept: in localStorage. That belongs to this origin alone, that is to scheme, host AND port; a cookie that
// script can set would be shared with every other port of the host (the inbox and the dashboard of development among them),
// and the API wants the token in a header, not in a cookie, so that no other site can make this browser use it. Script of
// this origin can read it; the page's policy lets only this server's own files be script. Nothing but the token and the
// user's id is kept, and signing out, here or in another tab, removes it.

const storageKey = "platform.session";
const changes = new EventTarget();

/** @returns {{ token: string, userId: string } | null} */
export function currentSession() {
  try {
    const { token, userId } = JSON.parse(localStorage.getItem(storageKey)) ?? {};
    return typeof token === "string" && typeof userId === "string" ? { token, userId } : null;
  } catch {
    return null;
  }
}

/** @param {{ token: string, user_id: string }} answer a TokenResponse */
export function beginSession(answer) {
  localStorage.setItem(storageKey, JSON.stringify({ token: answer.token, userId: answer.user_id }));
  changes.dispatchEvent(new Event("change"));
}

/**
 * Forgets the session in this browser; ending it at the server is somebody else's business.
 * @param {{ refused?: boolean }} why `refused`: the server does not know the token any more
 */
export function endSession({ refused = false } = {}) {
  if (localStorage.getItem(storageKey) !== null) {
    localStorage.removeItem(storageKey);
    changes.dispatchEvent(new CustomEvent("change", { detail: { refused } }));
  }
}

/**
 * Calls `listener` when the session begins or ends, in this tab or another one.
 * @param {(why: { refused: boolean }) => void} listener
 */
export function onSessionChange(listener) {
  changes.addEventListener("change", (event) => listener({ refused: event.detail?.refused ?? false }));
  addEventListener("storage", (event) => {
    if (event.key === storageKey || event.key === null) {
      listener({ refused: false });
    }
  });
}
