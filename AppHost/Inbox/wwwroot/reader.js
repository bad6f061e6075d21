import { readHeaders, readSource } from './api.js';
import { anchor, element, enrich, findCodes, findLinks, mailbox, size } from './text.js';

const reader = document.getElementById('reader');

export function showNothing(hasMessages) {
  reader.replaceChildren(element('div', { className: 'empty' },
    element('p', {}, hasMessages ? 'Choose a message.' : 'Nothing has arrived yet.'),
    hasMessages ? null : element('p', {}, 'Mail goes to SMTP on this machine, port ', element('code', {}, '1025'), ' unless set otherwise; the rest to ',
      element('code', {}, 'POST /sms'), ', ', element('code', {}, '/push'), ', ', element('code', {}, '/letter'), ' and ', element('code', {}, '/test'), '.')));
}

export function showError(text) {
  reader.replaceChildren(element('p', { className: 'empty' }, text));
}

export function showMessage(message, { onDelete, onBack }) {
  const posted = message.MediaType === 'application/json' ? JSON.parse(message.Text) : null;
  const views = posted ? viewsOfPost(message, posted) : viewsOfMail(message);
  const plain = posted ? [posted.code, posted.text, posted.body].filter(value => typeof value === 'string').join('\n') : message.Text;
  const links = posted ? findLinks([posted.link, posted.callback].filter(value => typeof value === 'string').join('\n')) : [];

  reader.replaceChildren(
    element('button', { id: 'back', type: 'button', onclick: onBack }, '‹ All messages'),
    element('div', { className: 'title' },
      element('span', { className: `kind ${message.Kind}` }, message.Kind),
      element('h2', {}, message.Subject || '(no subject)'),
      element('button', { type: 'button', className: 'danger', onclick: onDelete }, 'Delete')),
    fields(message),
    ...message.Warnings.map(warning => element('p', { className: 'warning' }, warning)),
    chips(findCodes(plain), links),
    tabs(views));
  reader.scrollTop = 0;
}

/** Copies the first code of the message that is shown. */
export function copyCode() {
  reader.querySelector('.code')?.click();
}

function fields(message) {
  const rows = [
    ['From', mailbox(message.From)],
    ['To', message.To.map(mailbox).join(', ')],
    ['Cc', message.Cc.map(mailbox).join(', ')],
    ['Bcc', message.Bcc.map(mailbox).join(', ')],
    ['Reply to', message.ReplyTo.map(mailbox).join(', ')],
    ['Received', `${new Date(message.Created).toLocaleString()}, ${size(message.Size)}`],
  ];
  return element('dl', { className: 'fields' },
    ...rows.filter(([, value]) => value).flatMap(([name, value]) => [element('dt', {}, name), element('dd', {}, value)]),
    ...(message.Attachments.length > 0 ? [element('dt', {}, 'Attached'), element('dd', {}, attachments(message))] : []));
}

const attachments = message => element('span', { className: 'chips' }, ...message.Attachments.map(part =>
  element('a', { className: 'button', href: `/api/v1/message/${message.ID}/part/${part.PartID}`, download: part.FileName }, `${part.FileName} (${size(part.Size)})`)));

function chips(codes, links) {
  if (codes.length + links.length === 0) {
    return '';
  }

  return element('div', { className: 'chips' },
    ...codes.slice(0, 4).map(codeButton),
    ...links.map(url => Object.assign(anchor(url), { className: 'button' })));
}

function codeButton(code) {
  const hint = element('span', { role: 'status' }, 'copy');
  return element('button', {
    type: 'button',
    className: 'code',
    title: 'Copy this code (c)',
    onclick: async () => {
      try {
        await navigator.clipboard.writeText(code);
        hint.textContent = 'copied';
      } catch {
        hint.textContent = 'the browser does not allow it';
      }

      setTimeout(() => { hint.textContent = 'copy'; }, 2000);
    },
  }, element('b', {}, code), hint);
}

const viewsOfMail = message => [
  message.HTML && ['HTML', () => element('iframe', {
    src: `/view/${message.ID}.html`,
    sandbox: 'allow-popups allow-popups-to-escape-sandbox',
    referrerPolicy: 'no-referrer',
    title: 'HTML of the mail',
  })],
  ['Text', () => element('pre', { className: 'text' }, enrich(message.Text))],
  ['Header', async () => element('pre', { className: 'source' }, Object.entries(await readHeaders(message.ID))
    .flatMap(([name, values]) => values.map(value => `${name}: ${value}`)).join('\n') || '(no header)')],
  ['Source', async () => element('pre', { className: 'source' }, await readSource(message.ID))],
].filter(Boolean);

const viewsOfPost = (message, posted) => [
  ['Message', () => element('pre', { className: 'text' }, enrich(posted.text ?? posted.body ?? describe(posted)))],
  ['JSON', () => element('pre', { className: 'source' }, JSON.stringify(posted, null, 2))],
  ['As posted', () => element('pre', { className: 'source' }, message.Text)],
];

// A letter or a push has no text: its members say what there is.
const describe = posted => Object.entries(posted)
  .map(([name, value]) => `${name}: ${value !== null && typeof value === 'object' ? Object.values(value).join(', ') : value}`).join('\n');

function tabs(views) {
  const panel = element('div', { role: 'tabpanel', tabIndex: 0 });
  const buttons = views.map(([name], i) => element('button', { type: 'button', role: 'tab', onclick: () => open(i) }, name));

  async function open(index) {
    buttons.forEach((button, i) => {
      button.setAttribute('aria-selected', String(i === index));
      button.tabIndex = i === index ? 0 : -1;
    });
    panel.setAttribute('aria-label', views[index][0]);
    let view;
    try {
      view = await views[index][1]();
    } catch (error) {
      view = element('p', { className: 'warning' }, error.message);
    }

    // Another tab may have been opened while this one was fetched.
    if (buttons[index].tabIndex === 0) {
      panel.replaceChildren(view);
    }
  }

  const bar = element('div', { role: 'tablist' }, ...buttons);
  bar.addEventListener('keydown', event => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step) {
      const next = (buttons.indexOf(document.activeElement) + step + buttons.length) % buttons.length;
      buttons[next].focus();
      open(next);
      event.stopPropagation();
    }
  });
  open(0);
  const both = document.createDocumentFragment();
  both.append(bar, panel);
  return both;
}
