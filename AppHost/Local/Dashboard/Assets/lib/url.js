// What is shown stands in the address, so that a view can be shared and the back button works.

export const parameters = () => new URLSearchParams(location.search);

/** Changes parameters of the present page; null or "" takes one away. A step a person would want to go back from is pushed. */
export function setParameters(changes, { push = false } = {}) {
  const query = parameters();
  for (const [name, value] of Object.entries(changes)) {
    query.delete(name);
    for (const one of [value].flat()) {
      if (one !== null && one !== undefined && one !== "" && one !== false) query.append(name, one === true ? "1" : one);
    }
  }
  const address = address_(location.pathname, query);
  if (address === location.pathname + location.search) return;
  history[push ? "pushState" : "replaceState"](null, "", address);
  window.dispatchEvent(new Event("parameterschange"));
}

/** An address of this dashboard. */
export function link(path, values = {}) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value !== null && value !== undefined && value !== "") query.append(name, value);
  }
  return address_(path, query);
}

function address_(path, query) {
  const text = query.toString();
  return text ? `${path}?${text}` : path;
}
