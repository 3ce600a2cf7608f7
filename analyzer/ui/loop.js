// What the loop is doing, as the operator tells it.

import * as api from "./api.js";
import { clean, element, number, oneLine } from "./dom.js";

const place = document.getElementById("loop");
const list = document.getElementById("loop-list");
const told = document.getElementById("loop-status");

/** Time between two looks while it is open. Units: milliseconds. */
const PAUSE = 5000;
let timer = null;

/** Shows the place; looks, if it is open. */
export function offer() {
  place.hidden = false;
  load();
}

async function load() {
  clearTimeout(timer);
  if (!place.open || place.hidden) return;
  try {
    const answer = await api.loop();
    list.replaceChildren(...(answer.loop ? rows(answer.loop) : []));
    const sentence = answer.problem ? answer.problem.charAt(0).toUpperCase() + answer.problem.slice(1) + "." : "";
    told.textContent = sentence || `As of ${when(answer.told)}.`;
  } catch (error) {
    told.textContent = error.message;
  }
  timer = setTimeout(load, PAUSE);
}

const when = (time) => new Date(time).toLocaleString("en", { dateStyle: "medium", timeStyle: "short" });
const minutes = (seconds) => (seconds < 90 ? `${number(seconds)} s` : `${number(Math.round(seconds / 60))} min`);
const all = (found) => (Array.isArray(found) ? found : []);

/** A line: what, how it is, and in words. */
function row(what, how, words = "") {
  return element("tr", {},
    element("th", { scope: "row" }, what),
    element("td", {}, element("bdi", {}, clean(how))),
    element("td", { class: "muted" }, element("bdi", {}, oneLine(words, 400))));
}

function rows(loop) {
  const { serving, candidate, last } = loop;
  const current = all(loop.current);
  const more = loop.current_count - current.length;
  return [
    row("Serves", serving ? serving.version : "the built-in rules", serving?.since ? `since ${when(serving.since)}` : ""),
    candidate && row("Is tried", candidate.version,
      [candidate.phase, Number.isFinite(candidate.share) ? `loaded by ${Math.round(candidate.share * 100)} % of the pods` : ""].filter(Boolean).join(", ")),
    ...current.map((run) => row("Under way", `${run.name}: ${run.phase}`, [progress(run), run.message].filter(Boolean).join("; "))),
    more > 0 && row("Under way", `${number(more)} more`),
    last && row("Last run", `${last.name}: ${last.outcome}`, [last.ended ? when(last.ended) : "", last.message].filter(Boolean).join("; ")),
    ...all(loop.schedules).map((one) => row("Next run", one.next ? when(one.next) : one.phase, `${one.name}${one.message ? `: ${one.message}` : ""}`)),
    ...all(loop.retentions).map((one) => row("Clean-up",
      [one.last ? `last ${when(one.last)}` : "", one.next ? `next ${when(one.next)}` : ""].filter(Boolean).join(", ") || one.phase,
      `${one.name}${one.dry_run ? " (only reports)" : ""}${one.message ? `: ${one.message}` : ""}`)),
  ].filter(Boolean);
}

function progress(run) {
  if (!Number.isFinite(run.percent)) return "";
  return `${number(run.percent)} %${Number.isFinite(run.eta_seconds) ? `, ${minutes(run.eta_seconds)} left` : ""}`;
}

place.addEventListener("toggle", load);
