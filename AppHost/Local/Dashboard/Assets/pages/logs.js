import { get } from "../lib/api.js";
import { attributeFilters, detailsPanel, facts, picker, searchField, senderName, telemetryResources } from "../lib/controls.js";
import { copyButton, h, keyed } from "../lib/dom.js";
import { colour, fullTime, level, MinimumLevels, time } from "../lib/format.js";
import { live } from "../lib/live.js";
import { refresher } from "../lib/refresh.js";
import { link, parameters, setParameters } from "../lib/url.js";

export const title = "Structured logs";

const PageSize = 200;

export function mount(root) {
  const resource = picker("resource", "Resource", [["", "All resources"]]);
  const minimum = picker("level", "Level", MinimumLevels.map(([value, text]) => [value ? String(value) : "", text]));
  const text = searchField("text", "Message", "Text in message or category");
  const attributes = attributeFilters();
  const summary = h("p", { class: "summary" });
  const traceChip = h("span", { class: "chips" });
  const body = h("tbody", {});
  const empty = h("p", { class: "empty", hidden: true });
  const more = h("button", { type: "button", class: "more", hidden: true, onclick: () => { limit += PageSize; refresh.now(); } }, "Show older");
  const details = detailsPanel("Details of the log record", () => choose(null));
  root.append(
    h("div", { class: "head" }, h("h1", {}, "Structured logs"), summary, traceChip, h("div", { class: "tools" }, resource, minimum, text, attributes)),
    h("div", { class: "split" },
      h("div", { class: "scroll" }, h("table", { class: "list logs" },
        h("thead", {}, h("tr", {}, ["Time", "Level", "Resource", "Message", "Trace"].map(name => h("th", { scope: "col" }, name)))), body), empty, more),
      details.panel));

  let limit = PageSize;
  let shownDetails = null;
  const refresh = refresher(load);
  live.subscribe({ telemetry: true });
  return {
    show: () => {
      for (const element of [resource, minimum, text, attributes]) element.show();
      const trace = parameters().get("trace");
      traceChip.replaceChildren(...(trace ? [h("span", { class: "chip" }, `Trace ${trace.slice(0, 8)}`,
        h("button", { type: "button", "aria-label": "Remove the trace filter", onclick: () => setParameters({ trace: null, span: null }) }, "×"))] : []));
      refresh.now();
      showDetails(parameters().get("record"));
    },
    telemetry: changed => { if (changed.logs) refresh.later(); },
    unmount: refresh.stop,
  };

  async function load(signal) {
    const query = parameters();
    query.delete("record");
    query.set("limit", Math.min(limit, 1000));
    const [page, senders] = await Promise.all([get("/api/logs", `?${query}`, signal), telemetryResources()]);
    resource.setOptions(senders);
    const isFiltered = ["resource", "level", "text", "attr", "trace", "span"].some(name => query.has(name));
    summary.textContent = isFiltered ? `${page.matches.toLocaleString("en-US")} of ${page.kept.toLocaleString("en-US")} kept` : `${page.kept.toLocaleString("en-US")} kept`;
    const chosen = Number(parameters().get("record"));
    keyed(body, page.records, record => record.number, makeRow, (row, record) => row.classList.toggle("selected", record.number === chosen));
    empty.hidden = page.records.length > 0;
    empty.textContent = page.kept ? "No record matches the filters." : "No log has arrived yet. Services send theirs by OTLP once they run.";
    more.hidden = page.matches <= page.records.length || limit >= 1000;
  }

  function makeRow(record) {
    const { name, kind } = level(record.severity);
    const row = h("tr", { class: `level-${kind}`, "data-number": record.number },
      h("td", { class: "nowrap" }, h("time", { datetime: fullTime(record.time) }, time(record.time, { fraction: true }))),
      h("td", { class: `level ${kind}` }, name),
      h("td", { class: "nowrap" }, h("span", { class: `dot ${colour(record.resource)}` }), senderName(record.resource)),
      h("td", { class: "message" }, h("button", { type: "button", class: "link plain", onclick: () => choose(record.number) }, record.message || h("em", { class: "muted" }, "no message")), record.hasException && h("span", { class: "tag error" }, "exception")),
      h("td", {}, record.traceId && h("a", { class: "mono", href: link(`/traces/${record.traceId}`, { span: record.spanId }), "aria-label": `Trace ${record.traceId}` }, record.traceId.slice(0, 8))));
    row.addEventListener("click", event => {
      if (!event.target.closest("a, button") && !getSelection().toString()) choose(record.number);
    });
    return row;
  }

  function choose(number) {
    setParameters({ record: number }, { push: true });
    if (number) requestAnimationFrame(() => details.panel.querySelector("button")?.focus());
  }

  async function showDetails(number) {
    for (const row of body.children) row.classList.toggle("selected", row.dataset.number === number);
    if (!number) {
      details.panel.hidden = true;
      shownDetails = null;
      return;
    }
    if (shownDetails === number) return;
    shownDetails = number;
    details.panel.hidden = false;
    details.heading.textContent = "Log record";
    try {
      details.body.replaceChildren(...recordDetails(await get(`/api/logs/${encodeURIComponent(number)}`)));
    } catch (error) {
      details.body.replaceChildren(h("p", { class: "empty" }, error.message));
    }
  }
}

const Exception = ["exception.type", "exception.message", "exception.stacktrace"];

/** Everything of one record; also on the page of a trace. */
export function recordDetails(record) {
  const of = name => record.attributes.find(attribute => attribute.name === name)?.value;
  const { name, kind } = level(record.severity);
  const others = record.attributes.filter(attribute => !Exception.includes(attribute.name) && attribute.name !== "{OriginalFormat}");
  const event = of("logrecord.event.id") ?? of("EventId") ?? of("Id");
  return [
    h("p", { class: "message-block" }, record.message),
    facts([
      ["Level", h("span", { class: `level ${kind}` }, name)],
      ["Time", fullTime(record.time)],
      ["Resource", h("span", {}, h("span", { class: `dot ${colour(record.resource)}` }), record.resource)],
      ["Category", record.category && h("code", {}, record.category)],
      ["Event", [record.eventName, event].filter(Boolean).join(" · ")],
      ["Trace", record.traceId && h("a", { class: "mono", href: link(`/traces/${record.traceId}`, { span: record.spanId }) }, record.traceId)],
      ["Span", record.spanId && h("code", {}, record.spanId)],
      ["Template", of("{OriginalFormat}") && h("code", {}, of("{OriginalFormat}"))],
    ]),
    of("exception.type") || of("exception.stacktrace") ? [
      h("h3", { class: "with-tools" }, h("span", {}, "Exception"), copyButton(of("exception.stacktrace") ?? of("exception.message") ?? "", "the exception")),
      facts([["Type", h("code", {}, of("exception.type") ?? "")], ["Message", of("exception.message")]]),
      of("exception.stacktrace") ? h("pre", { class: "stack", tabindex: "0" }, of("exception.stacktrace")) : [],
    ] : [],
    others.length ? [h("h3", {}, "Values and scopes"), attributeList(others, true)] : [],
  ].flat(2);
}

/** Attributes as facts; with filters, each leads to the records that share it. */
export function attributeList(attributes, withFilters = false) {
  return facts(attributes.map(({ name, value }) => [name, h("span", { class: "attribute" }, h("code", {}, value),
    withFilters && h("a", { class: "small muted", href: link("/logs", { attr: `${name}=${value}` }), "aria-label": `Records with ${name} = ${value}` }, "filter"))]));
}
