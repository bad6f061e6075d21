import { deleteAllMessages, deleteMessage, listMessages, readMessage, watch } from './api.js';
import { markOpened, neighbour, select, show } from './list.js';
import { copyCode, showError, showMessage, showNothing } from './reader.js';

const PAGE = 50;
const search = document.getElementById('search');
const count = document.getElementById('count');
const live = document.getElementById('live');
const more = document.getElementById('more');

// The state of the page is its address, #id and ?q=, so that a view can be shared and survives a reload.
search.value = new URLSearchParams(location.search).get('q') ?? '';
let limit = PAGE;
let shown = null;
let reading = new AbortController();
let refreshing = null;
let again = false;

const selected = () => decodeURIComponent(location.hash.slice(1));

/** Fetches the list; changes that come meanwhile lead to one more round, however many they are. */
function refresh() {
  again = true;
  refreshing ??= (async () => {
    while (again) {
      again = false;
      try {
        const page = await listMessages(search.value.trim(), limit);
        show(page.messages, selected());
        count.textContent = search.value.trim() ? `${page.messages_count} of ${page.total}` : `${page.total} ${page.total === 1 ? 'message' : 'messages'}`;
        document.title = page.total > 0 ? `Inbox (${page.total})` : 'Inbox';
        more.hidden = page.count >= page.messages_count;
        if (!selected()) {
          shown = null;
          showNothing(page.total > 0);
        }
      } catch (error) {
        count.textContent = error.message;
      }
    }

    refreshing = null;
  })();
}

async function openSelected() {
  const id = selected();
  document.body.classList.toggle('reading', id !== '');
  select(id);
  if (!id || id === shown) {
    refresh();
    return;
  }

  reading.abort();
  reading = new AbortController();
  const { signal } = reading;
  try {
    const message = await readMessage(id, signal);
    if (id === selected()) {
      shown = id;
      showMessage(message, { onDelete: remove, onBack: close });
      markOpened(id);
    }
  } catch (error) {
    if (!signal.aborted) {
      shown = null;
      showError(error.message);
    }
  }
}

function close() {
  history.pushState(null, '', location.pathname + location.search);
  openSelected();
}

async function remove() {
  const id = selected();
  const next = [neighbour(id, 1), neighbour(id, -1)].find(other => other && other !== id);
  reading.abort(); // it would not be found any more
  await deleteMessage(id);
  history.replaceState(null, '', next ? `#${next}` : location.pathname + location.search);
  openSelected();
  refresh();
}

function move(distance) {
  const next = neighbour(selected(), distance);
  if (next) {
    location.hash = next;
  }
}

const keys = {
  j: () => move(1),
  ArrowDown: () => move(1),
  k: () => move(-1),
  ArrowUp: () => move(-1),
  c: copyCode,
  '/': () => search.select(),
  Delete: () => selected() && remove(),
  Escape: close,
};

document.addEventListener('keydown', event => {
  if (event.ctrlKey || event.metaKey || event.altKey) {
    return;
  }

  if (event.target === search) {
    if (event.key === 'Escape' || event.key === 'Enter' || event.key === 'ArrowDown') {
      search.blur();
    }

    return;
  }

  const action = keys[event.key];
  if (action) {
    event.preventDefault();
    action();
  }
});

let typing;
search.addEventListener('input', () => {
  clearTimeout(typing);
  typing = setTimeout(() => {
    limit = PAGE;
    const query = search.value.trim();
    history.replaceState(null, '', (query ? `?q=${encodeURIComponent(query)}` : location.pathname) + location.hash);
    refresh();
  }, 150);
});

more.addEventListener('click', () => {
  limit += PAGE;
  refresh();
});

document.getElementById('delete-all').addEventListener('click', async () => {
  if (confirm('Delete all messages?')) {
    await deleteAllMessages();
    close();
  }
});

addEventListener('hashchange', openSelected);
addEventListener('popstate', openSelected);
watch(refresh, on => {
  live.classList.toggle('on', on);
  live.title = live.firstChild.textContent = on ? 'Live' : 'Reconnecting';
});
openSelected();
