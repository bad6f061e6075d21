// Elements without innerHTML: text stays text, whatever a resource prints.

/** Makes an element. Properties: class, on… (listener), data-…/aria-… and other attributes; null and false are left out. */
export function h(tag, properties, ...children) {
  return fill(document.createElement(tag), properties, children);
}

/** Makes an SVG element. */
export function svg(tag, properties, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), properties, children);
}

function fill(element, properties, children) {
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "value") element.value = value;
    else if (name === "style") Object.assign(element.style, value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter(child => child !== null && child !== undefined && child !== false));
  return element;
}

/** Replaces an element's children when the key has changed: what did not change keeps its focus and its selection. */
export function update(element, key, build) {
  const text = typeof key === "string" ? key : JSON.stringify(key);
  if (element.contentKey === text) return;
  element.contentKey = text;
  element.replaceChildren(...[build()].flat(Infinity).filter(child => child !== null && child !== undefined && child !== false));
}

/** Brings the children of a parent into the order of the given items, each with one element that is made once and updated. */
export function keyed(parent, items, keyOf, make, change) {
  const known = parent.keyedChildren ??= new Map();
  const wanted = new Set();
  let place = parent.firstElementChild;
  for (const item of items) {
    const key = keyOf(item);
    wanted.add(key);
    let element = known.get(key);
    if (!element) {
      element = make(item);
      known.set(key, element);
    }
    change(element, item);
    if (element === place) place = place.nextElementSibling;
    else parent.insertBefore(element, place);
  }
  for (const [key, element] of known) {
    if (!wanted.has(key)) {
      element.remove();
      known.delete(key);
    }
  }
}

/** Runs at most once per animation frame, with the newest state. */
export function perFrame(action) {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      action();
    });
  };
}

/** Runs when nothing has called for a while. */
export function debounced(milliseconds, action) {
  let timer = 0;
  return (...values) => {
    clearTimeout(timer);
    timer = setTimeout(() => action(...values), milliseconds);
  };
}

/** A copy button for a value. */
export function copyButton(value, what) {
  const button = h("button", {
    type: "button", class: "quiet small", "aria-label": `Copy ${what}`, title: "Copy",
    onclick: async () => {
      await navigator.clipboard.writeText(value);
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = "Copy"; }, 1200);
    },
  }, "Copy");
  return button;
}
