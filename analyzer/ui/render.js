// The answer as elements. Everything a stranger wrote goes in as text, never as HTML.

export function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "class") node.className = value;
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

/** Lines shown of one entry; a stack trace can have hundreds. */
const MAX_EXCERPT_LINES = 12;

const plural = (count, one, more) => `${count.toLocaleString()} ${count === 1 ? one : more}`;

/** The whole answer; `correct(line, isFailure)` and `judge(isUseful)` send feedback. */
export function answer(response, { correct, judge }) {
  const { stats, failures, recommendations } = response.analysis_results;
  return [
    verdict(stats, failures),
    element("p", { class: "muted" },
      `${plural(stats.total_lines, "line", "lines")}, format ${stats.format} (${stats.format_reason}), ` +
      `${plural(stats.total_templates, "template", "templates")}, answered by ${response.model_version}`),
    ...stats.warnings.map((text) => element("p", { class: "error" }, text)),
    useful(judge),
    ...failures.slice(0, 50).map((failure, index) => group(failure, index, correct)),
    failures.length > 50 ? element("p", { class: "muted" }, `… and ${failures.length - 50} more groups`) : null,
    advice(recommendations),
    counts(stats),
  ].filter(Boolean);
}

function verdict(stats, failures) {
  if (failures.length === 0) return element("p", { class: "verdict good" }, "No failures found");
  return element("p", { class: "verdict bad" },
    `${plural(stats.total_failures, "failing entry", "failing entries")} in ` +
    `${plural(failures.length, "group", "groups")}; likely first cause: line ${failures[0].line}`);
}

function useful(judge) {
  const said = element("span", { class: "muted", role: "status" });
  const button = (label, value) => element("button", {
    type: "button", class: "small",
    onclick: async () => { said.textContent = await judge(value); },
  }, label);
  return element("p", { class: "row" }, "Was this useful?", button("Yes", true), button("No", false), said);
}

function group(failure, index, correct) {
  const said = element("span", { class: "muted", role: "status" });
  const times = failure.count > 1 ? ` ×${failure.count.toLocaleString()}` : "";
  const where = [failure.level, failure.component, failure.operation, failure.transaction_id].filter(Boolean);
  return element("article", { class: index === 0 ? "failure first" : "failure" },
    element("h3", {}, `${failure.rank}. line ${failure.line}${times}, severity ${failure.severity.toFixed(2)}`),
    element("div", {}, ...where.concat(failure.error_patterns).map((text) => element("span", { class: "tag" }, text))),
    excerpt(failure),
    failure.count > 1 ? element("p", { class: "muted" }, `lines ${shortened(failure.lines)}`) : null,
    element("button", {
      type: "button", class: "small",
      onclick: async () => { said.textContent = await correct(failure.line, false); },
    }, "Not a failure"), " ", said);
}

function excerpt(failure) {
  const row = (line, text, hit) => [
    element("span", { class: "n" }, String(line).padStart(6) + "  "),
    element("span", hit ? { class: "hit" } : {}, text), "\n",
  ];
  const before = failure.context.filter((c) => c.line < failure.line);
  const after = failure.context.filter((c) => c.line > failure.line_end);
  const lines = failure.log_entry.split("\n");
  const own = lines.slice(0, MAX_EXCERPT_LINES);
  const hidden = failure.line_end - failure.line + 1 - own.length;
  return element("pre", {},
    ...before.flatMap((c) => row(c.line, c.text, false)),
    ...own.flatMap((text, offset) => row(failure.line + offset, text, true)),
    hidden > 0 ? `        … ${plural(hidden, "more line", "more lines")}\n` : "",
    ...after.flatMap((c) => row(c.line, c.text, false)));
}

function shortened(lines) {
  return lines.slice(0, 20).join(", ") + (lines.length > 20 ? " …" : "");
}

function advice(recommendations) {
  if (recommendations.length === 0) return null;
  return element("section", {}, element("h2", {}, "Recommendations"),
    element("ul", {}, ...recommendations.map((one) =>
      element("li", {}, element("b", {}, one.pattern), ` (line ${one.lines.join(", ")}): ${one.text}`))));
}

function counts(stats) {
  const rows = [["Levels", stats.levels], ["Components", stats.components], ["Patterns", stats.error_patterns]];
  const text = (map) => Object.entries(map).sort((a, b) => b[1] - a[1]).slice(0, 12)
    .map(([name, count]) => `${name} ${count.toLocaleString()}`).join(", ");
  return element("section", {}, element("h2", {}, "Statistics"),
    element("table", {}, ...rows.filter(([, map]) => Object.keys(map).length > 0)
      .map(([name, map]) => element("tr", {}, element("td", { class: "muted" }, name), element("td", {}, text(map))))));
}
