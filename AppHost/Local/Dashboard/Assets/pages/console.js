import { ansi } from "../lib/ansi.js";
import { picker, searchField, toggle } from "../lib/controls.js";
import { h, perFrame, update } from "../lib/dom.js";
import { fullTime, time } from "../lib/format.js";
import { live } from "../lib/live.js";
import { displayName, isParameter, stateBadge, visible } from "../lib/resource.js";
import { parameters, setParameters } from "../lib/url.js";

export const title = "Console";

/** Lines stand in groups that the browser lays out only when they are in sight; whole groups go when there are too many. */
const LinesPerGroup = 200;
const MaxGroups = 50;

export function mount(root) {
  const resource = picker("resource", "Resource", [], { push: true });
  const filter = searchField("filter", "Filter", "Text in the line");
  const timestamps = toggle("times", "Timestamps");
  const wrap = toggle("wrap", "Wrap lines", { invert: true });
  const follow = h("input", { type: "checkbox", checked: true, onchange: () => { if (follow.checked) toEnd(); } });
  follow.checked = true;
  const download = h("a", { class: "button", download: "" }, "Download");
  const state = h("span", { class: "summary" });
  const output = h("div", { class: "console", role: "log", "aria-live": "off", "aria-label": "Console output", tabindex: "0" });
  const empty = h("p", { class: "empty" });
  root.append(
    h("div", { class: "head" }, h("h1", {}, "Console"), state,
      h("div", { class: "tools" }, resource, filter, timestamps, wrap, h("label", { class: "toggle" }, follow, "Follow"), download)),
    h("div", { class: "console-frame" }, output, empty));

  let id = null;
  let lastNumber = 0;
  let marks = [];
  let shownMarks = new Set();
  let pattern = "";

  // Only a move upwards is a person's: the end also moves away when lines come or the frame becomes smaller.
  let lastTop = 0;
  output.addEventListener("scroll", () => {
    const isAtEnd = output.scrollHeight - output.scrollTop - output.clientHeight < 24;
    if (isAtEnd) follow.checked = true;
    else if (output.scrollTop < lastTop) follow.checked = false;
    lastTop = output.scrollTop;
  }, { passive: true });
  const resizing = new ResizeObserver(() => { if (follow.checked) toEnd(); });
  resizing.observe(output);

  const showResources = perFrame(renderResources);
  showResources();
  return {
    show,
    resources: showResources,
    console: data => { if (data.id === id) append(data); },
    runs: data => {
      if (data.id !== id) return;
      marks = data.runs.map(run => ({ ...run, at: Date.parse(run.at) }));
      placeMarks();
    },
    unmount: () => resizing.disconnect(),
  };

  function show() {
    for (const element of [resource, filter, timestamps, wrap]) element.show();
    output.classList.toggle("with-times", parameters().has("times"));
    output.classList.toggle("no-wrap", parameters().get("wrap") === "0");
    const text = (parameters().get("filter") ?? "").toLowerCase();
    if (text !== pattern) {
      pattern = text;
      for (const line of output.querySelectorAll(".line")) line.hidden = !matches(line);
      if (follow.checked) toEnd();
    }
    open(parameters().get("resource"));
    showResources();
  }

  function open(wanted) {
    if (wanted === id) return;
    id = wanted;
    lastNumber = 0;
    marks = [];
    shownMarks = new Set();
    output.replaceChildren();
    follow.checked = true;
    if (id) {
      download.href = `/api/resources/${encodeURIComponent(id)}/console.txt`;
      live.subscribe({ console: id, after: () => lastNumber });
    } else {
      live.subscribe({});
    }
    renderEmpty();
  }

  function renderResources() {
    const all = visible(live.resources).filter(one => !isParameter(one));
    if (!parameters().get("resource") && all.length) {
      const first = all.find(one => one.type === "Project") ?? all[0];
      setParameters({ resource: first.id });
      return;
    }
    // A name alone, as in a link from another page, means the first of that name.
    const named = all.find(one => one.id === id) ?? all.find(one => one.name === id);
    if (named && named.id !== id) {
      setParameters({ resource: named.id });
      return;
    }
    resource.setOptions(all.map(one => [one.id, displayName(one, all)]));
    download.hidden = !named;
    update(state, named ? [named.state, named.health, named.exitCode, named.waitingFor, named.restarts, named.processId] : [], () => named
      ? [stateBadge(named), named.processId ? h("span", { class: "muted" }, `process ${named.processId}`) : null, named.restarts ? h("span", { class: "tag" }, `${named.restarts} ${named.restarts === 1 ? "restart" : "restarts"}`) : null]
      : []);
    renderEmpty();
  }

  function renderEmpty() {
    empty.hidden = lastNumber > 0;
    empty.textContent = !id ? "Choose a resource." : live.resources.size && !live.resources.has(id) ? "There is no such resource." : "No output yet.";
  }

  function append({ lines, dropped }) {
    if (dropped > 0) addToEnd(h("div", { class: "mark" }, `${dropped.toLocaleString("en-US")} lines were skipped: the browser was too slow`));
    for (const line of lines) {
      if (line.n <= lastNumber) continue;
      lastNumber = line.n;
      addToEnd(makeLine(line));
    }
    while (output.childElementCount > MaxGroups) output.firstElementChild.remove();
    placeMarks();
    renderEmpty();
    if (follow.checked) toEnd();
  }

  function makeLine({ n, t, x, e }) {
    const line = h("div", { class: e ? "line error" : "line" },
      h("span", { class: "number" }, n),
      h("time", { datetime: fullTime(t) }, time(t, { fraction: true })),
      e ? h("span", { class: "stream", title: "Standard error" }, "err") : h("span", { class: "stream" }),
      h("span", { class: "text" }, ansi(x)));
    line.at = t;
    if (pattern) line.hidden = !matches(line);
    return line;
  }

  function matches(line) {
    return !pattern || line.querySelector(".text").textContent.toLowerCase().includes(pattern);
  }

  function addToEnd(element) {
    let group = output.lastElementChild;
    if (!group || group.childElementCount >= LinesPerGroup) {
      group = h("div", { class: "group" });
      output.append(group);
    }
    group.append(element);
  }

  /** Starts and ends of the process, before the first line that is younger: lines and marks reach the page on different ways. */
  function placeMarks() {
    if (!output.firstElementChild) return;
    for (const mark of marks) {
      const key = `${mark.at} ${mark.hasEnded}`;
      if (shownMarks.has(key)) continue;
      shownMarks.add(key);
      const element = h("div", { class: mark.hasEnded ? "mark ended" : "mark" },
        mark.hasEnded
          ? `Process ${mark.processId ?? ""} ended${mark.exitCode !== undefined ? ` with exit code ${mark.exitCode}` : ""}`
          : `${mark.restarts ? `Restart ${mark.restarts}` : "Start"}${mark.processId ? `, process ${mark.processId}` : ""}`,
        h("time", { datetime: fullTime(mark.at) }, time(mark.at)));
      const after = lastLineBefore(mark.at);
      if (after) after.after(element);
      else output.firstElementChild.prepend(element);
    }
  }

  function lastLineBefore(at) {
    for (let group = output.lastElementChild; group; group = group.previousElementSibling) {
      for (let line = group.lastElementChild; line; line = line.previousElementSibling) {
        if (line.at !== undefined && line.at < at) {
          // Behind the marks that already follow this line.
          while (line.nextElementSibling?.classList.contains("mark")) line = line.nextElementSibling;
          return line;
        }
      }
    }
    return null;
  }

  function toEnd() {
    output.scrollTop = output.scrollHeight;
  }
}
