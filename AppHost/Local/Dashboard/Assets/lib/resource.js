import { h, svg } from "./dom.js";

// What the states of a resource look like: a shape and words, never colour alone.

const Shapes = {
  ok: "M5 8.2l2.1 2.1L11 6.3",
  warn: "M8 4.6v4.2M8 11v.2",
  error: "M5.6 5.6l4.8 4.8M10.4 5.6l-4.8 4.8",
  busy: "M8 4.6V8l2.3 1.6",
  idle: "M5.2 8h5.6",
};

/** ok, warn, error, busy or idle. */
export function kindOf(resource) {
  switch (resource.state) {
    case "Running": return !resource.health || resource.health === "Healthy" ? "ok" : resource.health === "Degraded" ? "warn" : "error";
    case "FailedToStart": case "RuntimeUnhealthy": case "ValueMissing": return "error";
    case "Starting": case "Building": case "Waiting": case "Stopping": return "busy";
    case "Exited": case "Finished": return resource.exitCode ? "error" : "idle";
    default: return "idle";
  }
}

const words = state => state.replace(/(?<=[a-z])(?=[A-Z])/g, " ").replace(/ [A-Z]/g, part => part.toLowerCase());

export function stateText(resource) {
  const text = words(resource.state);
  if (resource.state === "Running" && resource.health && resource.health !== "Healthy") return `${text} (${resource.health})`;
  if (resource.state === "Waiting" && resource.waitingFor) return `Waiting for ${resource.waitingFor}`;
  if (["Exited", "Finished", "FailedToStart"].includes(resource.state) && resource.exitCode !== null && resource.exitCode !== undefined) {
    return `${text} (exit code ${resource.exitCode})`;
  }
  return text;
}

export const icon = kind => svg("svg", { class: `icon ${kind}`, viewBox: "0 0 16 16", "aria-hidden": "true" },
  svg("circle", { cx: 8, cy: 8, r: 7 }), svg("path", { d: Shapes[kind] }));

export const stateBadge = resource => h("span", { class: `state ${kindOf(resource)}` }, icon(kindOf(resource)), h("span", {}, stateText(resource)));

/** Whether others of the same name are replicas of it. */
export const hasReplicas = (resource, all) => all.some(other => other.name === resource.name && other.id !== resource.id);

/** Name, for a replica with what tells it from the others. */
export function displayName(resource, all) {
  if (!hasReplicas(resource, all)) return resource.name;
  return `${resource.name} ${suffix(resource)}`;
}

export const suffix = resource => resource.id.startsWith(`${resource.name}-`) ? resource.id.slice(resource.name.length + 1) : resource.id;

export const isParameter = resource => resource.type === "Parameter";

/** What is shown, in the order of the app model. */
export const visible = resources => [...resources.values()].filter(resource => !resource.isHidden).sort((left, right) => left.order - right.order);
