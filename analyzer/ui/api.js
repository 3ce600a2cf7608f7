// The service's API. What goes wrong becomes an Error with a sentence for people.

/** Proves to the service that this page, not another site, asks; null without a session. */
let csrf = null;
let signedOut = () => {};

/** Calls `listener` when the service no longer knows who asks. */
export function onSignedOut(listener) { signedOut = listener; }

/** Sends a request and gives the parsed answer. */
async function call(method, path, body, headers = {}, again = true) {
  let response;
  try {
    response = await fetch(path, { method, body, headers: csrf ? { ...headers, "x-csrf-token": csrf } : headers });
  } catch {
    throw new Error("The service cannot be reached: check the connection, or whether it is running, and try again.");
  }
  const parsed = await response.json().catch(() => null);
  if (response.ok && parsed) return parsed;
  const said = parsed?.error;
  // Signed in again in another tab: the session is another one.
  if (said?.code === "csrf" && again && await who()) return call(method, path, body, headers, false);
  if (response.status === 401) {
    csrf = null;
    signedOut();
  }
  throw new Error(said ? sentence(said.message) : `The service answered ${response.status} without saying why.`);
}

const sentence = (text) => text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? "" : ".");

/** Who one is; null: one has to sign in. */
export async function who() {
  const response = await fetch("/api/session");
  if (response.status === 401) return null;
  const session = await response.json().catch(() => null);
  if (!response.ok || !session) {
    throw new Error(session?.error ? sentence(session.error.message) : `The service answered ${response.status} without saying why.`);
  }
  csrf = session.csrf_token ?? null;
  return session;
}

/** Begins a session for a token. */
export async function signIn(token) {
  const session = await call("POST", "/api/session", undefined, { authorization: `Bearer ${token}` });
  csrf = session.csrf_token;
  return session;
}

/** Ends the session. */
export async function signOut() {
  await call("DELETE", "/api/session");
  csrf = null;
}

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

/** A page of what was asked before, newest first. */
export const interactions = (cursor) =>
  call("GET", `/api/chat/interactions?limit=20${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ""}`);

/** What is worth a label next. */
export const next = () => call("GET", "/api/training/next?limit=20");

/** Keeps what a person says about an answer; gives everything said so far. */
export const feedback = (id, said) =>
  call("PUT", `/api/chat/interactions/${encodeURIComponent(id)}/feedback`, JSON.stringify(said),
    { "content-type": "application/json" });

/** What the loop is doing, when that was told, and why nothing (new) is known. */
export const loop = () => call("GET", "/api/loop");

/** Totals of what is kept. */
export const totals = async () => (await call("GET", "/api/chat/stats")).stats;

/** The model that answers. */
export const serving = async () => (await call("GET", "/api/models")).loaded.stable;
