// A group of failures: what happened, where, with the lines around it.

import { clean, element, lineList, number, oneLine, patternName, plural, section, severity } from "./dom.js";
import { correction } from "./feedback.js";

/** Groups shown at first, and how many more each time on demand. */
const FIRST_PAGE = 10;
const PAGE = 50;

/** Lines shown of one entry; a stack trace can have hundreds. */
const MAX_EXCERPT_LINES = 12;

/** All groups; `feedback` is how to correct a line. */
export function failures(groups, leftOut, feedback) {
  if (groups.length === 0) return null;
  const list = element("div", {});
  const more = element("button", { type: "button", onclick: () => show() });
  let shown = 0;
  function show() {
    const next = Math.min(groups.length, shown + (shown === 0 ? FIRST_PAGE : PAGE));
    list.append(...groups.slice(shown, next).map((group, at) => card(group, feedback, shown + at === 0)));
    shown = next;
    more.hidden = shown >= groups.length;
    more.textContent = `Show more (${number(groups.length - shown)} left)`;
  }
  show();
  const untold = leftOut > 0
    ? element("p", { class: "muted" }, `${plural(leftOut, "more group is", "more groups are")} not listed: there were too many.`)
    : null;
  return section("What failed", list, more, untold);
}

/** A badge with the severity in a word. */
export const badge = (value) => element("span", { class: `badge ${severity(value)}` }, severity(value));

/** What the first entry says: its message as logged, as far as the template tells where it begins. */
export function said(failure, most) {
  const raw = oneLine(failure.log_entry, Infinity);
  const [message, cause] = clean(failure.template).split(" ⏎ ");
  const fixed = message.split("<*>")[0].trim();
  const at = fixed.length >= 4 ? raw.indexOf(fixed) : -1;
  let text = raw;
  if (raw.startsWith("{") && message.trim() !== "") text = message;
  else if (at > 0) text = raw.slice(at);
  return oneLine(cause ? `${text} ⏎ ${cause}` : text, most);
}

function card(failure, feedback, open) {
  return element("details", { class: "failure", open, id: `line-${failure.line}` },
    element("summary", {},
      element("span", { class: "rank" }, `${failure.rank}.`), badge(failure.severity),
      failure.is_new ? element("span", { class: "badge new" }, "new") : null,
      element("span", { class: "muted nowrap" }, failure.count > 1 ? `${number(failure.count)}×, ` : "", lineList(failure.lines.length ? failure.lines : [failure.line])),
      element("bdi", { class: "said" }, said(failure, 200))),
    excerpt(failure, feedback),
    facts(failure));
}

/** The lines of the first entry and those around it, each with a way to correct it. */
export function excerpt(failure, feedback) {
  const row = (line, text, hit) => element("div", { class: hit ? "hit" : null, role: "listitem" },
    element("span", { class: "n", "aria-label": `line ${line}` }, number(line)),
    element("bdi", { class: "text" }, clean(text)),
    feedback ? correction(feedback.send, line, hit, feedback.corrected.get(line)) : null);
  const lines = failure.log_entry.split(/\r\n|\n|\r/);
  const own = lines.slice(0, MAX_EXCERPT_LINES);
  const hidden = failure.line_end - failure.line + 1 - own.length;
  return element("div", { class: "excerpt", role: "list", tabindex: "0", "aria-label": `Lines around line ${failure.line}` },
    failure.context.filter((c) => c.line < failure.line).map((c) => row(c.line, c.text, false)),
    own.map((text, offset) => row(failure.line + offset, text, true)),
    hidden > 0 ? element("div", { class: "muted" }, `… ${plural(hidden, "more line", "more lines")}`) : null,
    failure.context.filter((c) => c.line > failure.line_end).map((c) => row(c.line, c.text, false)));
}

/** Reasons that are told. */
const MAX_REASONS = 6;

/** Who decided, and by which words or rules. */
function why(reasons) {
  if (!reasons) return null;
  if (reasons.source === "correction") return reasons.corrected_by === "reviewer" ? "a reviewer says so" : "a correction says so";
  if (reasons.source === "model") {
    const words = (reasons.words ?? []).slice(0, MAX_REASONS)
      .map((word) => `${word.of ? `${word.of === "before" ? "after" : word.of} ` : ""}${word.text} ${word.contribution < 0 ? "−" : "+"}${Math.abs(word.contribution).toFixed(1)}`);
    return `model ${reasons.version}, ${Math.round(reasons.probability * 100)} %: ${words.join(", ")}`;
  }
  const rules = (reasons.rules ?? []).slice(0, MAX_REASONS).map((rule) => (rule.level ? `level ${rule.level}`
    : rule.phrase && rule.phrase !== patternName(rule.pattern) ? `${patternName(rule.pattern)} (${rule.phrase})` : patternName(rule.pattern)));
  return rules.length > 0 ? `rules: ${rules.join(", ")}` : null;
}

function facts(failure) {
  const span = failure.last_seen && failure.last_seen !== failure.timestamp
    ? `${failure.timestamp ?? "?"} to ${failure.last_seen}` : failure.timestamp;
  const rows = [
    ["level", failure.level], ["component", failure.component], ["operation", failure.operation],
    ["transaction", failure.transaction_id], ["time", span],
    ["lines", failure.count > 1 ? lineList(failure.lines, 30) : null],
    ["patterns", failure.error_patterns.map(patternName).join(", ")],
    ["keywords", failure.keywords.map(clean).join(", ")],
    ["template", failure.template], ["template id", failure.template_id],
    ["why", why(failure.why)],
    ["score", `${failure.score.toFixed(2)} by ${failure.scored_by}, severity ${failure.severity.toFixed(2)}`],
  ];
  return element("dl", { class: "facts" }, rows.filter(([, value]) => value).map(([name, value]) =>
    element("div", {}, element("dt", {}, name), element("dd", {}, element("bdi", {}, clean(value))))));
}
