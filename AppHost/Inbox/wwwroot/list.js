import { element, mailbox, time } from './text.js';

const list = document.getElementById('list');

// Which messages were opened in this tab; the server does not keep such a thing.
const opened = new Set(JSON.parse(sessionStorage.getItem('opened') ?? '[]'));

export function markOpened(id) {
  opened.add(id);
  sessionStorage.setItem('opened', JSON.stringify([...opened].slice(-1000)));
  row(id)?.classList.remove('unread');
}

/** Shows the messages. Rows that stay keep their element, and with it focus and hover. */
export function show(messages, selected) {
  const rows = new Map([...list.children].map(item => [item.dataset.id, item]));
  const items = messages.map(message => rows.get(message.ID) ?? item(message));
  if (items.length !== list.children.length || items.some((item, i) => item !== list.children[i])) {
    const focused = document.activeElement?.closest('#list li')?.dataset.id;
    list.replaceChildren(...items);
    if (focused) {
      row(focused)?.firstChild.focus({ preventScroll: true });
    }
  }

  select(selected);
}

export function select(id) {
  for (const item of list.children) {
    if (item.dataset.id === id) {
      item.firstChild.setAttribute('aria-current', 'true');
    } else {
      item.firstChild.removeAttribute('aria-current');
    }
  }

  row(id)?.scrollIntoView({ block: 'nearest' });
}

/** The id that stands so many rows away, or the first when nothing is selected. */
export function neighbour(id, distance) {
  const ids = [...list.children].map(item => item.dataset.id);
  const index = ids.indexOf(id);
  return index < 0 ? ids[0] : ids[Math.min(Math.max(index + distance, 0), ids.length - 1)];
}

const row = id => id ? list.querySelector(`[data-id="${CSS.escape(id)}"]`) : null;

function item(message) {
  const recipients = [...message.To, ...message.Cc, ...message.Bcc];
  const to = recipients.length > 0 ? recipients.map(mailbox).join(', ') : '(no recipient)';
  const node = element('li', { className: opened.has(message.ID) ? '' : 'unread' },
    element('a', { href: `#${message.ID}` },
      element('span', { className: `kind ${message.Kind}` }, message.Kind),
      element('span', { className: 'to', title: to }, to),
      time(message.Created),
      element('span', { className: 'subject' }, message.Subject || '(no subject)'),
      element('span', { className: 'snippet' }, message.Snippet)));
  node.dataset.id = message.ID;
  return node;
}
