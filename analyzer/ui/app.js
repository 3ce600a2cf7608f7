// Upload or paste, ask, show, and say what was wrong.

import { answer } from "./render.js";

const byId = (id) => document.getElementById(id);
const [form, log, file, query, status, section] =
  ["ask", "log", "file", "query", "status", "answer"].map(byId);

async function call(method, path, body, headers = {}) {
  const response = await fetch(path, { method, body, headers });
  const parsed = await response.json().catch(() => null);
  if (!response.ok || !parsed) throw new Error(parsed?.error?.message ?? `the server answered ${response.status}`);
  return parsed;
}

const sendJson = (method, path, value) =>
  call(method, path, JSON.stringify(value), { "content-type": "application/json" });

function request() {
  if (file.files.length > 0) {
    const upload = new FormData();
    upload.append("user_query", query.value);
    upload.append("file", file.files[0]);
    return call("POST", "/api/chat/analyze", upload);
  }
  return sendJson("POST", "/api/chat/analyze",
    { user_query: query.value, log_content: log.value, log_filename: "pasted.log" });
}

function say(text, isError = false) {
  status.textContent = text;
  status.className = isError ? "error" : "muted";
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = form.querySelector("button");
  button.disabled = true;
  say("Analyzing …");
  try {
    const response = await request();
    const path = `/api/chat/interactions/${response.interaction_id}/feedback`;
    const tell = async (value) => {
      try {
        await sendJson("PUT", path, value);
        refresh();
        return "Kept, thank you.";
      } catch (error) {
        return error.message;
      }
    };
    section.replaceChildren(...answer(response, {
      correct: (line, is_failure) => tell({ corrections: [{ line, is_failure }] }),
      judge: (is_useful) => tell({ is_useful }),
    }));
    section.hidden = false;
    say(`Kept as ${response.interaction_id}`);
  } catch (error) {
    say(error.message, true);
  } finally {
    button.disabled = false;
    refresh();
  }
});

// A chosen file and pasted text exclude each other: whatever came last counts.
log.addEventListener("input", () => { file.value = ""; });
file.addEventListener("change", () => { if (file.files.length > 0) log.value = ""; });
for (const kind of ["dragover", "dragleave", "drop"]) {
  log.addEventListener(kind, (event) => {
    event.preventDefault();
    log.classList.toggle("drop", kind === "dragover");
    if (kind === "drop" && event.dataTransfer.files.length > 0) {
      file.files = event.dataTransfer.files;
      log.value = "";
      say(`${event.dataTransfer.files[0].name} is ready`);
    }
  });
}

async function refresh() {
  try {
    const [{ stats }, models] = await Promise.all([call("GET", "/api/chat/stats"), call("GET", "/api/models")]);
    byId("totals").textContent = `${stats.total_interactions.toLocaleString()} interactions kept, ` +
      `${stats.total_failures_detected.toLocaleString()} failures found, ` +
      `${stats.corrected_templates.toLocaleString()} templates corrected`;
    byId("serving").textContent = models.loaded.stable
      ? `answered by model ${models.loaded.stable.version}` : "answered by the built-in rules";
  } catch (error) {
    byId("serving").textContent = error.message;
  }
}

refresh();
