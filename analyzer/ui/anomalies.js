// Transactions and windows that are not as normal ones are, each with its reasons.

import { clean, element, lineList, number, plural, section } from "./dom.js";

/** Anomalies shown at first, and how many more each time on demand. */
const FIRST_PAGE = 5;
const PAGE = 50;

/** Sequences of a log from which on a share of them says something. */
const MIN_SEQUENCES = 10;

/** All anomalies of an answer; nothing where there are none. */
export function anomalies({ anomalies: list, stats }) {
  if (!list?.length || !stats.sequences) return null;
  const { anomalous, checked } = stats.sequences;
  const items = element("ul", { class: "anomalies" });
  const more = element("button", { type: "button", onclick: () => show() });
  let shown = 0;
  function show() {
    const next = Math.min(list.length, shown + (shown === 0 ? FIRST_PAGE : PAGE));
    items.append(...list.slice(shown, next).map(item));
    shown = next;
    more.hidden = shown >= list.length;
    more.textContent = `Show more (${number(list.length - shown)} left)`;
  }
  show();
  const most = checked >= MIN_SEQUENCES && anomalous * 2 > checked
    ? element("p", {}, "Most of this log is not as the model knows it: is it of another release of the program? " +
      "Then let it learn from its logs.")
    : null;
  const title = `Not as usual: ${number(anomalous)} of ${plural(checked, "transaction or window", "transactions and windows")}`;
  return section(title, most, items, more);
}

function item(one) {
  const name = one.transaction_id ?? one.component;
  return element("li", { id: `anomaly-${one.line}` },
    element("span", {}, one.kind), name ? [" ", element("bdi", { class: "code" }, clean(name))] : null,
    one.count > 1 ? ` and ${number(one.count - 1)} more` : "",
    element("span", { class: "muted" }, `, ${lineList(one.lines)}, ${plural(one.entries, "entry", "entries")}`),
    one.has_failure ? [" ", element("span", { class: "badge" }, "failed, too")] : null,
    element("ul", {}, one.reasons.map((reason) => element("li", {}, element("bdi", {}, clean(reason.text)),
      reason.line ? element("span", { class: "muted" }, ` (line ${number(reason.line)})`) : null))));
}
