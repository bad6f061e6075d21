import { h, svg } from "./dom.js";
import { measure, time } from "./format.js";

// A line chart in SVG: two axes, one path per line, a crosshair that reads the values.

const Height = 260;
const Left = 64;
const Right = 12;
const Top = 10;
const Bottom = 24;

/** @param chart { times, lines: [{ name, values }] }  @param unit of the values */
export function drawChart(chart, unit, width, label) {
  const inner = Math.max(50, width - Left - Right);
  const values = chart.lines.flatMap(line => line.values).filter(value => value !== null);
  const [low, high, ticks] = scale(Math.min(0, ...values), Math.max(0, ...values));
  const count = chart.times.length;
  const x = index => Left + (count === 1 ? inner : inner * index / (count - 1));
  const y = value => Top + (Height - Top - Bottom) * (1 - (value - low) / (high - low || 1));

  const picture = svg("svg", { class: "chart", width, height: Height, viewBox: `0 0 ${width} ${Height}`, role: "img", "aria-label": label });
  for (const tick of ticks) {
    picture.append(
      svg("line", { class: "grid", x1: Left, x2: width - Right, y1: y(tick), y2: y(tick) }),
      svg("text", { class: "tick", x: Left - 8, y: y(tick) + 4, "text-anchor": "end" }, measure(tick, unit)));
  }
  const marks = Math.max(2, Math.floor(inner / 120));
  for (let mark = 0; mark <= marks; mark++) {
    const index = Math.round((count - 1) * mark / marks);
    picture.append(svg("text", { class: "tick", x: x(index), y: Height - 6, "text-anchor": mark === 0 ? "start" : mark === marks ? "end" : "middle" }, time(chart.times[index])));
  }
  chart.lines.forEach((line, number) => {
    picture.append(svg("path", { class: `series c${number}`, d: path(line.values, x, y) }));
    line.values.forEach((value, index) => {
      const isAlone = value !== null && (line.values[index - 1] ?? null) === null && (line.values[index + 1] ?? null) === null;
      if (isAlone) picture.append(svg("circle", { class: `series-dot c${number}`, cx: x(index), cy: y(value), r: 2 }));
    });
  });

  const cursor = svg("line", { class: "cursor", y1: Top, y2: Height - Bottom, visibility: "hidden" });
  const readout = h("div", { class: "readout", hidden: true });
  picture.append(cursor);
  picture.addEventListener("pointermove", event => {
    const index = Math.max(0, Math.min(count - 1, Math.round((event.offsetX - Left) / inner * (count - 1))));
    cursor.setAttribute("x1", x(index));
    cursor.setAttribute("x2", x(index));
    cursor.setAttribute("visibility", "visible");
    readout.hidden = false;
    readout.style.left = `${Math.min(x(index) + 10, width - 190)}px`;
    readout.replaceChildren(h("strong", {}, time(chart.times[index])), ...chart.lines.map((line, number) =>
      h("span", {}, h("span", { class: `dot c${number}` }), line.name ? `${line.name} ` : "", h("b", {}, measure(line.values[index], unit)))));
  });
  picture.addEventListener("pointerleave", () => {
    cursor.setAttribute("visibility", "hidden");
    readout.hidden = true;
  });
  return h("div", { class: "chart-frame" }, picture, readout);
}

function path(values, x, y) {
  let text = "";
  let isPenDown = false;
  values.forEach((value, index) => {
    if (value === null) {
      isPenDown = false;
      return;
    }
    text += `${isPenDown ? "L" : "M"}${x(index).toFixed(1)} ${y(value).toFixed(1)}`;
    isPenDown = true;
  });
  return text;
}

/** Round numbers for the axis: steps of 1, 2 or 5 times a power of ten. */
function scale(low, high) {
  if (high === low) high = low + 1;
  const raw = (high - low) / 4;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].find(factor => factor * power >= raw) * power;
  const first = Math.floor(low / step) * step;
  const last = Math.ceil(high / step) * step;
  const ticks = [];
  for (let tick = first; tick <= last + step / 2; tick += step) ticks.push(tick);
  return [first, last, ticks];
}
