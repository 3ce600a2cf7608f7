// The numbers of a log: over time, by name, by template, by transaction.

import { share, timeline } from "./charts.js";
import { clean, element, number, oneLine, plural, section } from "./dom.js";

/** Names shown of each kind. */
const MAX_NAMES = 10;

/** Levels from the most severe. */
const LEVELS = ["FATAL", "ERROR", "WARN", "INFO", "DEBUG", "TRACE"];

/** All statistics that the log has. */
export function statistics(stats) {
  const names = [
    ["Levels", byLevel(stats.levels), (name) => name.toLowerCase()],
    ["Components", byCount(stats.components)],
    ["Operations", byCount(stats.operations)],
    ["Error patterns", byCount(stats.error_patterns).map(([name, count]) => [name.replaceAll("_", " "), count])],
  ].filter(([, rows]) => rows.length > 0);
  return section("Statistics",
    stats.timeline ? timeline(stats.timeline) : null,
    names.length > 0 ? element("div", { class: "columns" }, names.map(([title, rows, kind]) => counts(title, rows, kind))) : null,
    transactions(stats.transactions),
    templates("Most frequent templates", stats.top_templates),
    templates("Rarest templates", stats.rare_templates));
}

const byCount = (map) => Object.entries(map ?? {}).sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
const byLevel = (map) => Object.entries(map ?? {}).sort((a, b) => LEVELS.indexOf(a[0]) - LEVELS.indexOf(b[0]));

function counts(title, rows, kind = () => "") {
  const most = Math.max(...rows.map(([, count]) => count));
  const left = rows.length - MAX_NAMES;
  return element("div", {},
    element("h3", {}, title),
    element("table", { class: "counts" }, element("caption", { class: "unseen" }, title),
      element("tbody", {}, rows.slice(0, MAX_NAMES).map(([name, count]) => element("tr", {},
        element("th", { scope: "row" }, element("bdi", {}, clean(name))),
        element("td", { class: "number" }, number(count)),
        element("td", { class: "bar" }, share(count, most, kind(name))))))),
    left > 0 ? element("p", { class: "muted small" }, `and ${number(left)} more`) : null);
}

function templates(title, list) {
  if (!list?.length) return null;
  return folded(`${title} (${number(list.length)})`, ["Count", "First line", "Template"], list.map((one) => [
    number(one.count), number(one.line), element("bdi", { class: "code" }, oneLine(one.template, 300))]));
}

function transactions(all) {
  if (!all) return null;
  const title = `${number(all.failed)} of ${plural(all.total, "transaction", "transactions")} failed`;
  if (!all.failing?.length) return element("p", {}, title);
  return folded(title, ["Failing line", "Failing step", "Transaction", "Entries", "Lines"], all.failing.map((one) => [
    number(one.failing_line), element("bdi", {}, oneLine(one.failing_step, 120)),
    element("bdi", { class: "code" }, clean(one.id)), number(one.entries),
    `${number(one.first_line)}–${number(one.last_line)}`]), true);
}

/** A table that can be folded. */
function folded(title, heads, rows, open = false) {
  return element("details", { class: "folded", open }, element("summary", {}, title),
    element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": title }, element("table", {},
      element("thead", {}, element("tr", {}, heads.map((head) => element("th", { scope: "col" }, head)))),
      element("tbody", {}, rows.map((row) => element("tr", {}, row.map((cell) => element("td", {}, cell))))))));
}
