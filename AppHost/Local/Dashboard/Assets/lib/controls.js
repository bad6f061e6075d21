import { get } from "./api.js";
import { copyButton, debounced, h } from "./dom.js";
import { parameters, setParameters } from "./url.js";

// Controls that keep their value in the address.

/** A search field. */
export function searchField(name, label, placeholder) {
  const input = h("input", { type: "search", placeholder, "aria-label": label, spellcheck: "false", autocomplete: "off" });
  input.addEventListener("input", debounced(150, () => setParameters({ [name]: input.value.trim() })));
  return control(h("label", { class: "field grow" }, h("span", {}, label), input), () => {
    if (document.activeElement !== input) input.value = parameters().get(name) ?? "";
  });
}

/** A list to choose from; options are [value, text] pairs and may change. */
export function picker(name, label, options, { push = false } = {}) {
  const select = h("select", { onchange: () => setParameters({ [name]: select.value }, { push }) });
  const element = control(h("label", { class: "field" }, h("span", {}, label), select), () => {
    const wanted = parameters().get(name) ?? "";
    select.value = wanted;
    if (select.value !== wanted && wanted) {
      // A shared address may name what is not there yet.
      select.append(h("option", { value: wanted }, wanted));
      select.value = wanted;
    }
  });
  element.setOptions = pairs => {
    const key = JSON.stringify(pairs);
    if (key !== element.optionsKey) {
      element.optionsKey = key;
      select.replaceChildren(...pairs.map(([value, text]) => h("option", { value }, text)));
    }
    element.show();
  };
  element.setOptions(options);
  return element;
}

/** A box that is on or off. */
export function toggle(name, label, { invert = false } = {}) {
  const input = h("input", { type: "checkbox", onchange: () => setParameters({ [name]: invert ? (input.checked ? null : "0") : input.checked }) });
  return control(h("label", { class: "toggle" }, input, label), () => {
    input.checked = invert ? parameters().get(name) !== "0" : parameters().has(name);
  });
}

function control(element, show) {
  element.show = show;
  show();
  return element;
}

/** Filters of the form name=value (equal) or name~part (contains), shown as chips. */
export function attributeFilters() {
  const input = h("input", { type: "text", placeholder: "name=value or name~part", "aria-label": "Attribute filter", spellcheck: "false", autocomplete: "off" });
  const chips = h("span", { class: "chips" });
  const form = h("form", {
    class: "field grow", onsubmit: event => {
      event.preventDefault();
      const text = input.value.trim();
      if (!/^[^=~]+[=~]/.test(text)) {
        input.setCustomValidity("Write name=value or name~part.");
        input.reportValidity();
        return;
      }
      input.value = "";
      setParameters({ attr: [...parameters().getAll("attr"), text] });
    },
  }, h("span", {}, "Attribute"), input, chips);
  input.addEventListener("input", () => input.setCustomValidity(""));
  return control(form, () => chips.replaceChildren(...parameters().getAll("attr").map(text => h("span", { class: "chip" }, text,
    h("button", { type: "button", "aria-label": `Remove filter ${text}`, onclick: () => setParameters({ attr: parameters().getAll("attr").filter(other => other !== text) }) }, "×")))));
}

/** A value that is fetched and shown only when a person asks for it. */
export function masked(what, fetchValue) {
  const place = h("span", { class: "masked" });
  const hide = () => {
    const button = h("button", {
      type: "button", class: "mask", "aria-label": `Show ${what}`, title: "Show", onclick: async () => {
        button.disabled = true;
        try {
          place.reveal(await fetchValue());
          place.querySelector("button")?.focus();
        } catch (error) {
          button.disabled = false;
          button.title = error.message;
        }
      },
    }, "••••••••");
    place.replaceChildren(button);
  };
  place.reveal = value => place.replaceChildren(
    h("code", {}, value === "" ? h("em", { class: "muted" }, "empty") : value),
    h("span", { class: "value-actions" },
      h("button", { type: "button", class: "quiet small", "aria-label": `Hide ${what}`, onclick: () => { hide(); place.querySelector("button").focus(); } }, "Hide"),
      copyButton(value, what)));
  place.hide = hide;
  hide();
  return place;
}

/** The value of one environment variable of a resource. */
export const variableOf = (id, name) => masked(`the value of ${name}`,
  async () => (await get(`/api/resources/${encodeURIComponent(id)}/environment`, { name })).value);

/** A panel beside the list, closed with Escape or its button. */
export function detailsPanel(label, close) {
  const body = h("div", { class: "panel-body" });
  const heading = h("h2", {});
  const panel = h("aside", { class: "panel", "aria-label": label, hidden: true, onkeydown: event => { if (event.key === "Escape") close(); } },
    h("header", {}, heading, h("button", { type: "button", class: "quiet", "aria-label": "Close details", onclick: close }, "✕")), body);
  return { panel, body, heading };
}

/** Name and value in two columns. */
export const facts = pairs => h("dl", { class: "facts" }, pairs.filter(pair => pair && pair[1] !== null && pair[1] !== undefined && pair[1] !== "")
  .map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));

let severalInstances = new Set();

/** A sender as a person calls it: with its instance only where the name has several. */
export const senderName = key => {
  const name = key.split("/")[0];
  return severalInstances.has(name) ? key : name;
};

/** The senders of telemetry for a picker: names, and instances where a name has several. */
export async function telemetryResources() {
  const all = await get("/api/telemetry/resources");
  const names = [...new Set(all.map(resource => resource.name))];
  severalInstances = new Set(names.filter(name => all.filter(resource => resource.name === name).length > 1));
  return [["", "All resources"], ...names.flatMap(name => {
    const instances = all.filter(resource => resource.name === name);
    return [[name, name], ...(instances.length > 1 ? instances.map(one => [one.key, `– ${one.instanceId || "(no instance)"}`]) : [])];
  })];
}
