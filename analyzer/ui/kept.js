// What was asked before, newest first, page by page.

import * as api from "./api.js";
import { clean, element, number, oneLine, plural, severity } from "./dom.js";

const place = document.getElementById("kept");
const list = document.getElementById("kept-list");
const more = document.getElementById("kept-more");
const told = document.getElementById("kept-status");
let cursor = null;

/** Shows the newest again. */
export async function refresh() {
  if (!place.open) return;
  cursor = null;
  await load(true);
}

async function load(fresh) {
  more.disabled = true;
  try {
    const page = await api.interactions(cursor);
    const rows = page.interactions.map(row);
    if (fresh) list.replaceChildren(...rows);
    else list.append(...rows);
    cursor = page.next_cursor;
    more.hidden = cursor === null;
    told.textContent = list.children.length === 0 ? "Nothing is kept yet." : "";
  } catch (error) {
    told.textContent = error.message;
  } finally {
    more.disabled = false;
  }
}

function row(one) {
  const found = one.failure_groups === 0 ? "no failures"
    : `${plural(one.failure_groups, "group", "groups")} of failures`;
  const verdict = one.is_useful === true ? "useful" : one.is_useful === false ? "not useful" : "";
  return element("tr", {},
    element("td", { class: "nowrap" }, new Date(one.timestamp).toLocaleString("en", { dateStyle: "medium", timeStyle: "short" })),
    element("td", {}, element("a", { href: `#${one.id}` }, element("bdi", {}, oneLine(one.log_filename ?? (one.total_lines > 0 ? "a log" : "a question"), 60)))),
    element("td", {}, element("bdi", {}, oneLine(one.user_query, 80))),
    element("td", { class: "nowrap" }, one.failure_groups > 0
      ? element("span", { class: `badge ${severity(one.severity ?? 0)}` }, found) : element("span", { class: "muted" }, found)),
    element("td", { class: "nowrap muted" }, plural(one.total_lines, "line", "lines")),
    element("td", { class: "muted" }, [verdict, one.corrections > 0 ? `${number(one.corrections)} corrected` : "", clean(one.subject ?? "")]
      .filter((part) => part !== "").join(", ")));
}

place.addEventListener("toggle", refresh);
more.addEventListener("click", () => load(false));
