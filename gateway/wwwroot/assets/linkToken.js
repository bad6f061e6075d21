// The token of a mailed link stands in the fragment, which no server sees (contract identity-auth §1.12). It is read once, kept
// in memory only, and taken out of the address bar and the history entry before anybody can look at, copy or bookmark it.

let token = new URLSearchParams(location.hash.slice(1)).get("token");
if (token !== null) {
  history.replaceState(null, "", location.pathname + location.search);
}

// The same link opened again in a tab that already shows the page changes the fragment only.
addEventListener("hashchange", () => {
  const next = new URLSearchParams(location.hash.slice(1)).get("token");
  if (next !== null) {
    token = next;
    history.replaceState(null, "", location.pathname + location.search);
    dispatchEvent(new Event("linkopened"));
  }
});

/** @returns {string | null} the token of the link that led here */
export function linkToken() {
  return token;
}

/** The token has been used, or is no good: going back must not offer it again. */
export function forgetLinkToken() {
  token = null;
}
