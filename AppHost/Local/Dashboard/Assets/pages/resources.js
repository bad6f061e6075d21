import { get, post } from "../lib/api.js";
import { detailsPanel, facts, masked, searchField, variableOf } from "../lib/controls.js";
import { h, keyed, perFrame, update } from "../lib/dom.js";
import { duration, fullTime, time } from "../lib/format.js";
import { live } from "../lib/live.js";
import { displayName, hasReplicas, icon, isParameter, kindOf, stateBadge, suffix, visible } from "../lib/resource.js";
import { link, parameters, setParameters } from "../lib/url.js";

export const title = "Resources";

const Columns = ["Name", "State", "Started", "Type", "Source", "Addresses", "Actions"];
const CommandNames = { start: "Start", stop: "Stop", restart: "Restart" };

export function mount(root) {
  const filter = searchField("filter", "Filter", "Name, type or state");
  const summary = h("p", { class: "summary" });
  const body = h("tbody", {});
  const empty = h("p", { class: "empty", hidden: true });
  const details = detailsPanel("Details of the resource", () => select(null));
  const problem = h("p", { class: "problem", role: "alert", hidden: true });
  root.append(
    h("div", { class: "head" }, h("h1", {}, "Resources"), summary, h("div", { class: "tools" }, filter)),
    problem,
    h("div", { class: "split" },
      h("div", { class: "scroll" }, h("table", { class: "list resources" },
        h("thead", {}, h("tr", {}, Columns.map(name => h("th", { scope: "col" }, name)))), body), empty),
      details.panel));

  const show = perFrame(render);
  live.subscribe({});
  return { show: () => { filter.show(); show(); }, resources: show };

  function render() {
    const all = visible(live.resources).filter(resource => !isParameter(resource));
    const text = (parameters().get("filter") ?? "").toLowerCase();
    const chosen = parameters().get("resource");
    const rows = tree(all, text);
    keyed(body, rows, row => row.resource.id, makeRow, (element, row) => changeRow(element, row, all, chosen));
    empty.hidden = rows.length > 0;
    empty.textContent = all.length ? "No resource matches the filter." : "No resources yet.";
    renderSummary(all);
    renderDetails(all, all.find(resource => resource.id === chosen));
  }

  function renderSummary(all) {
    const count = kinds => all.filter(resource => kinds.includes(kindOf(resource))).length;
    const parts = [["ok", count(["ok"]), "running"], ["busy", count(["busy"]), "on the way"], ["warn", count(["warn"]), "degraded"], ["error", count(["error"]), "in trouble"], ["idle", count(["idle"]), "stopped"]];
    update(summary, parts, () => parts.filter(([, number]) => number).map(([kind, number, word]) => h("span", { class: kind }, icon(kind), `${number} ${word}`)));
  }

  function makeRow({ resource }) {
    const row = h("tr", { "data-id": resource.id }, Columns.map((_, index) => h(index === 0 ? "th" : "td", index === 0 ? { scope: "row" } : {})));
    row.addEventListener("click", event => {
      if (!event.target.closest("a, button") && !getSelection().toString()) select(resource.id);
    });
    return row;
  }

  function changeRow(row, { resource, depth }, all, chosen) {
    row.classList.toggle("selected", resource.id === chosen);
    const [name, state, started, type, source, urls, actions] = row.children;
    const isReplica = hasReplicas(resource, all);
    update(name, [resource.name, depth, isReplica, resource.id === chosen], () => h("span", { class: `name depth-${Math.min(depth, 3)}` },
      h("button", { type: "button", class: "link", "aria-expanded": String(resource.id === chosen), onclick: () => select(resource.id === chosen ? null : resource.id) }, resource.name,
        isReplica && h("span", { class: "muted" }, ` ${suffix(resource)}`))));
    update(state, [resource.state, resource.health, resource.exitCode, resource.waitingFor, resource.restarts], () => [stateBadge(resource),
      resource.restarts > 0 && h("span", { class: "tag", title: "How often it was started again" }, `${resource.restarts} ${resource.restarts === 1 ? "restart" : "restarts"}`)]);
    update(started, [resource.startedAt], () => resource.startedAt ? h("time", { datetime: resource.startedAt, title: resource.startedAt }, time(Date.parse(resource.startedAt))) : "–");
    update(type, [resource.type], () => resource.type);
    update(source, [resource.source], () => h("span", { class: "source", title: resource.source ?? "" }, shortSource(resource.source)));
    update(urls, resource.urls, () => resource.urls.map(address));
    update(actions, [resource.commands, isStarted(resource)], () => h("span", { class: "actions" },
      resource.commands.map(command => h("button", { type: "button", class: "small", "aria-label": `${CommandNames[command] ?? command} ${displayName(resource, all)}`, onclick: event => run(resource, command, event.currentTarget) }, CommandNames[command] ?? command)),
      isStarted(resource) && h("a", { class: "button small to-console", href: link("/console", { resource: resource.id }), "aria-label": `Console of ${displayName(resource, all)}` }, "Console")));
  }

  async function run(resource, command, button) {
    button.disabled = true;
    problem.hidden = true;
    try {
      await post(`/api/resources/${encodeURIComponent(resource.id)}/commands/${command}`);
    } catch (error) {
      problem.textContent = `${resource.name}: ${error.message}`;
      problem.hidden = false;
    } finally {
      button.disabled = false;
    }
  }

  function select(id) {
    const before = parameters().get("resource");
    setParameters({ resource: id }, { push: true });
    if (id) requestAnimationFrame(() => details.panel.querySelector("button")?.focus());
    else if (before) body.querySelector(`tr[data-id="${CSS.escape(before)}"] button`)?.focus();
  }

  function renderDetails(all, resource) {
    details.panel.hidden = !resource;
    if (!resource) return;
    update(details.heading, [resource.name, hasReplicas(resource, all)], () => displayName(resource, all));
    const sections = details.body.contentFor === resource.id ? details.body.sections : makeSections(resource);
    update(sections.overview, [resource.state, resource.health, resource.exitCode, resource.waitingFor, resource.restarts, resource.processId, resource.startedAt, resource.source], () => facts([
      ["State", stateBadge(resource)],
      ["Health", resource.health],
      ["Waiting for", resource.waitingFor],
      ["Process", resource.processId],
      ["Exit code", resource.exitCode],
      ["Restarts", resource.restarts || null],
      ["Started", resource.startedAt && h("time", { datetime: resource.startedAt }, `${time(Date.parse(resource.startedAt))} (${duration(Math.max(0, Date.now() - Date.parse(resource.startedAt)))} ago)`)],
      ["Type", resource.type],
      ["Source", resource.source && h("code", {}, resource.source)],
      ["Id", h("code", {}, resource.id)],
    ]));
    update(sections.health, resource.healthReports, () => resource.healthReports.length === 0 ? [] : [h("h3", {}, "Health reports"), h("ul", { class: "reports" }, resource.healthReports.map(report => {
      const kind = !report.status ? "busy" : report.status === "Healthy" ? "ok" : report.status === "Degraded" ? "warn" : "error";
      return h("li", { class: kind }, h("span", { class: `state ${kind}` }, icon(kind), h("span", {}, report.status ?? "Not checked yet")), h("code", {}, report.name),
        report.at && h("time", { class: "muted", datetime: report.at, title: fullTime(Date.parse(report.at)) }, time(Date.parse(report.at))),
        report.description && h("p", {}, report.description));
    }))]);
    update(sections.urls, resource.urls, () => resource.urls.length === 0 ? [] : [h("h3", {}, "Addresses"),
      facts(resource.urls.map(url => [url.endpoint ?? "address", address({ url: url.url })]))]);
    const back = all.filter(other => other.name !== resource.name).flatMap(other => other.relationships
      .filter(relation => relation.resourceName === resource.name).map(relation => ({ id: other.id, name: displayName(other, all), kind: relation.kind })));
    const forth = resource.relationships.flatMap(relation => all.filter(other => other.name === relation.resourceName).map(other => ({ id: other.id, name: displayName(other, all), kind: relation.kind })));
    update(sections.references, [forth, back], () => [["References", forth], ["Referenced by", back]].filter(([, list]) => list.length).map(([name, list]) => [h("h3", {}, name),
      h("ul", { class: "relations" }, merge(list).map(one => h("li", {}, h("a", { href: link("/", { resource: one.id }) }, one.name), h("span", { class: "muted" }, one.kinds.join(", ")))))]));
    update(sections.secrets, [resource.hasConnectionString, resource.startedAt, resource.environment], () => [
      resource.hasConnectionString && [h("h3", {}, "Connection string"), masked("the connection string", async () => (await get(`/api/resources/${encodeURIComponent(resource.id)}/connection-string`)).value)],
      resource.environment.length > 0 && environment(resource),
    ]);
  }

  function makeSections(resource) {
    const sections = Object.fromEntries(["overview", "health", "urls", "references", "secrets"].map(name => [name, h("section", {})]));
    const telemetry = h("p", { class: "links" },
      [["Console", "/console", resource.id], ["Structured logs", "/logs", resource.name], ["Traces", "/traces", resource.name], ["Metrics", "/metrics", resource.name]]
        .map(([text, path, value]) => h("a", { href: link(path, { resource: value }) }, text)));
    details.body.contentFor = resource.id;
    details.body.sections = sections;
    details.body.replaceChildren(telemetry, ...Object.values(sections));
    details.body.scrollTop = 0;
    return sections;
  }
}

function environment(resource) {
  const rows = resource.environment.map(variable => ({ variable, value: variableOf(resource.id, variable.name) }));
  const list = h("dl", { class: "facts variables" }, rows.map(({ variable, value }) => [h("dt", { title: variable.name }, variable.name), h("dd", {}, value)]));
  const search = h("input", {
    type: "search", placeholder: "Filter variables", "aria-label": "Filter variables", oninput: () => {
      const text = search.value.toLowerCase();
      rows.forEach(({ variable }, index) => {
        const isHidden = !variable.name.toLowerCase().includes(text);
        list.children[index * 2].hidden = isHidden;
        list.children[index * 2 + 1].hidden = isHidden;
      });
    },
  });
  const all = h("button", {
    type: "button", class: "small", title: "Secrets stay masked; each has its own button", onclick: async () => {
      const isHiding = all.textContent === "Hide all";
      all.textContent = isHiding ? "Show all" : "Hide all";
      if (isHiding) {
        rows.forEach(({ value }) => value.hide());
        return;
      }
      const values = new Map((await get(`/api/resources/${encodeURIComponent(resource.id)}/environment`)).map(one => [one.name, one.value]));
      for (const { variable, value } of rows) if (values.has(variable.name)) value.reveal(values.get(variable.name));
    },
  }, "Show all");
  return [h("h3", { class: "with-tools" }, h("span", {}, `Environment (${resource.environment.length})`), search, all), list];
}

/** Parents before their children; with a filter, a match keeps its parents. */
function tree(all, text) {
  const parentOf = resource => resource.parent ? all.find(other => other.id === resource.parent) ?? all.find(other => other.name === resource.parent) : undefined;
  const childrenOf = new Map();
  const roots = [];
  for (const resource of all) {
    const parent = parentOf(resource);
    if (!parent || parent === resource) roots.push(resource);
    else childrenOf.set(parent.id, [...childrenOf.get(parent.id) ?? [], resource]);
  }
  const matches = resource => !text || [resource.name, resource.id, resource.type, resource.state, resource.health ?? ""].some(value => value.toLowerCase().includes(text));
  const rows = [];
  const seen = new Set();
  const add = (resource, depth) => {
    if (seen.has(resource.id)) return false;
    seen.add(resource.id);
    const place = rows.length;
    rows.push({ resource, depth });
    let isKept = matches(resource);
    for (const child of childrenOf.get(resource.id) ?? []) isKept = add(child, depth + 1) || isKept;
    if (!isKept) rows.splice(place, 1);
    return isKept;
  };
  for (const root of roots) add(root, 0);
  return rows;
}

/** Several relations to one resource are one line. */
function merge(list) {
  const found = new Map();
  for (const { id, name, kind } of list) found.set(id, { id, name, kinds: [...new Set([...found.get(id)?.kinds ?? [], kind])] });
  return [...found.values()];
}

/** A database or a group has no process and so no console. */
const isStarted = resource => !resource.parent || Boolean(resource.startedAt) || resource.commands.length > 0;

/** The last part of a path; of a command line the program's, with its arguments. */
const shortSource = source => {
  if (!source) return "–";
  const [program, ...rest] = source.split(" ");
  return [program.split(/[\\/]/).pop(), ...rest].join(" ");
};

const address = ({ url, text }) => /^https?:/.test(url)
  ? h("a", { class: "address", href: url, target: "_blank", rel: "noreferrer noopener" }, text ?? url)
  : h("code", { class: "address" }, text ?? url);
