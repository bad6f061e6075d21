import { live } from "./lib/live.js";
import * as resources from "./pages/resources.js";
import * as parameters from "./pages/parameters.js";
import * as consolePage from "./pages/console.js";
import * as logs from "./pages/logs.js";
import * as traces from "./pages/traces.js";
import * as trace from "./pages/trace.js";
import * as metrics from "./pages/metrics.js";
import { colour } from "./lib/format.js";
import { stateText, visible } from "./lib/resource.js";

// Which page an address shows. A page exports title and mount(root, values), which returns { show, resources?, console?, runs?, telemetry?, unmount? }.
const Routes = [
  [/^\/$/, resources],
  [/^\/parameters$/, parameters],
  [/^\/console$/, consolePage],
  [/^\/logs$/, logs],
  [/^\/traces$/, traces],
  [/^\/traces\/([0-9a-f]{32})$/, trace],
  [/^\/metrics$/, metrics],
];

const main = document.getElementById("main");
const application = document.body.dataset.application;
let current = null;
let currentPath = null;

function navigate() {
  if (location.pathname === currentPath) {
    current?.show();
    return;
  }
  currentPath = location.pathname;
  current?.unmount?.();
  const route = Routes.find(([pattern]) => pattern.test(location.pathname));
  const [pattern, page] = route ?? [/^\/$/, resources];
  main.replaceChildren();
  main.scrollTop = 0;
  document.title = `${page.title} – ${application}`;
  for (const item of document.querySelectorAll("#nav a")) {
    const path = item.getAttribute("href");
    const isHere = path === "/" ? location.pathname === "/" : location.pathname.startsWith(path);
    if (isHere) item.setAttribute("aria-current", "page");
    else item.removeAttribute("aria-current");
  }
  current = page.mount(main, location.pathname.match(pattern)?.slice(1) ?? []);
  current.show();
}

window.addEventListener("popstate", navigate);
window.addEventListener("parameterschange", () => current?.show());
document.addEventListener("click", event => {
  const anchor = event.target instanceof Element ? event.target.closest("a[href]") : null;
  if (!anchor || event.defaultPrevented || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey
    || anchor.target || anchor.hasAttribute("download") || anchor.origin !== location.origin || anchor.getAttribute("href").startsWith("#")) return;
  event.preventDefault();
  if (anchor.href !== location.href) history.pushState(null, "", anchor.href);
  navigate();
});

document.getElementById("theme").addEventListener("click", () => {
  const isDark = (document.documentElement.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  document.documentElement.dataset.theme = isDark ? "light" : "dark";
  localStorage.setItem("theme", document.documentElement.dataset.theme);
});

const connection = document.getElementById("connection");
const banner = document.getElementById("banner");
live.addEventListener("state", ({ detail }) => {
  const isLost = detail === "lost";
  connection.dataset.state = detail;
  connection.textContent = isLost ? "Reconnecting…" : "Live";
  banner.hidden = !isLost;
  banner.textContent = isLost ? "The connection to AppHost is lost. What you see may be old; it comes back by itself when AppHost does." : "";
});
live.addEventListener("restarted", () => location.reload());

// Services get their colours in the order of the app model, so that these do not depend on which page is opened first.
live.addEventListener("resources", () => {
  for (const resource of visible(live.resources)) if (resource.type === "Project") colour(resource.name);
});

// A screen reader hears that a state changed, and once per update, not each row.
const announcer = document.getElementById("announcer");
live.addEventListener("resources", ({ detail: { before, changed } }) => {
  const said = changed
    .filter(resource => before.get(resource.id) && stateText(before.get(resource.id)) !== stateText(resource))
    .map(resource => `${resource.name} is ${stateText(resource)}`);
  if (said.length) announcer.textContent = said.join(". ");
});
for (const name of ["resources", "console", "runs", "telemetry"]) {
  live.addEventListener(name, ({ detail }) => current?.[name]?.(detail));
}

// A page begins when the resources are known, or the server cannot be reached.
let isMounted = false;
const begin = () => {
  if (isMounted) return;
  isMounted = true;
  navigate();
};
live.addEventListener("resources", begin, { once: true });
live.addEventListener("state", ({ detail }) => { if (detail === "lost") begin(); });
live.start();
