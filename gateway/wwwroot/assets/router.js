// Shows the page that the address names. Every way to another page ends here: links, the browser's back and forward, code.
import { element, replace } from "./dom.js";
import { inWords } from "./api/words.js";
import { ApiError } from "./api/http.js";
import { showHeader } from "./parts/header.js";
import { clearNotice, notify } from "./parts/notice.js";
import { pages } from "./pages.js";
import { currentSession, onSessionChange } from "./session.js";
import { text } from "./texts.js";

/** A page that comes sooner needs no sign that it is coming. */
const loadingAfter = 250;

let leaving = new AbortController();

/** Shows the first page and listens from then on. */
export function start() {
  document.addEventListener("click", followLink);
  addEventListener("popstate", () => {
    clearNotice();
    void show({ focus: true });
  });
  addEventListener("linkopened", () => void show({ focus: true }));
  onSessionChange(({ refused }) => {
    if (refused) {
      notify(text("session.refused"), "warning");
    } else if (currentSession()) {
      // What was said before signing in has been seen to.
      clearNotice();
    }

    if (pageFor(location.pathname).depends) {
      void show({ focus: true });
    } else {
      showHeader(location.pathname);
    }
  });
  void show({ focus: false });
}

/** @param {string} path an address of pages.js, with a query where it has one */
export function go(path, { instead = false } = {}) {
  history[instead ? "replaceState" : "pushState"](null, "", path);
  void show({ focus: true });
}

/** Shows the current page anew, after something in it has changed. */
export function reload() {
  void show({ focus: true });
}

async function show({ focus }) {
  leaving.abort();
  leaving = new AbortController();
  const { signal } = leaving;
  const main = document.getElementById("main");
  const { load, instead } = pageFor(location.pathname);
  if (instead) {
    history.replaceState(null, "", instead);
    return show({ focus });
  }

  showHeader(location.pathname);
  const timer = setTimeout(() => replace(main, element("p", { class: "loading", role: "status" }, text("loading"))), loadingAfter);
  try {
    const { default: page } = await load();
    const content = await page.show({ leaving: signal });
    if (!signal.aborted) {
      clearTimeout(timer);
      present(main, text(page.title), content, page.width);
      if (focus) {
        main.querySelector("h1").focus();
        scrollTo(0, 0);
      }
    }
  } catch (error) {
    if (!signal.aborted) {
      clearTimeout(timer);
      present(main, text("error.title"), failure(error));
    }
  } finally {
    clearTimeout(timer);
  }
}

function present(main, title, content, width = "narrow") {
  document.title = `${title} – ${text("platform")}`;
  main.className = width;
  replace(main, element("h1", { tabindex: "-1" }, title), content);
}

function failure(error) {
  if (!(error instanceof ApiError)) {
    console.error(error);
  }

  return [
    element("p", { class: "message error", role: "alert" }, inWords(error)),
    element("button", { type: "button", on: { click: reload } }, text("again")),
  ];
}

/** @returns {{ load?: () => Promise<any>, instead?: string, depends: boolean }} */
function pageFor(path) {
  const page = pages[path.length > 1 ? path.toLowerCase().replace(/\/$/, "") : path];
  if (page === undefined) {
    return { load: () => import("./pages/notFound.js"), depends: false };
  }

  if (page.anyone) {
    return { load: page.anyone, depends: false };
  }

  return currentSession()
    ? { load: page.signedIn, instead: page.signedIn ? undefined : "/", depends: true }
    : { load: page.signedOut, depends: true };
}

function followLink(event) {
  const link = event.target instanceof Element ? event.target.closest("a[href]") : null;
  if (!link || event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) {
    return;
  }

  const url = new URL(link.href);
  if (url.origin === location.origin && url.pathname in pages && link.getAttribute("href").startsWith("/")) {
    event.preventDefault();
    clearNotice();
    go(url.pathname + url.search);
  }
}
