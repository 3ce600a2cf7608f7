// What is worth a reviewer's label next; a label is given here, or in the answer that it leads to.

import * as api from "./api.js";
import { clean, element, number, oneLine, plural } from "./dom.js";

const place = document.getElementById("next");
const list = document.getElementById("next-list");
const told = document.getElementById("next-status");
let gold = false;

/** Shows the place to who may see it; `speaksForAll`: their labels hold for everybody. */
export function offer(visible, speaksForAll) {
  place.hidden = !visible;
  gold = speaksForAll;
  if (!visible) list.replaceChildren();
}

async function load() {
  if (!place.open) return;
  told.textContent = "Looking …";
  try {
    const found = await api.next();
    list.replaceChildren(...found.next.map(row));
    const looked = found.looked_at;
    told.textContent = `${found.next.length === 0 ? "Nothing. " : ""}From the last ${plural(looked.interactions, "interaction", "interactions")}` +
      ` (${plural(looked.entries, "entry", "entries")})${looked.more ? "; there are older ones" : ""}.`;
  } catch (error) {
    told.textContent = error.message;
  }
}

function row(one) {
  const say = (isFailure, label) => element("button", {
    type: "button", class: "correct", "aria-label": `Line ${one.line} is ${label}`,
    onclick: async ({ currentTarget }) => {
      currentTarget.disabled = true;
      try {
        const said = { corrections: [{ line: one.line, is_failure: isFailure }] };
        await api.feedback(one.interaction_id, gold ? { ...said, gold: true } : said);
        answers.replaceChildren(`kept: ${label}`);
      } catch (error) {
        currentTarget.disabled = false;
        told.textContent = error.message;
      }
    },
  }, label);
  const answers = element("td", { class: "nowrap" }, say(true, "a failure"), " ", say(false, "no failure"));
  return element("tr", {},
    element("td", {}, element("bdi", {}, oneLine(one.example, 160)), element("div", { class: "muted small" }, clean(one.text))),
    element("td", { class: "nowrap muted" }, one.count > 1 ? `${number(one.count)}×` : ""),
    element("td", { class: "nowrap" }, element("a", { href: `#${one.interaction_id}` }, `line ${number(one.line)}`)),
    answers);
}

place.addEventListener("toggle", load);
