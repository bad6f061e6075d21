// What the page asks the server for. Errors carry the server's own words.

async function request(path, options) {
  const response = await fetch(path, options);
  if (!response.ok) {
    const problem = await response.json().catch(() => ({}));
    throw Object.assign(new Error(problem.detail ?? `The server answered ${response.status}.`), { status: response.status });
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

export const readMessage = async id => (await request(`/api/v1/message/${encodeURIComponent(id)}`)).json();

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
