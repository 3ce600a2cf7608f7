// The answer as elements, the most important first.

import { anomalies } from "./anomalies.js";
import { clean, element, lineList, number, oneLine, patternName, plural, section } from "./dom.js";
import { badge, failures, said } from "./failure.js";
import { judgement } from "./feedback.js";
import { statistics } from "./statistics.js";

/** Changes of each kind that are shown. */
const MAX_CHANGES = 20;

/**
 * The whole answer; `send(said)` keeps feedback, `copy(text)` copies it if the browser can, `reviews` says whether one
 * may correct for everybody.
 */
export function answer(response, { send, copy, reviews }) {
  const { stats, failures: groups, recommendations, comparison } = response.analysis_results;
  const corrected = new Map((response.corrections ?? []).map((one) => [one.line, one.is_failure]));
  return [
    verdict(stats, groups),
    warnings(stats.warnings),
    advice(recommendations),
    element("p", { class: "row muted small" },
      element("span", { id: "about" }, about(stats, response.model_version)),
      copy ? element("button", { type: "button", class: "link", onclick: () => copy(response.response_text) }, "Copy the summary") : null),
    failures(groups, stats.failure_groups_left_out ?? 0, { send, corrected }),
    anomalies(response.analysis_results),
    comparison ? changes(comparison) : null,
    judgement(send, response, reviews),
    statistics(stats),
  ].filter(Boolean);
}

function verdict(stats, groups) {
  const first = groups[0];
  if (!first) {
    const nothing = stats.total_lines === 0 ? "There was no log to analyze" : "No failures found";
    return element("div", { class: "verdict good" }, element("h2", {}, nothing),
      element("p", {}, `in ${plural(stats.total_lines, "line", "lines")}`));
  }
  const place = [first.timestamp && `at ${oneLine(first.timestamp, 60)}`, first.component && `in ${oneLine(first.component, 60)}`,
    first.operation && `doing ${oneLine(first.operation, 60)}`].filter(Boolean).join(", ");
  const named = first.error_patterns.filter((name) => name !== "error").map(patternName).join(", ");
  const all = groups.length + (stats.failure_groups_left_out ?? 0);
  return element("div", { class: "verdict bad" },
    element("h2", {}, "Likely first cause: ", element("a", { href: `#line-${first.line}`, "data-line": first.line }, `line ${number(first.line)}`),
      named ? `, ${named}` : ""),
    element("p", { class: "quote" }, element("bdi", {}, said(first, 300))),
    element("p", { class: "row" }, badge(first.severity), element("bdi", {}, place)),
    element("p", { class: "muted" },
      `${number(stats.total_failures)} of ${plural(stats.total_entries, "entry", "entries")} failed, in ${plural(all, "group", "groups")}`));
}

function about(stats, version) {
  const forced = stats.format_forced ? "as asked for" : stats.format_reason;
  return `${plural(stats.total_lines, "line", "lines")}, ${plural(stats.total_templates, "template", "templates")}; ` +
    `format ${clean(stats.format) || "none"}${forced ? ` (${clean(forced)})` : ""}; answered by ${clean(version)}`;
}

function warnings(list) {
  if (!list?.length) return null;
  return element("div", { class: "panel warn" }, element("h2", {}, "Not read"),
    element("ul", {}, list.map((text) => element("li", {}, clean(text)))));
}

function advice(list) {
  if (!list?.length) return null;
  return section("What to do", element("ul", { class: "advice" }, list.map((one) => element("li", {},
    element("b", {}, patternName(one.pattern)), " (", one.lines.map((line, at) => [at > 0 ? ", " : "line ",
      element("a", { href: `#line-${line}`, "data-line": line }, number(line))]).flat(), `): ${clean(one.text)}`))));
}

function changes(comparison) {
  const row = (kind, how, change) => element("tr", {},
    element("td", {}, element("span", { class: `badge ${kind}` }, kind)), element("td", { class: "nowrap" }, how),
    element("td", {}, element("bdi", { class: "code" }, oneLine(change.template, 300))));
  const rows = [
    ...comparison.new.slice(0, MAX_CHANGES).map((c) => row("new", `${number(c.count)}×, ${lineList([c.line])}`, c)),
    ...comparison.gone.slice(0, MAX_CHANGES).map((c) => row("gone", `${number(c.baseline_count)}× before`, c)),
    ...comparison.changed.slice(0, MAX_CHANGES).map((c) => row("rate", `${number(c.baseline_count)}× → ${number(c.count)}×`, c)),
  ];
  const left = comparison.left_out + [comparison.new, comparison.gone, comparison.changed]
    .reduce((sum, list) => sum + Math.max(0, list.length - MAX_CHANGES), 0);
  return section(`Against the good run (${plural(comparison.baseline_lines, "line", "lines")})`,
    rows.length === 0 ? element("p", {}, "Nothing is new, gone, or at another rate.")
      : element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Changes" },
        element("table", { id: "changes" }, element("tbody", {}, rows))),
    left > 0 ? element("p", { class: "muted small" }, `and ${number(left)} more`) : null);
}

/** A group is opened when a link goes to its line. */
export function openGroup(line) {
  const group = document.getElementById(`line-${line}`);
  if (!group) return;
  group.open = true;
  group.scrollIntoView({ block: "start" });
  group.querySelector("summary").focus({ preventScroll: true });
}
