// Builds elements. Text only ever becomes text: nothing in these pages parses markup, and the page's policy forbids it.

/**
 * @param {string} tag
 * @param {object} properties attributes; `on` holds event listeners, `class` the classes, `false` and `undefined` leave out
 * @param {...(Node | string | null | undefined | false | Array)} children
 */
export function element(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  return fill(node, properties, children);
}

/** As `element`, for the parts of a drawing. */
export function drawing(tag, properties = {}, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  return fill(node, properties, children);
}

/** Replaces what stands in `node`. */
export function replace(node, ...children) {
  node.replaceChildren(...children.flat(Infinity).filter(isShown));
  return node;
}

let lastId = 0;

/** An id that no other element of the page has. */
export function uniqueId(prefix) {
  lastId++;
  return `${prefix}-${lastId}`;
}

function fill(node, { on = {}, ...attributes }, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) {
      node.setAttribute(name, "");
    } else if (value !== false && value !== undefined && value !== null) {
      node.setAttribute(name, value);
    }
  }

  for (const [event, listener] of Object.entries(on)) {
    node.addEventListener(event, listener);
  }

  node.append(...children.flat(Infinity).filter(isShown));
  return node;
}

function isShown(child) {
  return child !== null && child !== undefined && child !== false;
}
