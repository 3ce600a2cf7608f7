// Who one is: signing in with a token, and out again.

import * as api from "./api.js";
import { clean, element } from "./dom.js";

const byId = (id) => document.getElementById(id);
const [form, token, told, who, main] = ["signin", "token", "signin-status", "who", "ask"].map((id) => document.getElementById(id));

/** Shows who one is, or the form to sign in; `changed(session)` is called whenever that changes. */
export async function begin(changed) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    told.textContent = "";
    try {
      const session = await api.signIn(token.value.trim());
      token.value = "";
      show(session);
      changed(session);
    } catch (error) {
      told.textContent = error.message;
      token.select();
    }
  });
  api.onSignedOut(() => {
    // What is on the page was somebody's to read; the next one may be another.
    main.reset();
    for (const id of ["answer", "kept-list", "next-list"]) byId(id).replaceChildren();
    show(null);
  });
  try {
    const session = await api.who();
    show(session);
    if (session) changed(session);
  } catch (error) {
    byId("serving").textContent = error.message;
  }
}

function show(session) {
  const outside = session === null;
  form.hidden = !outside;
  main.hidden = outside;
  if (outside) {
    for (const id of ["answer", "kept", "loop", "next"]) byId(id).hidden = true;
    for (const id of ["serving", "totals"]) byId(id).textContent = "";
  }
  who.replaceChildren(...(session?.csrf_token ? [
    element("bdi", {}, clean(session.subject)), " ",
    element("button", {
      type: "button", class: "link", onclick: async () => {
        await api.signOut().catch(() => {});
        // What was on the page was this person's to read.
        location.replace(location.pathname);
      },
    }, "Sign out"),
  ] : session?.subject ? [element("bdi", {}, clean(session.subject))] : []));
  if (outside) token.focus();
}
