import { logIn } from "./api.js";
import { link } from "./url.js";

// The one stream of this tab. A browser opens six connections per server at most, over all tabs: a hidden tab closes its own.

const FirstRetry = 500;
const LastRetry = 5000;

class Live extends EventTarget {
  resources = new Map();
  telemetry = null;
  run = null;
  #source = null;
  #topics = {};
  #retry = FirstRetry;
  #timer = 0;

  start() {
    document.addEventListener("visibilitychange", () => document.hidden ? this.#close() : this.#open());
    this.#open();
  }

  /** What the page needs beside the resources: { console: id, after: () => number, telemetry: true }. */
  subscribe(topics) {
    const isSame = topics.console === this.#topics.console && !topics.telemetry === !this.#topics.telemetry;
    this.#topics = topics;
    if (!isSame || topics.console) this.#open();
  }

  #open() {
    this.#close();
    if (document.hidden) return;
    const { console: consoleId, after, telemetry } = this.#topics;
    const source = new EventSource(link("/api/live", {
      console: consoleId,
      after: consoleId ? after() : null,
      run: consoleId ? this.run : null,
      telemetry: telemetry ? 1 : null,
    }));
    this.#source = source;
    const on = (name, action) => source.addEventListener(name, event => {
      if (source === this.#source) action(JSON.parse(event.data));
    });
    on("hello", data => {
      this.#retry = FirstRetry;
      const isOther = this.run !== null && this.run !== data.run;
      this.run = data.run;
      this.#tell("state", "connected");
      if (isOther) this.#tell("restarted");
    });
    on("resources", data => {
      const before = this.resources;
      this.resources = new Map(data.map(resource => [resource.id, resource]));
      this.#tell("resources", { before, changed: data });
    });
    on("changes", data => {
      const before = new Map(data.map(resource => [resource.id, this.resources.get(resource.id)]));
      for (const resource of data) this.resources.set(resource.id, resource);
      this.#tell("resources", { before, changed: data });
    });
    on("console", data => this.#tell("console", data));
    on("runs", data => this.#tell("runs", data));
    on("telemetry", data => {
      const before = this.telemetry ?? {};
      this.telemetry = data;
      this.#tell("telemetry", { logs: before.logs !== data.logs, traces: before.traces !== data.traces, metrics: before.metrics !== data.metrics });
    });
    source.onerror = () => this.#reconnect(source);
  }

  /** EventSource would ask again with the same address; the last line has moved on since. */
  async #reconnect(source) {
    if (source !== this.#source) return;
    this.#close();
    this.#tell("state", "lost");
    const answer = await fetch("/api/telemetry/resources").catch(() => null);
    if (answer?.status === 401) return logIn();
    this.#timer = setTimeout(() => this.#open(), this.#retry);
    this.#retry = Math.min(this.#retry * 2, LastRetry);
  }

  #close() {
    clearTimeout(this.#timer);
    this.#source?.close();
    this.#source = null;
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

export const live = new Live();
