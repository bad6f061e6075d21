import { drawing } from "./dom.js";
import { encodeQr } from "./qr.js";

/** Light modules around the code, so that it can be told from its surroundings (ISO/IEC 18004, 6.3.8). */
const quietZone = 4;

/** @returns {SVGElement} dark on light whatever the colours of the page are, as readers expect it */
export function qrCode(content, label) {
  const modules = encodeQr(content);
  const size = modules.length + 2 * quietZone;
  const path = modules.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x + quietZone} ${y + quietZone}h1v1h-1z` : ""))).join("");
  return drawing("svg", { class: "qr", viewBox: `0 0 ${size} ${size}`, role: "img", "aria-label": label, "shape-rendering": "crispEdges" },
    drawing("rect", { width: size, height: size, fill: "#fff" }),
    drawing("path", { d: path, fill: "#000" }));
}
