import { searchField, variableOf } from "../lib/controls.js";
import { h, keyed, perFrame, update } from "../lib/dom.js";
import { live } from "../lib/live.js";
import { icon, isParameter, stateBadge, visible } from "../lib/resource.js";
import { parameters } from "../lib/url.js";

export const title = "Parameters";

export function mount(root) {
  const filter = searchField("filter", "Filter", "Name");
  const body = h("tbody", {});
  const empty = h("p", { class: "empty", hidden: true });
  root.append(
    h("div", { class: "head" }, h("h1", {}, "Parameters"), h("div", { class: "tools" }, filter)),
    h("div", { class: "scroll" }, h("table", { class: "list parameters" },
      h("thead", {}, h("tr", {}, ["Name", "State", "Value", "Set it with"].map(name => h("th", { scope: "col" }, name)))), body), empty));
  const show = perFrame(render);
  live.subscribe({});
  return { show: () => { filter.show(); show(); }, resources: show };

  function render() {
    const all = visible(live.resources).filter(isParameter);
    const text = (parameters().get("filter") ?? "").toLowerCase();
    const rows = all.filter(parameter => parameter.name.toLowerCase().includes(text));
    keyed(body, rows, row => row.id, () => h("tr", {}, h("th", { scope: "row" }), h("td", {}), h("td", {}), h("td", {})), (row, parameter) => {
      const [name, state, value, variable] = row.children;
      update(name, [parameter.name], () => parameter.name);
      update(state, [parameter.state], () => parameter.state === "Running" ? h("span", { class: "state ok" }, icon("ok"), h("span", {}, "Set")) : stateBadge(parameter));
      update(value, [parameter.state, parameter.environment], () => parameter.environment.length ? variableOf(parameter.id, parameter.environment[0].name) : h("span", { class: "muted" }, "no value"));
      update(variable, [parameter.name], () => h("code", { class: "muted" }, `Parameters__${parameter.name.replaceAll("-", "_")}`));
    });
    empty.hidden = rows.length > 0;
    empty.textContent = all.length ? "No parameter matches the filter." : "The app model has no parameters.";
  }
}
