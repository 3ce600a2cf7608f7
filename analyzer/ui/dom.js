// Elements, and words that all parts of the page share. Everything a stranger wrote goes in as text, never as HTML.

/** An element; attributes that begin with "on" are listeners, children that are null are left out. */
export function element(tag, attributes = {}, ...children) {
  return build(document.createElement(tag), attributes, children);
}

/** The same for SVG, which has attributes where HTML would need a style. */
export function svg(tag, attributes = {}, ...children) {
  return build(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

function build(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ""));
  return node;
}

/** `3 lines`, `1 line`. */
export const plural = (count, one, more) => `${number(count)} ${count === 1 ? one : more}`;

/** With separators between thousands, the same for every reader. */
export const number = (value) => value.toLocaleString("en");

const ESCAPE_SEQUENCE = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[ -/]*[0-~])/g;
const UNSEEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]/g;

/** A stranger's text without colours, control characters and what turns the direction of writing. */
export const clean = (text) => String(text ?? "").replace(ESCAPE_SEQUENCE, "").replace(UNSEEN, "");

/** The first line that says something, cut. */
export function oneLine(text, most = 200) {
  const line = clean(text).split("\n").find((one) => one.trim() !== "") ?? "";
  const chars = [...line.trim()];
  return chars.length > most ? chars.slice(0, most - 1).join("").trimEnd() + "…" : line.trim();
}

/** A severity in one word. */
export function severity(value) {
  if (value >= 0.85) return "critical";
  if (value >= 0.65) return "high";
  return value >= 0.4 ? "medium" : "low";
}

/** A pattern's name as people say it. */
export const patternName = (name) => clean(name).replaceAll("_", " ");

/** `line 3`, `lines 3, 7 … 900`. */
export function lineList(lines, most = 4) {
  if (lines.length === 1) return `line ${number(lines[0])}`;
  const told = lines.length <= most ? lines : lines.slice(0, most - 1);
  const rest = lines.length <= most ? "" : ` … ${number(lines.at(-1))}`;
  return `lines ${told.map(number).join(", ")}${rest}`;
}

/** A part of the answer below its heading; nothing if it has no content. */
export function section(title, ...content) {
  const there = content.flat().filter((one) => one !== null && one !== undefined);
  return there.length === 0 ? null : element("section", {}, element("h2", {}, title), there);
}
