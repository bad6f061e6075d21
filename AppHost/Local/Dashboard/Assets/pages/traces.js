import { get } from "../lib/api.js";
import { picker, searchField, telemetryResources, toggle } from "../lib/controls.js";
import { h, keyed, update } from "../lib/dom.js";
import { colour, duration, fullTime, time } from "../lib/format.js";
import { live } from "../lib/live.js";
import { refresher } from "../lib/refresh.js";
import { parameters } from "../lib/url.js";

export const title = "Traces";

const PageSize = 200;
const Types = [["", "All types"], ["http", "HTTP"], ["database", "Database"], ["messaging", "Messaging"], ["rpc", "RPC"]];

export function mount(root) {
  const resource = picker("resource", "Resource", [["", "All resources"]]);
  const type = picker("type", "Type", Types);
  const text = searchField("text", "Name", "Name of a span, or a trace id");
  const errors = toggle("errors", "Only errors");
  const summary = h("p", { class: "summary" });
  const body = h("tbody", {});
  const empty = h("p", { class: "empty", hidden: true });
  const more = h("button", { type: "button", class: "more", hidden: true, onclick: () => { limit += PageSize; refresh.now(); } }, "Show older");
  root.append(
    h("div", { class: "head" }, h("h1", {}, "Traces"), summary, h("div", { class: "tools" }, resource, type, text, errors)),
    h("div", { class: "scroll" }, h("table", { class: "list traces" },
      h("thead", {}, h("tr", {}, ["Time", "Name", "Spans", "Duration"].map(name => h("th", { scope: "col" }, name)))), body), empty, more));

  let limit = PageSize;
  const refresh = refresher(load);
  live.subscribe({ telemetry: true });
  return {
    show: () => {
      for (const element of [resource, type, text, errors]) element.show();
      refresh.now();
    },
    telemetry: changed => { if (changed.traces) refresh.later(); },
    unmount: refresh.stop,
  };

  async function load(signal) {
    const query = parameters();
    query.set("limit", Math.min(limit, 1000));
    const [page, senders] = await Promise.all([get("/api/traces", `?${query}`, signal), telemetryResources()]);
    resource.setOptions(senders);
    const isFiltered = ["resource", "type", "text", "errors"].some(name => query.has(name));
    summary.textContent = isFiltered ? `${page.matches.toLocaleString("en-US")} of ${page.kept.toLocaleString("en-US")} kept` : `${page.kept.toLocaleString("en-US")} kept`;
    const longest = Math.max(1, ...page.traces.map(trace => trace.duration));
    keyed(body, page.traces, trace => trace.id,
      () => h("tr", {}, h("td", { class: "nowrap" }), h("th", { scope: "row" }), h("td", {}), h("td", { class: "duration" })),
      (row, trace) => changeRow(row, trace, longest));
    empty.hidden = page.traces.length > 0;
    empty.textContent = page.kept ? "No trace matches the filters." : "No trace has arrived yet. Services send theirs by OTLP once they handle requests.";
    more.hidden = page.matches <= page.traces.length || limit >= 1000;
  }

  function changeRow(row, trace, longest) {
    const [at, name, spans, length] = row.children;
    row.classList.toggle("has-error", trace.hasError);
    update(at, [trace.start], () => h("time", { datetime: fullTime(trace.start) }, time(trace.start, { fraction: true })));
    update(name, [trace.resource, trace.name, trace.hasError], () => h("a", { href: `/traces/${trace.id}` },
      h("span", { class: `dot ${colour(trace.resource)}` }), `${trace.resource}: ${trace.name}`, h("span", { class: "muted mono" }, ` ${trace.id.slice(0, 8)}`)));
    update(spans, trace.resources, () => h("span", { class: "span-counts" }, trace.resources.map(one => h("span", { class: one.errors ? "span-count error" : "span-count", title: one.key },
      h("span", { class: `dot ${colour(one.name)}` }), `${one.name} ${one.spans}`, one.errors > 0 && h("span", { class: "errors" }, ` ${one.errors} ${one.errors === 1 ? "error" : "errors"}`)))));
    update(length, [trace.duration, longest], () => [h("span", {}, duration(trace.duration)),
      h("span", { class: "bar", "aria-hidden": "true" }, h("span", { class: trace.hasError ? "error" : "", style: { width: `${Math.max(1, trace.duration / longest * 100)}%` } }))]);
  }
}
