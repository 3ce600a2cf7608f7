// The service's API. What goes wrong becomes an Error with a sentence for people.

/** Sends a request and gives the parsed answer. */
async function call(method, path, body, headers = {}) {
  let response;
  try {
    response = await fetch(path, { method, body, headers });
  } catch {
    throw new Error("The service cannot be reached: check the connection, or whether it is running, and try again.");
  }
  const parsed = await response.json().catch(() => null);
  if (response.ok && parsed) return parsed;
  const said = parsed?.error;
  throw new Error(said ? sentence(said.message) : `The service answered ${response.status} without saying why.`);
}

const sentence = (text) => text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? "" : ".");

/** Analyzes `log` (a Blob, or null for a question alone), against `baseline` if there is one. */
export function analyze({ log, name, baseline, query, format }) {
  const form = new FormData();
  form.append("user_query", query);
  if (format) form.append("format", format);
  if (log) form.append("file", log, name);
  if (baseline) form.append("baseline", baseline, baseline.name);
  return call("POST", "/api/chat/analyze", form);
}

/** What was answered before. */
export async function interaction(id) {
  const { interaction: found } = await call("GET", `/api/chat/interactions/${encodeURIComponent(id)}`);
  return { ...found, interaction_id: id };
}

/** Keeps what a person says about an answer; gives everything said so far. */
export const feedback = (id, said) =>
  call("PUT", `/api/chat/interactions/${encodeURIComponent(id)}/feedback`, JSON.stringify(said),
    { "content-type": "application/json" });

/** Totals of what is kept. */
export const totals = async () => (await call("GET", "/api/chat/stats")).stats;

/** The model that answers. */
export const serving = async () => (await call("GET", "/api/models")).loaded.stable;
