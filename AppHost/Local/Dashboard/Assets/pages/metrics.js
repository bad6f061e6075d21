import { get, Refused } from "../lib/api.js";
import { h, perFrame, update } from "../lib/dom.js";
import { drawChart } from "../lib/chart.js";
import { colour, measure, time, unitWord } from "../lib/format.js";
import { live } from "../lib/live.js";
import { refresher } from "../lib/refresh.js";
import { link, parameters, setParameters } from "../lib/url.js";
import { picker, toggle } from "../lib/controls.js";

export const title = "Metrics";

const Ranges = [[1, "Last minute"], [5, "Last 5 minutes"], [15, "Last 15 minutes"], [30, "Last 30 minutes"], [60, "Last hour"], [180, "Last 3 hours"], [360, "Last 6 hours"], [720, "Last 12 hours"]];
const Kinds = { Counter: "counter", UpDownCounter: "up-down counter", Gauge: "gauge", Histogram: "histogram" };

export function mount(root) {
  const tree = h("nav", { class: "instruments", "aria-label": "Instruments" });
  const resource = picker("resource", "Resource", [], { push: true });
  const range = picker("minutes", "Range", Ranges.map(([value, text]) => [value === 5 ? "" : String(value), text]));
  const asCount = toggle("count", "Count per step");
  const asTable = toggle("table", "Table");
  const split = picker("split", "Split by", [["", "Nothing"]]);
  const heading = h("h2", {});
  const about = h("p", { class: "muted" });
  const picture = h("div", { class: "picture" });
  const legend = h("ul", { class: "legend" });
  const filters = h("div", { class: "dimensions" });
  const empty = h("p", { class: "empty", hidden: true });
  const content = h("section", { class: "metric", hidden: true }, heading, about, h("div", { class: "tools" }, range, split, asCount, asTable), picture, legend, filters);
  root.append(h("div", { class: "head" }, h("h1", {}, "Metrics"), h("div", { class: "tools" }, resource)), empty, h("div", { class: "metrics" }, tree, content));

  let resources = [];
  let chart = null;
  const refresh = refresher(load);
  const redraw = perFrame(draw);
  const resizing = new ResizeObserver(redraw);
  resizing.observe(picture);
  live.subscribe({ telemetry: true });
  return {
    show: () => {
      for (const element of [resource, range, asCount, asTable, split]) element.show();
      refresh.now();
    },
    telemetry: changed => { if (changed.metrics) refresh.later(); },
    unmount: () => { refresh.stop(); resizing.disconnect(); },
  };

  async function load(signal) {
    resources = await get("/api/metrics", undefined, signal);
    empty.hidden = resources.length > 0;
    empty.textContent = "No metric has arrived yet. Services send theirs by OTLP once they run.";
    const query = parameters();
    resource.setOptions(resources.map(one => [one.resource, one.resource]));
    const chosen = resources.find(one => one.resource === query.get("resource")) ?? (query.get("resource") ? null : resources[0]);
    if (!query.get("resource") && chosen) {
      setParameters({ resource: chosen.resource });
      return;
    }
    drawTree(chosen);
    if (!query.get("instrument")) {
      content.hidden = true;
      empty.hidden = resources.length > 0 && Boolean(chosen);
      if (!chosen && resources.length) empty.textContent = "This resource has sent no metrics.";
      return;
    }
    const asked = new URLSearchParams([...query].filter(([name]) => name !== "table"));
    try {
      chart = await get("/api/metrics/chart", `?${asked}`, signal);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      content.hidden = true;
      empty.hidden = false;
      empty.textContent = error.message;
      return;
    }
    content.hidden = false;
    redraw();
  }

  function drawTree(chosen) {
    const query = parameters();
    update(tree, [chosen, query.get("meter"), query.get("instrument")], () => (chosen?.meters ?? []).map(meter => h("details", { open: true },
      h("summary", {}, meter.name),
      h("ul", {}, meter.instruments.map(one => h("li", {}, h("a", {
        href: link("/metrics", { resource: chosen.resource, meter: meter.name, instrument: one.name, minutes: query.get("minutes") }), title: one.description || one.name,
        "aria-current": meter.name === query.get("meter") && one.name === query.get("instrument") ? "true" : null,
      }, one.name)))))));
  }

  function draw() {
    if (!chart || content.hidden) return;
    const query = parameters();
    const isCount = query.has("count");
    const isRate = chart.kind === "Counter" || (chart.kind === "Histogram" && isCount);
    const word = unitWord(chart.kind === "Histogram" && isCount ? "" : chart.unit);
    const shownUnit = isRate ? "1" : chart.unit;
    heading.replaceChildren(h("span", { class: `dot ${colour(query.get("resource") ?? "")}` }), chart.name);
    about.textContent = [chart.description, Kinds[chart.kind], isRate ? (isCount ? `${word || "count"} per ${stepText(chart.stepSeconds)}` : `${word || "count"} per second`) : word,
      chart.kind === "Gauge" && chart.series > 1 ? `highest of ${chart.series}` : chart.series > 1 ? `sum of ${chart.series}` : ""].filter(Boolean).join(" · ");
    asCount.hidden = chart.kind !== "Counter" && chart.kind !== "Histogram";
    split.setOptions([["", "Nothing"], ...chart.dimensions.map(one => [one.name, one.name])]);
    split.hidden = chart.dimensions.length === 0 || (chart.kind === "Histogram" && !isCount);
    const width = Math.max(320, Math.floor(picture.clientWidth));
    picture.replaceChildren(query.has("table") ? table(shownUnit) : drawChart(chart, shownUnit, width, `${chart.name} over time`));
    update(legend, chart.lines.map(line => [line.name, lastOf(line)]), () => chart.lines.length === 1 && !chart.lines[0].name
      ? h("li", {}, "now ", h("b", {}, measure(lastOf(chart.lines[0]), shownUnit)))
      : chart.lines.map((line, number) => h("li", {}, h("span", { class: `dot c${number}` }), `${line.name} `, h("b", {}, measure(lastOf(line), shownUnit)))));
    drawFilters(query);
  }

  function drawFilters(query) {
    const chosen = query.getAll("attr");
    update(filters, [chart.dimensions, chosen], () => chart.dimensions.length === 0 ? [] : [h("h3", {}, "Filters"), chart.dimensions.map(dimension => {
      const select = h("select", {
        onchange: () => setParameters({ attr: [...parameters().getAll("attr").filter(text => !text.startsWith(`${dimension.name}=`)), ...(select.value ? [`${dimension.name}=${select.value}`] : [])] }),
      }, h("option", { value: "" }, `All (${dimension.values.length})`), dimension.values.map(value => h("option", { value }, value || "(empty)")));
      select.value = chosen.find(text => text.startsWith(`${dimension.name}=`))?.slice(dimension.name.length + 1) ?? "";
      return h("label", { class: "field" }, h("span", {}, dimension.name), select);
    })]);
  }

  function table(unit) {
    const rows = chart.times.map((at, index) => [at, chart.lines.map(line => line.values[index])]).filter(([, values]) => values.some(value => value !== null)).reverse();
    return h("div", { class: "scroll" }, h("table", { class: "list" },
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Time"), chart.lines.map(line => h("th", { scope: "col" }, line.name || "Value")))),
      h("tbody", {}, rows.map(([at, values]) => h("tr", {}, h("td", {}, time(at)), values.map(value => h("td", { class: "number" }, measure(value, unit))))))));
  }
}

const lastOf = line => line.values.findLast(value => value !== null) ?? null;
const stepText = seconds => seconds === 1 ? "second" : seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
