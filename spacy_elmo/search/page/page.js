"use strict";
// Draws the entries of the data: points by layer, contexts, and what is nearest to the use that is chosen.
const entries = JSON.parse(document.getElementById("data").textContent);
const SHAPES = [
  "M1 0A1 1 0 1 1-1 0A1 1 0 1 1 1 0Z", // circle
  "M0-1.2L1.15.9H-1.15Z", // triangle
  "M-.9-.9H.9V.9H-.9Z", // square
  "M0-1.3L1.3 0 0 1.3-1.3 0Z", // diamond
  "M-.4-1.2H.4V-.4H1.2V.4H.4V1.2H-.4V.4H-1.2V-.4H-.4Z", // plus
  "M0 1.2L1.15-.9H-1.15Z", // triangle upside down
  "M0-1.4L.36-.46 1.33-.43.57.19.82 1.13 0 .6-.82 1.13-.57.19-1.33-.43-.36-.46Z", // star
  "M-1.1-.6L-.6-1.1 0-.5.6-1.1 1.1-.6.5 0 1.1.6.6 1.1 0 .5-.6 1.1-1.1.6-.5 0Z", // cross
];
const COLORS = 7; // one less than shapes, so that 56 groups differ
const REACH = 24; // pixels between the pointer and a point
const GLIDE = 700, PAUSE = 1500; // milliseconds
const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/;
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const find = id => document.getElementById(id);

let entry, points, rows, matching; // of the word that is shown; matching: what the search leaves
let at; // where the points are now
let chosen = 0, layer = 0, shown = 0; // shown: a number between two layers while points move
let frame = 0, timer = 0;

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}
const element = (name, attributes = {}, ...children) => fill(document.createElement(name), attributes, children);
const drawing = (name, attributes = {}, ...children) =>
  fill(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, children);

function mark(group, attributes = {}) {
  return drawing("path", { class: `mark c${group % COLORS}`, d: SHAPES[group % SHAPES.length], ...attributes });
}

function glyph(group) { // in a line of text
  return drawing("svg", { class: "small", viewBox: "-1.4 -1.4 2.8 2.8", "aria-hidden": "true" }, mark(group));
}

const groupOf = i => entry.groups[entry.uses[i][4]];
const cosine = hundredths => (hundredths / 100).toFixed(2);
const byNumber = () => [...points.keys()];
const byRow = () => Array.from(find("rows").children, row => rows.indexOf(row));
const first = order => order.find(i => matching[i]) ?? chosen;

function excerpt(i, side) {
  const [left, word, right] = entry.uses[i].slice(0, 3).map(text => Array.from(text)); // characters, not halves of them
  return [
    (left.length > side ? "…" : "") + left.slice(-side).join(""), word.join(""),
    right.slice(0, side).join("") + (right.length > side ? "…" : ""),
  ];
}

function nearestTo(i) {
  const [best] = entry.nearest[layer][i];
  if (!best) return "No other use.";
  return `Nearest in ${entry.layers[layer]}: ${best[0] + 1}, ${groupOf(best[0])}, cosine ${cosine(best[1 + layer])}.`;
}

function showEntry(number) {
  stop();
  entry = entries[number];
  chosen = 0;
  const top = entry.layers.length > 1 ? "the top layer" : entry.layers[0];
  find("about").textContent = `${entry.about}. What lies near each other has similar vectors in ` +
    `${entry.layers.length > 1 ? "the layer" : top}. Colours and shapes are ${entry.known ? "senses" : `groups by ${top}`}.`;
  drawPoints();
  drawRows();
  drawLegend();
  search();
  layer = shown = entry.places.length - 1;
  find("layer").max = layer;
  find("layers").hidden = layer === 0;
  showLayer(layer, false);
}

function drawPoints() {
  const many = entry.uses.length, size = many > 60 ? 13 : 20;
  points = entry.uses.map(([, , , , group], i) => {
    const number = many > 40 ? [] : [drawing("text", { y: -40, "aria-hidden": "true" }, String(i + 1))];
    const point = drawing("g", { class: "point", role: "option", tabindex: -1 },
      mark(group, { transform: `scale(${size})` }), ...number);
    point.addEventListener("focus", () => choose(i, point));
    point.addEventListener("blur", hideTip);
    return point;
  });
  find("points").replaceChildren(
    drawing("path", { id: "near", "aria-hidden": "true" }), ...points,
    drawing("circle", { id: "ring", r: 32, "aria-hidden": "true" }), drawing("text", { id: "same", y: 80, "aria-hidden": "true" }),
  );
}

function drawRows() {
  const words = entry.uses.map(use => use[1]);
  find("lines").dir = words.filter(word => RIGHT_TO_LEFT.test(word)).length > words.length / 2 ? "rtl" : "ltr";
  find("width").style.width = `${Math.min(14, Math.max(5, ...words.map(word => word.length)) + 2)}ch`;
  rows = entry.uses.map(([left, word, right, , group], i) => {
    const button = element("button", { type: "button", tabindex: -1 }, word);
    const row = element("tr", {},
      element("td", {}, String(i + 1)),
      element("td", { title: groupOf(i) }, glyph(group), element("span", { class: "unseen" }, groupOf(i))),
      element("td", { class: "left", lang: "" }, element("div", {}, element("span", {}, left))),
      element("td", { class: "word", lang: "" }, button),
      element("td", { class: "right", lang: "" }, element("div", {}, right)));
    row.addEventListener("click", () => choose(i, button));
    button.addEventListener("focus", () => choose(i, button));
    return row;
  });
  const order = [...rows.keys()].sort((i, j) => entry.uses[i][4] - entry.uses[j][4]); // a group's contexts together
  find("rows").replaceChildren(...order.map(i => rows[i]));
}

function drawLegend() {
  find("legend").replaceChildren(...entry.groups.map((name, group) =>
    element("li", {}, glyph(group), " ", element("bdi", {}, name), ` (${entry.uses.filter(use => use[4] === group).length})`)));
}

function showLayer(next, moving = true) {
  layer = next;
  find("layer").value = layer;
  find("layer").setAttribute("aria-valuetext", `layer ${layer} of 0 to ${entry.places.length - 1}`);
  find("shown").textContent = `Layer ${layer}`;
  points.forEach((point, i) =>
    point.setAttribute("aria-label", `${i + 1}, ${groupOf(i)}: ${excerpt(i, 40).join("")} ${nearestTo(i)}`));
  showChosen();
  hideTip();
  cancelAnimationFrame(frame);
  const from = shown, start = performance.now(), time = moving && !calm.matches ? GLIDE : 0;
  (function move(now) {
    const part = time ? Math.min(1, Math.max(0, (now - start) / time)) : 1;
    shown = part < 1 ? from + (layer - from) * part * part * (3 - 2 * part) : layer;
    place();
    if (part < 1) frame = requestAnimationFrame(move);
  })(start);
}

function place() {
  const low = entry.places[Math.floor(shown)], high = entry.places[Math.ceil(shown)], part = shown % 1;
  at = low.map(([x, y], i) => [x + part * (high[i][0] - x), y + part * (high[i][1] - y)]);
  const near = (i, j, distance) => Math.hypot(at[i][0] - at[j][0], at[i][1] - at[j][1]) < distance;
  points.forEach((point, i) => {
    point.setAttribute("transform", `translate(${at[i]})`);
    const number = point.querySelector("text"); // of points in one place, one has its number
    const hides = j => j !== i && (j === chosen || (j < i && i !== chosen)) && near(i, j, 30);
    if (number) number.toggleAttribute("hidden", byNumber().some(hides));
  });
  const same = at.length > 1 && at.every((_, i) => near(0, i, 2));
  find("same").textContent = same ? `all ${at.length} uses are in this place` : "";
  find("ring").setAttribute("transform", `translate(${at[chosen]})`);
  const lines = entry.nearest[layer][chosen].map(([other]) => `M${at[chosen]}L${at[other]}`);
  find("near").setAttribute("d", lines.join(""));
}

function choose(i, target) {
  if (i !== chosen) {
    chosen = i;
    showChosen();
    place();
    find("said").textContent = `Chosen: ${i + 1}, ${groupOf(i)}: ${excerpt(i, 60).join("")} ${nearestTo(i)}`;
  }
  if (target && target !== document.activeElement) target.focus({ preventScroll: true });
  if (target === points[i]) showTip(i);
}

function showChosen() {
  points.forEach((point, i) => {
    point.setAttribute("aria-selected", i === chosen);
    point.setAttribute("tabindex", i === chosen ? 0 : -1);
    rows[i].className = i === chosen ? "chosen" : "";
    const button = rows[i].querySelector("button");
    button.setAttribute("aria-pressed", i === chosen);
    button.setAttribute("tabindex", i === chosen ? 0 : -1);
  });
  const box = find("scroll"), view = box.getBoundingClientRect(), row = rows[chosen].getBoundingClientRect();
  if (row.top < view.top + 40 || row.bottom > view.bottom) box.scrollTop += row.top - view.top - view.height / 2;
  const [left, word, right, source, group] = entry.uses[chosen];
  find("chosen").replaceChildren(
    element("h2", {}, glyph(group), ` ${chosen + 1}, `, element("bdi", {}, groupOf(chosen))),
    element("p", { dir: "auto", lang: "" }, left, element("mark", {}, word), right),
    ...(source ? [element("p", { class: "soft", dir: "auto" }, source)] : []),
    nearestTable());
}

function nearestTable() {
  const others = entry.nearest[layer][chosen];
  if (!others.length) return element("p", {}, "No other use.");
  const now = k => (k === layer ? { class: "now" } : {});
  return element("table", { id: "nearest" },
    element("caption", {}, `Nearest in ${entry.layers[layer]}, with the cosine in each`),
    element("thead", {}, element("tr", {}, element("th", { scope: "col" }, "Use"),
      ...entry.layers.map((name, k) => element("th", { scope: "col", ...now(k) }, name)))),
    element("tbody", {}, ...others.map(([other, ...cosines]) => {
      const [left, word, right] = excerpt(other, 14);
      const button = element("button", { type: "button" }, glyph(entry.uses[other][4]), ` ${other + 1} `,
        element("bdi", { lang: "" }, left, element("b", {}, word), right));
      button.addEventListener("click", () => choose(other, points[other]));
      return element("tr", {}, element("td", {}, button), ...cosines.map((value, k) => element("td", now(k), cosine(value))));
    })));
}

function showTip(i) {
  const tip = find("tip"), plot = find("plot").getBoundingClientRect(), point = points[i].getBoundingClientRect();
  const [left, word, right] = excerpt(i, 60);
  tip.replaceChildren(left, element("mark", {}, word), right);
  tip.hidden = false;
  const x = point.left + point.width / 2 - plot.left, y = point.bottom - plot.top;
  tip.style.left = `${Math.max(4, Math.min(plot.width - tip.offsetWidth - 4, x - tip.offsetWidth / 2))}px`;
  tip.style.top = `${y + tip.offsetHeight + 4 > plot.height ? point.top - plot.top - tip.offsetHeight - 4 : y + 4}px`;
}

const hideTip = () => (find("tip").hidden = true);

function search() {
  const fold = text => text.normalize("NFC").toLowerCase();
  const wanted = fold(find("search").value.trim());
  matching = entry.uses.map(([left, word, right, source], i) =>
    fold([left + word + right, source, groupOf(i)].join("\n")).includes(wanted));
  matching.forEach((is, i) => {
    rows[i].hidden = !is;
    points[i].classList.toggle("off", !is);
  });
  find("found").textContent = `${matching.filter(Boolean).length} of ${matching.length}`;
}

function under(event) { // the use that is nearest to the pointer, where one is near
  const matrix = find("points").getScreenCTM();
  const { x, y } = new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix.inverse());
  const far = i => matrix.a * Math.hypot(at[i][0] - x, at[i][1] - y);
  return byNumber().filter(i => matching[i] && far(i) <= REACH).sort((i, j) => far(i) - far(j))[0];
}

function ahead(x, y) { // the nearest use in a direction; where all are in one place, the one before or after
  const others = byNumber().filter(i => i !== chosen && matching[i]).map(i => {
    const across = at[i][0] - at[chosen][0], down = at[i][1] - at[chosen][1];
    return { i, far: Math.hypot(across, down), along: across * x + down * y };
  });
  if (others.every(({ far }) => far === 0)) return inOrder(byNumber(), x + y);
  const there = others.filter(({ far, along }) => far > 0 && along >= far / 2);
  return there.reduce((best, other) => (other.far < best.far ? other : best), { i: chosen, far: Infinity }).i;
}

function inOrder(order, step) {
  const known = order.filter(i => matching[i] || i === chosen);
  return known[known.indexOf(chosen) + step] ?? chosen;
}

function onKeys(node, moves, target) {
  node.addEventListener("keydown", event => {
    if (event.altKey || event.ctrlKey || event.metaKey || !(event.key in moves)) return;
    event.preventDefault();
    const next = moves[event.key]();
    choose(next, target(next));
  });
}

onKeys(find("points"), {
  ArrowLeft: () => ahead(-1, 0), ArrowRight: () => ahead(1, 0), ArrowUp: () => ahead(0, -1), ArrowDown: () => ahead(0, 1),
  PageUp: () => inOrder(byNumber(), -1), PageDown: () => inOrder(byNumber(), 1),
  Home: () => first(byNumber()), End: () => first(byNumber().reverse()),
}, i => points[i]);
onKeys(find("rows"), {
  ArrowUp: () => inOrder(byRow(), -1), ArrowDown: () => inOrder(byRow(), 1),
  Home: () => first(byRow()), End: () => first(byRow().reverse()),
}, i => rows[i].querySelector("button"));

function stop() {
  timer = clearInterval(timer); // undefined: none
  find("play").textContent = "Play";
}

find("play").addEventListener("click", () => {
  if (timer) return stop();
  showLayer(layer === entry.places.length - 1 ? 0 : layer + 1);
  timer = setInterval(() => {
    if (layer < entry.places.length - 1) showLayer(layer + 1);
    if (layer === entry.places.length - 1) stop();
  }, PAUSE);
  find("play").textContent = "Stop";
});
find("points").addEventListener("click", event => {
  const i = under(event);
  if (i !== undefined) choose(i, points[i]);
});
find("points").addEventListener("pointermove", event => {
  const i = under(event);
  (i === undefined ? hideTip : showTip)(i);
});
find("points").addEventListener("pointerleave", hideTip);
find("layer").addEventListener("input", event => (stop(), showLayer(Number(event.target.value))));
find("search").addEventListener("input", search);
document.addEventListener("keydown", event => event.key === "Escape" && hideTip());

find("word").append(...entries.map(({ name }, i) => element("option", { value: i }, name)));
find("menu").hidden = entries.length < 2;
find("word").addEventListener("change", event => showEntry(Number(event.target.value)));
showEntry(0);
