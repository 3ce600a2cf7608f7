// Upload or paste, ask, show, and say what was wrong.

import * as api from "./api.js";
import { number, plural } from "./dom.js";
import * as kept from "./kept.js";
import * as loop from "./loop.js";
import * as next from "./next.js";
import { answer, openGroup } from "./render.js";
import * as session from "./session.js";

const byId = (id) => document.getElementById(id);
const [form, log, file, baseline, query, format, status, place] =
  ["ask", "log", "file", "baseline", "query", "format", "status", "answer"].map(byId);

function say(text, isError = false) {
  status.textContent = text;
  status.className = isError ? "error" : "muted";
}

const size = (bytes) => (bytes < 1 << 20 ? `${number(Math.ceil(bytes / 1024))} KiB` : `${(bytes / (1 << 20)).toFixed(1)} MiB`);

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const chosen = file.files[0];
  const pasted = log.value === "" ? null : new Blob([log.value], { type: "text/plain" });
  const sent = chosen ?? pasted;
  if (!sent && query.value.trim() === "") {
    say("Paste a log, or choose a file.", true);
    log.focus();
    return;
  }
  const button = form.querySelector("[type=submit]");
  button.disabled = true;
  form.setAttribute("aria-busy", "true");
  say(sent ? `Analyzing ${chosen?.name ?? "the pasted log"} (${size(sent.size)}) …` : "Asking …");
  try {
    const response = await api.analyze({
      log: sent, name: chosen?.name ?? "pasted.log", baseline: baseline.files[0], query: query.value, format: format.value,
    });
    show(response);
    history.replaceState(null, "", response.kept ? `#${response.interaction_id}` : location.pathname);
    say(response.kept
      ? `Kept as ${response.interaction_id}; this page's address leads back to it.`
      : "Nothing was kept: this analyzer answers and forgets, feedback too.");
    place.focus({ preventScroll: true });
    place.scrollIntoView({ block: "start" });
  } catch (error) {
    // The last answer is not one to this log.
    place.replaceChildren();
    say(error.message, true);
  } finally {
    button.disabled = false;
    form.removeAttribute("aria-busy");
    refresh();
  }
});

/** Whether one may say what holds for everybody. */
let reviews = false;

function show(response) {
  const send = async (said) => {
    const gold = document.getElementById("gold")?.checked && (said.corrections || said.taken_back?.lines);
    const answered = await api.feedback(response.interaction_id, gold ? { ...said, gold: true } : said);
    refresh();
    return answered;
  };
  const copy = navigator.clipboard && (async (text) => {
    await navigator.clipboard.writeText(text).then(() => say("Copied."), () => say("The browser did not let it be copied.", true));
  });
  place.replaceChildren(...answer(response, { send, copy, reviews }));
  place.hidden = false;
}

// Links to lines open their groups; they leave the address alone, which leads back to the answer.
place.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-line]");
  if (link) {
    event.preventDefault();
    openGroup(link.dataset.line);
  }
});

// A chosen file and pasted text exclude each other: whatever came last counts.
log.addEventListener("input", () => { file.value = ""; });
file.addEventListener("change", () => { if (file.files.length > 0) log.value = ""; });
byId("clear").addEventListener("click", () => {
  form.reset();
  place.hidden = true;
  place.replaceChildren();
  history.replaceState(null, "", location.pathname);
  say("");
  log.focus();
});
form.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
});

// A file may be dropped anywhere; on the good run's field it becomes the good run.
const hasFiles = (event) => event.dataTransfer?.types.includes("Files");
const target = (event) => (byId("good").contains(event.target) ? baseline : file);
function mark(node) {
  for (const one of [form, byId("good")]) one.classList.toggle("drop", one === node);
}
document.addEventListener("dragover", (event) => {
  if (!hasFiles(event)) return;
  event.preventDefault();
  mark(target(event) === baseline ? byId("good") : form);
});
document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) mark(null); });
document.addEventListener("drop", (event) => {
  mark(null);
  if (!hasFiles(event)) return;
  event.preventDefault();
  const dropped = event.dataTransfer.files;
  if (dropped.length !== 1) {
    say("Drop one file at a time.", true);
    return;
  }
  const field = target(event);
  field.files = dropped;
  if (field === file) log.value = "";
  say(`${dropped[0].name} (${size(dropped[0].size)}) is ready${field === baseline ? " as the good run" : ""}.`);
});

async function refresh() {
  try {
    const [stats, model] = await Promise.all([api.totals(), api.serving()]);
    byId("totals").textContent = `${plural(stats.total_interactions, "interaction", "interactions")} kept, ` +
      `${plural(stats.total_failures_detected, "failure", "failures")} found, ` +
      `${plural(stats.corrected_templates, "template", "templates")} corrected`;
    kept.refresh();
    byId("serving").textContent = model ? `answered by model ${model.version}` : "answered by the built-in rules";
  } catch (error) {
    byId("serving").textContent = error.message;
  }
}

/** An address with an interaction's id shows what was answered. */
async function showKept() {
  const id = location.hash.slice(1);
  if (!/^[0-9a-f-]{36}$/i.test(id)) return;
  try {
    show(await api.interaction(id));
    say(`Answered before, as ${id}.`);
  } catch (error) {
    say(error.message, true);
  }
}

window.addEventListener("hashchange", showKept);
session.begin((who) => {
  reviews = who.access === "checked" && who.scopes.includes("review");
  byId("kept").hidden = !["analyze", "review"].some((scope) => who.scopes.includes(scope));
  next.offer(who.scopes.includes("review"), reviews);
  loop.offer();
  refresh();
  showKept();
});
