// Looks at the page as it is drawn now and answers what is wrong with it, each as one line of text. It checks what a program
// can decide (numbers: success criteria of WCAG 2.2):
//   names of controls and images (4.1.2, 1.1.1), visible words within the name (2.5.3), labels of fields (1.3.1, 3.3.2),
//   purpose of fields (1.3.5), references that lead somewhere, unique ids, language and title (3.1.1, 2.4.2), one main
//   landmark, one h1, headings that skip no level (1.3.1), contrast of text (1.4.3) and of the edges of fields and buttons
//   (1.4.11), size of targets (2.5.8), no sideways scrolling (1.4.10), a region for messages (4.1.3).
// It does not know whether words are clear, whether the order makes sense, or how it all sounds: people have to look at that.
() => {
  const problems = [];
  const shown = (node) => node.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && !node.closest("[aria-hidden=true], .skip");
  const name = (node) => `<${node.tagName.toLowerCase()}${node.id ? ` id=${node.id}` : ""}> "${(node.textContent || node.getAttribute("aria-label") || "").trim().slice(0, 40)}"`;
  const modal = document.querySelector("dialog:modal");
  const root = modal ?? document.body;
  const all = (selector) => [...root.querySelectorAll(selector)].filter(shown);

  // Colours
  const parse = (text) => {
    const [r, g, b, a = 1] = text.match(/[\d.]+/g).map(Number);
    return text.startsWith("color(") ? [255 * r, 255 * g, 255 * b, a] : [r, g, b, a];
  };
  const over = ([r, g, b, a], [r2, g2, b2]) => [r * a + r2 * (1 - a), g * a + g2 * (1 - a), b * a + b2 * (1 - a), 1];
  const backdrop = (node) => {
    const layers = [];
    for (let at = node; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour[3] > 0) {
        layers.push(colour);
      }

      if (colour[3] === 1) {
        break;
      }
    }

    return layers.reverse().reduce((below, layer) => over(layer, below), [255, 255, 255, 1]);
  };
  const luminance = (colour) => {
    const [r, g, b] = colour.map((value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (one, other) => {
    const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
    return (light + 0.05) / (dark + 0.05);
  };

  // Names
  const words = (node) => (node.innerText ?? node.textContent ?? "").replace(/\s+/g, " ").trim();
  const byIds = (node, attribute) => (node.getAttribute(attribute) ?? "").split(/\s+/).filter(Boolean).map((id) => document.getElementById(id));
  const accessibleName = (node) => {
    const labelled = byIds(node, "aria-labelledby").map((other) => other?.textContent.trim() ?? "").join(" ");
    const labels = [...(node.labels ?? [])].map((label) => label.textContent.trim()).join(" ");
    return (labelled || node.getAttribute("aria-label") || labels || words(node) || node.getAttribute("alt") || node.getAttribute("title") || "").trim();
  };
  const controls = all("a[href], button, input, select, textarea, summary, [role=button], [tabindex='0']");
  for (const node of [...controls, ...all("img, svg[role=img], dialog, nav")]) {
    if (node.matches("pre")) {
      continue;
    }

    if (accessibleName(node) === "") {
      problems.push(`4.1.2 no name: ${name(node)}`);
    }

    const visible = node.matches("button, a") ? words(node) : "";
    if (visible.length > 1 && !accessibleName(node).toLowerCase().includes(visible.toLowerCase())) {
      problems.push(`2.5.3 the name is not what is read: ${name(node)}`);
    }
  }

  for (const field of all("input:not([type=hidden]), select, textarea")) {
    if (field.labels?.length !== 1 && !field.hasAttribute("aria-label")) {
      problems.push(`3.3.2 no label of its own: ${name(field)}`);
    }

    if (["email", "password", "tel"].includes(field.type) && !field.autocomplete) {
      problems.push(`1.3.5 no purpose: ${name(field)}`);
    }

    if (field.getAttribute("aria-invalid") === "true" && !byIds(field, "aria-describedby").some((error) => error && words(error) !== "")) {
      problems.push(`3.3.1 wrong, but nobody says why: ${name(field)}`);
    }
  }

  for (const attribute of ["aria-labelledby", "aria-describedby", "aria-controls"]) {
    for (const node of document.querySelectorAll(`[${attribute}]`)) {
      if (byIds(node, attribute).includes(null)) {
        problems.push(`1.3.1 ${attribute} leads nowhere: ${name(node)}`);
      }
    }
  }

  const ids = [...document.querySelectorAll("[id]")].map((node) => node.id);
  ids.filter((id, at) => ids.indexOf(id) !== at).forEach((id) => problems.push(`4.1.2 the id ${id} is there twice`));

  // Structure
  if (!document.documentElement.lang) {
    problems.push("3.1.1 no language");
  }

  if (!/\S – Platform$/.test(document.title)) {
    problems.push(`2.4.2 title: ${document.title}`);
  }

  if (document.querySelectorAll("main").length !== 1) {
    problems.push("1.3.1 not one main landmark");
  }

  if (document.querySelectorAll("#notice[role=status]").length !== 1) {
    problems.push("4.1.3 no region for messages");
  }

  const headings = [...document.querySelectorAll("main h1, main h2, main h3, main h4, main h5, main h6")].filter(shown).map((node) => Number(node.tagName[1]));
  if (headings.filter((level) => level === 1).length !== 1 || headings[0] !== 1) {
    problems.push(`1.3.1 not one h1 at the start: ${headings}`);
  }

  headings.forEach((level, at) => {
    if (at > 0 && level > headings[at - 1] + 1) {
      problems.push(`1.3.1 a heading skips a level: ${headings}`);
    }
  });

  // Contrast
  const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const holder = texts.currentNode.parentElement;
    if (texts.currentNode.data.trim() === "" || !holder || !shown(holder) || holder.closest("svg, noscript, .hidden")) {
      continue;
    }

    const style = getComputedStyle(holder);
    const size = parseFloat(style.fontSize);
    const needed = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) ? 3 : 4.5;
    const ground = backdrop(holder);
    const measured = contrast(over(parse(style.color), ground), ground);
    if (measured < needed) {
      problems.push(`1.4.3 contrast ${measured.toFixed(2)} of ${needed}: ${name(holder)}`);
    }
  }

  for (const node of all("input:not([type=checkbox]), button.secondary, button.danger, .button.secondary")) {
    const edge = parse(getComputedStyle(node).borderTopColor);
    const ground = backdrop(node.parentElement);
    if (contrast(over(edge, ground), ground) < 3) {
      problems.push(`1.4.11 edge ${contrast(over(edge, ground), ground).toFixed(2)} of 3: ${name(node)}`);
    }
  }

  // Sizes
  for (const node of controls) {
    const { width, height } = node.getBoundingClientRect();
    const inText = node.matches("a, button.link") && getComputedStyle(node).display.startsWith("inline") && node.parentElement.matches("p, li, dd");
    if (!inText && (width < 24 || height < 24)) {
      problems.push(`2.5.8 ${Math.round(width)} × ${Math.round(height)}: ${name(node)}`);
    }
  }

  if (document.documentElement.scrollWidth > document.documentElement.clientWidth) {
    const wide = [...document.querySelectorAll("body *")].filter((node) => node.getBoundingClientRect().right > document.documentElement.clientWidth + 1 && !node.closest("#sections"));
    problems.push(`1.4.10 ${document.documentElement.scrollWidth} wide in ${document.documentElement.clientWidth}: ${wide.slice(0, 3).map(name)}`);
  }

  return problems;
}
