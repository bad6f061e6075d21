// What the page asks the inbox for. Errors carry the inbox's own words.

async function request(path, options) {
  const response = await fetch(path, options).catch(() => {
    throw new Error('The inbox does not answer.');
  });
  if (!response.ok) {
    const problem = await response.json().catch(() => ({}));
    throw new Error(problem.detail ?? `The inbox answered ${response.status}.`);
  }

  return response;
}

export async function listMessages(query, limit) {
  const parameters = new URLSearchParams({ limit });
  if (query) {
    parameters.set('query', query);
  }

  return (await request(`/api/v1/messages?${parameters}`)).json();
}

export const readMessage = async (id, signal) => (await request(`/api/v1/message/${encodeURIComponent(id)}`, { signal })).json();

export const readHeaders = async id => (await request(`/api/v1/message/${encodeURIComponent(id)}/headers`)).json();

export const readSource = async id => (await request(`/api/v1/message/${encodeURIComponent(id)}/raw`)).text();

export const deleteAllMessages = () => request('/api/v1/messages', { method: 'DELETE' });

export const deleteMessage = id => request('/api/v1/messages', {
  method: 'DELETE',
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify({ IDs: [id] }),
});

/** Calls back when the inbox has changed, first at once. The browser connects again by itself when the server was away. */
export function watch(onChange, onState) {
  const events = new EventSource('/api/v1/events');
  events.addEventListener('change', onChange);
  events.addEventListener('open', () => onState(true));
  events.addEventListener('error', () => onState(false));
}
