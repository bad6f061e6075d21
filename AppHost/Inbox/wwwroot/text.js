// Text of others becomes elements here, never markup: nothing in a message can run on this page.

/** An element with properties and children; strings become text. */
export function element(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in node) {
      node[name] = value;
    } else {
      node.setAttribute(name, value);
    }
  }

  node.append(...children.filter(child => child != null));
  return node;
}

// A link ends before the punctuation of the sentence it stands in.
const link = /https?:\/\/[^\s<>"']*[^\s<>"'.,;:!?)\]}]/g;

// Six digits, or XXXX-XXXX, standing alone: not part of a number, an id or a time.
const code = /(?<![\p{L}\p{N}._+:/#=-])(?:\d{6}|[A-Z0-9]{4}-[A-Z0-9]{4})(?![\p{L}\p{N}_-]|\.\d)/gu;

export const findCodes = text => [...new Set(text.replace(link, ' ').match(code) ?? [])];

export const findLinks = text => [...new Set(text.match(link) ?? [])];

/** Text with clickable links and marked codes. */
export function enrich(text) {
  const pieces = document.createDocumentFragment();
  let end = 0;
  for (const match of text.matchAll(new RegExp(`${link.source}|${code.source}`, 'gu'))) {
    pieces.append(text.slice(end, match.index), match[0].startsWith('http') ? anchor(match[0]) : element('mark', {}, match[0]));
    end = match.index + match[0].length;
  }

  pieces.append(text.slice(end));
  return pieces;
}

export const anchor = url => element('a', { href: url, target: '_blank', rel: 'noopener noreferrer' }, url);

/** A moment in the reader's own time zone: today by the second, older by the day. */
export function time(moment) {
  const date = new Date(moment);
  const today = date.toDateString() === new Date().toDateString();
  const text = today ? date.toLocaleTimeString() : date.toLocaleDateString(undefined, { day: 'numeric', month: 'short' });
  return element('time', { dateTime: moment, title: date.toLocaleString() }, text);
}

export const mailbox = ({ Name, Address }) => Name ? `${Name} <${Address}>` : Address;

export const size = bytes => bytes < 1024 ? `${bytes} B` : bytes < 1024 * 1024 ? `${(bytes / 1024).toFixed(1)} KiB` : `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
