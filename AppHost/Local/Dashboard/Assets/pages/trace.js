import { get } from "../lib/api.js";
import { detailsPanel, facts } from "../lib/controls.js";
import { h } from "../lib/dom.js";
import { colour, duration, fullTime, level, time } from "../lib/format.js";
import { live } from "../lib/live.js";
import { refresher } from "../lib/refresh.js";
import { visible } from "../lib/resource.js";
import { link, parameters, setParameters } from "../lib/url.js";
import { attributeList, recordDetails } from "./logs.js";

export const title = "Trace";

const Kinds = ["Unspecified", "Internal", "Server", "Client", "Producer", "Consumer"];
const Client = 3;
const Producer = 4;
const Statuses = ["Unset", "Ok", "Error"];
const Failed = 2;

export function mount(root, [traceId]) {
  const summary = h("p", { class: "summary" });
  const axis = h("div", { class: "axis", "aria-hidden": "true" });
  const rows = h("div", { class: "waterfall", role: "tree", "aria-label": "Spans" });
  const problem = h("p", { class: "empty", hidden: true });
  const heading = h("h1", {}, "Trace");
  const details = detailsPanel("Details of the span", () => choose({ span: null, record: null }));
  root.append(
    h("div", { class: "head" }, h("a", { href: "/traces", class: "back" }, "← Traces"), heading, summary,
      h("div", { class: "tools" }, h("a", { class: "button", href: link("/logs", { trace: traceId }) }, "Logs of this trace"))),
    problem,
    h("div", { class: "split" }, h("div", { class: "scroll" }, axis, rows), details.panel));

  let trace = null;
  let drawn = "";
  let drawnAddresses = "";
  const collapsed = new Set();
  const refresh = refresher(load);
  live.subscribe({ telemetry: true });
  return {
    show: () => trace ? draw() : refresh.now(),
    resources: () => { if (trace && addresses() !== drawnAddresses) draw(); },
    telemetry: changed => { if (changed.traces || changed.logs) refresh.later(); },
    unmount: refresh.stop,
  };

  async function load(signal) {
    try {
      trace = await get(`/api/traces/${traceId}`, undefined, signal);
    } catch (error) {
      if (error.status !== 404) throw error;
      problem.textContent = error.message;
      problem.hidden = false;
      return;
    }
    problem.hidden = true;
    // Every second somebody's telemetry arrives; this trace is drawn again only when it is this one's.
    const text = JSON.stringify(trace);
    if (text === drawn) return;
    drawn = text;
    draw();
  }

  function draw() {
    drawnAddresses = addresses();
    const roots = tree(trace);
    const start = Math.min(...trace.spans.map(span => span.start));
    const length = Math.max(0.001, Math.max(...trace.spans.map(span => span.start + span.duration)) - start);
    const root = roots[0];
    const services = new Set(trace.spans.map(span => span.service));
    heading.replaceChildren(h("span", { class: `dot ${colour(root.service)}` }), `${root.service}: ${root.name}`);
    summary.replaceChildren(
      h("span", {}, time(start, { fraction: true })), h("span", {}, duration(length)),
      h("span", {}, `${trace.spans.length} ${trace.spans.length === 1 ? "span" : "spans"}`), h("span", {}, `${services.size} ${services.size === 1 ? "service" : "services"}`),
      h("span", {}, `depth ${depthOf(roots)}`), h("span", { class: "mono muted" }, traceId));
    axis.replaceChildren(...[0, 0.25, 0.5, 0.75, 1].map(part => h("span", { style: { left: `${part * 100}%` } }, duration(length * part))));
    const chosen = parameters().get("span");
    const focused = document.activeElement?.closest?.(".span-row")?.dataset.id;
    rows.replaceChildren(...flatten(roots, 0).map(item => spanRow(item, start, length, chosen)));
    if (!rows.querySelector('[tabindex="0"]')) rows.firstElementChild?.setAttribute("tabindex", "0");
    if (focused) rows.querySelector(`[data-id="${focused}"]`)?.focus();
    showDetails(trace.spans.find(span => span.id === chosen));
  }

  function* walk(spans, depth) {
    for (const span of spans) {
      yield { span, depth };
      if (!collapsed.has(span.id)) yield* walk(span.children, depth + 1);
    }
  }

  function flatten(spans, depth) {
    return [...walk(spans, depth)];
  }

  function spanRow({ span, depth }, start, length, chosen) {
    const from = (span.start - start) / length * 100;
    const width = Math.max(0.15, span.duration / length * 100);
    const isFailed = span.status === Failed;
    const hasChildren = span.children.length > 0;
    const isSameService = span.above?.service === span.service;
    const row = h("div", {
      class: `span-row${span.id === chosen ? " selected" : ""}${isFailed ? " has-error" : ""}`, "data-id": span.id, role: "treeitem", "aria-level": depth + 1,
      "aria-expanded": hasChildren ? String(!collapsed.has(span.id)) : null, "aria-selected": String(span.id === chosen), tabindex: span.id === chosen ? "0" : "-1",
      "aria-label": `${span.service}: ${span.name}, ${duration(span.duration)}${isFailed ? ", error" : ""}`,
    },
      h("div", { class: "span-name" },
        h("span", { class: "indent", style: { width: `${Math.min(depth, 24) * 12}px` } }),
        hasChildren ? h("button", { type: "button", class: "twist", tabindex: "-1", "aria-hidden": "true", onclick: event => { event.stopPropagation(); fold(span); } }, collapsed.has(span.id) ? "▸" : "▾") : h("span", { class: "twist" }),
        h("span", { class: `dot ${colour(span.service)}` }),
        !isSameService && h("span", { class: "service" }, span.service),
        h("span", { class: "operation" }, span.name),
        span.peer && h("span", { class: "peer" }, `→ ${span.peer}`),
        collapsed.has(span.id) && h("span", { class: "tag" }, `+${countBelow(span)}`),
        isFailed && h("span", { class: "tag error" }, "error")),
      h("div", { class: "span-time" },
        h("span", { class: `span-bar ${colour(span.service)}${isFailed ? " error" : ""}`, style: { left: `${from}%`, width: `${Math.min(width, 100 - from)}%` } }),
        h("span", { class: from + width > 80 ? "span-length before" : "span-length", style: from + width > 80 ? { right: `${100 - from + 0.5}%` } : { left: `${from + width + 0.5}%` } }, duration(span.duration)),
        span.logs.map(log => h("span", { class: `log-mark ${level(log.severity).kind}`, title: log.message, style: { left: `${Math.min(100, Math.max(0, (log.time - start) / length * 100))}%` } }))));
    row.addEventListener("click", () => { choose({ span: span.id, record: null }); row.focus(); });
    row.addEventListener("keydown", event => keys(event, row, span));
    return row;
  }

  /** The keys of a tree (ARIA Authoring Practices, "Tree View"). */
  function keys(event, row, span) {
    const isOpen = span.children.length > 0 && !collapsed.has(span.id);
    const go = other => {
      if (!other) return;
      row.tabIndex = -1;
      other.tabIndex = 0;
      other.focus();
    };
    switch (event.key) {
      case "ArrowDown": go(row.nextElementSibling); break;
      case "ArrowUp": go(row.previousElementSibling); break;
      case "Home": go(rows.firstElementChild); break;
      case "End": go(rows.lastElementChild); break;
      case "ArrowLeft": isOpen ? fold(span) : go(rows.querySelector(`[data-id="${span.parent}"]`)); break;
      case "ArrowRight": isOpen ? go(row.nextElementSibling) : span.children.length && fold(span); break;
      case "Enter": case " ": choose({ span: span.id, record: null }); break;
      default: return;
    }
    event.preventDefault();
  }

  function fold(span) {
    if (!collapsed.delete(span.id)) collapsed.add(span.id);
    draw();
  }

  function choose(values) {
    setParameters(values, { push: true });
  }

  function showDetails(span) {
    details.panel.hidden = !span;
    if (!span) return;
    details.heading.replaceChildren(h("span", { class: `dot ${colour(span.service)}` }), span.name);
    details.body.replaceChildren(...[
      facts([
        ["Resource", span.resource],
        ["Kind", Kinds[span.kind]],
        ["Peer", span.peer],
        ["Status", span.status === Failed ? h("span", { class: "level error" }, `Error${span.statusMessage ? `: ${span.statusMessage}` : ""}`) : Statuses[span.status]],
        ["Start", fullTime(span.start)],
        ["Duration", duration(span.duration)],
        ["Source", span.scope && h("code", {}, span.scope)],
        ["Span", h("code", {}, span.id)],
        ["Parent", span.parent && h("code", {}, span.parent)],
      ]),
      span.attributes.length ? [h("h3", {}, "Attributes"), attributeList(span.attributes)] : [],
      span.events.length ? [h("h3", {}, "Events"), span.events.map(one => h("div", { class: "event" },
        h("p", {}, h("strong", {}, one.name), h("span", { class: "muted" }, ` at +${duration(Math.max(0, one.time - span.start))}`)),
        one.attributes.map(({ name, value }) => name === "exception.stacktrace" ? h("pre", { class: "stack", tabindex: "0" }, value) : facts([[name, h("code", {}, value)]]))))] : [],
      span.links.length ? [h("h3", {}, "Links"), h("ul", { class: "relations" }, span.links.filter(one => one.traceId).map(one =>
        h("li", {}, h("a", { class: "mono", href: link(`/traces/${one.traceId}`, { span: one.spanId }) }, `${one.traceId.slice(0, 8)} / ${(one.spanId ?? "").slice(0, 8)}`))))] : [],
      backLinks(span),
      span.logs.length ? [h("h3", {}, `Logs (${span.logs.length})`), h("ul", { class: "span-logs" }, span.logs.map(logItem))] : [],
    ].flat(2));
  }

  function backLinks(span) {
    const found = trace.backLinks.filter(one => one.target === span.id);
    return found.length ? [h("h3", {}, "Linked from"), h("ul", { class: "relations" }, found.map(one =>
      h("li", {}, h("a", { href: link(`/traces/${one.traceId}`, { span: one.spanId }) }, `${one.resource}: ${one.name}`))))] : [];
  }

  function logItem(record) {
    const { name, kind } = level(record.severity);
    const place = h("div", { hidden: true });
    return h("li", {},
      h("button", {
        type: "button", class: "link plain", "aria-expanded": "false", onclick: async event => {
          const button = event.currentTarget;
          place.hidden = !place.hidden;
          button.setAttribute("aria-expanded", String(!place.hidden));
          if (!place.hidden && !place.firstElementChild) place.replaceChildren(...recordDetails(await get(`/api/logs/${record.number}`)));
        },
      }, h("span", { class: `level ${kind}` }, name), ` ${record.message}`),
      h("a", { class: "small", href: link("/logs", { trace: traceId, record: record.number }), "aria-label": "Show in the structured logs" }, "in the logs"),
      place);
  }
}

/** Spans as trees, in the order of their starts, each with its logs and the name of a peer that did not report itself. */
function tree(trace) {
  const byId = new Map(trace.spans.map(span => [span.id, Object.assign(span, { children: [], logs: [], peer: null })]));
  const roots = [];
  for (const span of trace.spans) {
    const parent = byId.get(span.parent);
    span.above = parent && parent !== span && !isBelow(parent, span, byId) ? parent : null;
    (span.above?.children ?? roots).push(span);
  }
  for (const log of trace.logs) byId.get(log.spanId)?.logs.push(log);
  for (const span of trace.spans) span.peer = peerOf(span);
  return roots;
}

/** Broken telemetry may hold a circle of parents. */
function isBelow(span, top, byId) {
  const seen = new Set();
  for (let at = span; at && !seen.has(at.id); at = byId.get(at.parent)) {
    if (at === top) return true;
    seen.add(at.id);
  }
  return false;
}

function peerOf(span) {
  if (![Client, Producer].includes(span.kind) || span.children.some(child => child.service !== span.service)) return null;
  const of = name => span.attributes.find(attribute => attribute.name === name)?.value;
  const host = of("server.address") ?? of("net.peer.name");
  const port = of("server.port") ?? of("net.peer.port");
  return of("peer.service") ?? resourceAt(host, port) ?? (host ? (port ? `${host}:${port}` : host) : null)
    ?? of("db.system.name") ?? of("db.system") ?? of("messaging.system") ?? null;
}

/** localhost:5432 is the Postgres of this app model. */
function resourceAt(host, port) {
  if (!host || !port || !["localhost", "127.0.0.1", "::1", "[::1]"].includes(host)) return null;
  return visible(live.resources).find(resource => resource.urls.some(url => {
    const match = /^[a-z][a-z0-9+.-]*:\/\/[^/]*?:(\d+)(?:\/|$)/.exec(url.url);
    return match?.[1] === String(port);
  }))?.name ?? null;
}

/** What the names of peers depend on. */
const addresses = () => JSON.stringify(visible(live.resources).map(resource => [resource.name, resource.urls]));

const depthOf = spans => spans.length === 0 ? 0 : 1 + Math.max(...spans.map(span => depthOf(span.children)));
const countBelow = span => span.children.reduce((sum, child) => sum + 1 + countBelow(child), 0);
