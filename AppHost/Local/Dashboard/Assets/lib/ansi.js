import { h } from "./dom.js";

// Text with terminal colours (ECMA-48 SGR) to elements. Other control sequences are dropped.

const Sequence = /\x1b(?:\[([0-?]*)[ -/]*([@-~])|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\^_])/g;
const Address = /https?:\/\/[^\s"'<>\]})]+/g;

/** @returns an array of strings and elements */
export function ansi(text) {
  if (!text.includes("\x1b")) return linked(text);
  const parts = [];
  let style = {};
  let from = 0;
  for (const match of text.matchAll(Sequence)) {
    append(text.slice(from, match.index));
    from = match.index + match[0].length;
    if (match[2] === "m") style = apply(style, match[1]);
  }
  append(text.slice(from));
  return parts;

  function append(piece) {
    if (!piece) return;
    const names = classes(style);
    if (!names) {
      parts.push(...linked(piece));
      return;
    }
    const span = h("span", { class: names }, linked(piece));
    if (style.rgb) span.style.setProperty("--rgb", style.rgb);
    if (style.backRgb) span.style.setProperty("--back-rgb", style.backRgb);
    parts.push(span);
  }
}

function apply(before, codes) {
  const style = { ...before };
  const numbers = codes.split(/[;:]/).map(code => Number(code || 0));
  for (let i = 0; i < numbers.length; i++) {
    const code = numbers[i];
    if (code === 0) for (const name of Object.keys(style)) delete style[name];
    else if (code === 1) style.bold = true;
    else if (code === 2) style.dim = true;
    else if (code === 3) style.italic = true;
    else if (code === 4) style.underline = true;
    else if (code === 7) style.inverse = true;
    else if (code === 22) style.bold = style.dim = false;
    else if (code === 23) style.italic = false;
    else if (code === 24) style.underline = false;
    else if (code === 27) style.inverse = false;
    else if (code >= 30 && code <= 37) setColour(style, code - 30);
    else if (code >= 90 && code <= 97) setColour(style, code - 82);
    else if (code === 39) setColour(style, null);
    else if (code >= 40 && code <= 47) setBack(style, code - 40);
    else if (code >= 100 && code <= 107) setBack(style, code - 92);
    else if (code === 49) setBack(style, null);
    else if (code === 38 || code === 48) {
      const set = code === 38 ? setColour : setBack;
      if (numbers[i + 1] === 5) {
        set(style, ...indexed(numbers[i + 2]));
        i += 2;
      } else if (numbers[i + 1] === 2) {
        set(style, null, rgb(numbers[i + 2], numbers[i + 3], numbers[i + 4]));
        i += 4;
      }
    }
  }
  return style;
}

function setColour(style, index, value = null) {
  style.colour = index;
  style.rgb = value;
}

function setBack(style, index, value = null) {
  style.back = index;
  style.backRgb = value;
}

const rgb = (r = 0, g = 0, b = 0) => `rgb(${r & 255} ${g & 255} ${b & 255})`;

/** The 256-colour table: 16 named, a cube of 6³, 24 greys. */
function indexed(n = 0) {
  if (n < 16) return [n, null];
  if (n >= 232) return [null, rgb(8 + (n - 232) * 10, 8 + (n - 232) * 10, 8 + (n - 232) * 10)];
  const part = value => value === 0 ? 0 : 55 + value * 40;
  const cube = n - 16;
  return [null, rgb(part(Math.floor(cube / 36)), part(Math.floor(cube / 6) % 6), part(cube % 6))];
}

function classes(style) {
  const names = [];
  if (style.colour !== null && style.colour !== undefined) names.push(`ansi-${style.colour}`);
  if (style.back !== null && style.back !== undefined) names.push(`ansi-back-${style.back}`);
  if (style.rgb) names.push("ansi-rgb");
  if (style.backRgb) names.push("ansi-back-rgb");
  for (const name of ["bold", "dim", "italic", "underline", "inverse"]) if (style[name]) names.push(`ansi-${name}`);
  return names.join(" ");
}

function linked(text) {
  const parts = [];
  let from = 0;
  for (const match of text.matchAll(Address)) {
    const address = match[0].replace(/[.,;:!?]+$/, "");
    if (match.index > from) parts.push(text.slice(from, match.index));
    parts.push(h("a", { href: address, target: "_blank", rel: "noreferrer noopener" }, address));
    from = match.index + address.length;
  }
  if (from < text.length) parts.push(text.slice(from));
  return parts;
}
