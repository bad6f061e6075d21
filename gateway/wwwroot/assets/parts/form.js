// Forms: labels, hints, errors beside their fields and above them, one submission at a time. What was typed stays whatever
// the server, or the way to it, does.
import { ApiError } from "../api/http.js";
import { fieldInWords, inWords } from "../api/words.js";
import { element, replace, uniqueId } from "../dom.js";
import { text } from "../texts.js";
import { Cancelled } from "./dialog.js";

/**
 * @typedef {object} Field
 * @property {string} name of the value, and the path of the server's errors about it
 * @property {string} label
 * @property {string} [type] of the input; `checkbox` too
 * @property {string} [hint]
 * @property {string} [value]
 * @property {boolean} [optional]
 * @property {object} [attributes] of the input
 * @property {string} [code] of the error that a value of the wrong form gets
 * @property {(input: HTMLInputElement) => Node} [below] something that goes with the input, such as a meter
 */

/**
 * @param {object} options
 * @param {Field[]} options.fields
 * @param {string} options.button words on the button
 * @param {string} [options.style] class of the button
 * @param {(values: Record<string, string | boolean>, form: HTMLFormElement) => Promise<unknown>} options.submit
 *   throws an ApiError to have it shown
 * @param {(Node | string)[]} [options.before] above the fields
 * @param {(Node | string)[]} [options.beside] beside the button
 * @returns {HTMLFormElement}
 */
export function form({ fields, button, style, submit, before = [], beside = [] }) {
  const rows = fields.map(createRow);
  const summary = element("div", { class: "summary", role: "alert" });
  const submitter = element("button", { type: "submit", class: style }, button);
  let busy = false;

  const node = element("form", { novalidate: true, on: { submit: onSubmit } },
    before, rows.map((row) => row.node), summary, element("div", { class: "buttons" }, submitter, beside));
  return node;

  async function onSubmit(event) {
    event.preventDefault();
    if (busy) {
      return;
    }

    clear();
    if (!check()) {
      return;
    }

    setBusy(true);
    try {
      await submit(Object.fromEntries(rows.map((row) => [row.field.name, row.value()])), node);
    } catch (error) {
      explain(error);
    } finally {
      setBusy(false);
    }
  }

  function setBusy(now) {
    busy = now;
    // Not `disabled`, which would take the focus away from it.
    submitter.setAttribute("aria-disabled", String(now));
    submitter.textContent = now ? text("working") : button;
  }

  function clear() {
    replace(summary);
    for (const row of rows) {
      row.setError(null);
    }
  }

  function check() {
    for (const row of rows) {
      row.setError(invalidity(row.input, row.field));
    }

    const first = rows.find((row) => row.input.getAttribute("aria-invalid") === "true");
    first?.input.focus();
    return first === undefined;
  }

  function explain(error) {
    if (error instanceof Cancelled || error.name === "AbortError") {
      return;
    }

    if (!(error instanceof ApiError)) {
      console.error(error);
    }

    const hit = rows.filter((row) => {
      const found = error.fields?.find((field) => field.path === row.field.name);
      if (found) {
        row.setError(fieldInWords(found.code));
      }

      return found;
    });
    // An error that no field shows has to be said all the same.
    const unshown = !(error instanceof ApiError) || error.fields.length === 0 || error.fields.some((field) => rows.every((row) => row.field.name !== field.path));
    if (unshown) {
      replace(summary, element("p", { class: "message error" }, inWords(error)));
    }

    hit[0]?.input.focus();
  }
}

/**
 * A form of one button.
 * @param {{ button: string, subject?: string, style?: string, submit: () => Promise<unknown> }} options
 *   `subject`: what it is about, for people who do not see which line it stands in
 */
export function action({ button, subject, style = "secondary", submit }) {
  const node = form({ fields: [], button, style, submit });
  node.classList.add("action");
  if (subject) {
    node.querySelector("button").setAttribute("aria-label", `${button}: ${subject}`);
  }

  return node;
}

function createRow(field) {
  const id = uniqueId(field.name);
  const error = element("p", { class: "field-error", id: `${id}-error` });
  const hint = field.hint ? element("p", { class: "hint", id: `${id}-hint` }, field.hint) : null;
  const checkbox = field.type === "checkbox";
  const input = element("input", {
    id,
    name: field.name,
    type: field.type ?? "text",
    value: checkbox ? undefined : field.value,
    required: !field.optional,
    "aria-describedby": `${id}-error${hint ? ` ${id}-hint` : ""}`,
    ...field.attributes,
  });
  const label = element("label", { for: id }, field.label,
    field.optional && !checkbox && element("span", { class: "optional" }, ` ${text("optional")}`));
  const node = checkbox
    ? element("div", { class: "field check" }, input, label, hint, error)
    : element("div", { class: "field" }, label, hint, input, field.below?.(input), error);
  return {
    field,
    input,
    node,
    value: () => (checkbox ? input.checked : field.type === "password" ? input.value : input.value.trim()),
    setError(words) {
      if (words) {
        input.setAttribute("aria-invalid", "true");
        error.textContent = words;
      } else {
        input.removeAttribute("aria-invalid");
        error.textContent = "";
      }
    },
  };
}

/** What the browser already knows to be wrong, in our words. */
function invalidity(input, field) {
  const { validity } = input;
  if (validity.valid) {
    return null;
  }

  if (validity.valueMissing) {
    return field.type === "checkbox" ? text("invalid.unchecked") : text("invalid.missing");
  }

  if (validity.tooShort) {
    return text("invalid.short", { length: input.minLength });
  }

  if (validity.typeMismatch && field.type === "email") {
    return text("field.INVALID_EMAIL_FORMAT");
  }

  return fieldInWords(field.code ?? "INVALID_FORMAT");
}
