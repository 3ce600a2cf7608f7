// What a person says about an answer: useful or not, a comment, and what single lines really are.

import { element, svg } from "./dom.js";

const THUMB = "M7 10v11H3V10zm2 0 4-8c1.700 0 2.500 1 2.500 2.500L14.800 9H20c1.300 0 2.200 1.100 1.900 2.400l-1.700 7.800C20 20.300 19 21 17.900 21H9z";

const thumb = (down) => svg("svg", { viewBox: "0 0 24 24", class: down ? "icon down" : "icon", "aria-hidden": "true" },
  svg("path", { d: THUMB }));

/** A line that tells what became of the last thing said. */
function teller() {
  const node = element("span", { class: "muted", role: "status" });
  const tell = async (send, value, kept = "Kept, thank you.") => {
    node.className = "muted";
    node.textContent = "Sending …";
    try {
      await send(value);
      node.textContent = kept;
      return true;
    } catch (error) {
      node.className = "error";
      node.textContent = error.message;
      return false;
    }
  };
  return { node, tell };
}

/** Thumbs and a comment; `send(said)` keeps it, `said` is what was said before, `reviews` whether one may speak for everybody. */
export function judgement(send, said, reviews) {
  const { node, tell } = teller();
  const buttons = [[true, "Yes, useful"], [false, "No"]].map(([value, label]) => element("button", {
    type: "button", class: "thumb", "data-useful": String(value), "aria-pressed": String(said.is_useful === value),
    onclick: async ({ currentTarget }) => {
      // Pressed again, it is taken back.
      const back = currentTarget.getAttribute("aria-pressed") === "true";
      if (await tell(send, back ? { taken_back: { is_useful: true } } : { is_useful: value }, back ? "Taken back." : undefined)) {
        for (const one of buttons) one.setAttribute("aria-pressed", String(!back && one.dataset.useful === String(value)));
      }
    },
  }, thumb(!value), label));
  const comment = element("input", {
    type: "text", id: "comment", maxlength: "4000", value: said.user_feedback ?? "", autocomplete: "off",
    placeholder: "What was missing or wrong?",
  });
  const form = element("form", {
    class: "row", onsubmit: (event) => {
      event.preventDefault();
      if (comment.value.trim() !== "") tell(send, { user_feedback: comment.value });
      else tell(send, { taken_back: { user_feedback: true } }, "Taken back.");
    },
  }, element("label", { for: "comment" }, "Comment"), comment, element("button", { type: "submit" }, "Send"));
  return element("section", { class: "panel", id: "feedback" },
    element("div", { class: "row" }, element("h2", {}, "Was this useful?"), buttons, node),
    form, otherLine(send), reviews
      ? element("label", { class: "row" }, element("input", { type: "checkbox", id: "gold" }), "As a reviewer: my corrections hold for everybody")
      : null);
}

/** A correction of a line that no group shows: a failure that was missed. */
function otherLine(send) {
  const { node, tell } = teller();
  const line = element("input", { type: "number", id: "line", min: "1", step: "1", required: true });
  const kind = element("select", { "aria-label": "What the line is" },
    element("option", { value: "true" }, "is a failure"), element("option", { value: "false" }, "is not a failure"));
  return element("form", {
    class: "row", onsubmit: (event) => {
      event.preventDefault();
      const correction = { line: Number(line.value), is_failure: kind.value === "true" };
      tell(send, { corrections: [correction] }, `Kept: line ${line.value} ${kind.selectedOptions[0].textContent}.`);
    },
  }, element("label", { for: "line" }, "Line"), line, kind, element("button", { type: "submit" }, "Correct"), node);
}

/** A button that says that a line is not what the answer took it for, and takes it back. */
export function correction(send, line, isFailure, corrected) {
  let now = corrected ?? isFailure;
  const button = element("button", {
    type: "button", class: "correct", "data-line": line,
    onclick: async () => {
      button.disabled = true;
      try {
        const said = await send(now === isFailure ? { corrections: [{ line, is_failure: !now }] } : { taken_back: { lines: [line] } });
        if (said.outranked.includes(line)) {
          button.textContent = "a reviewer decided";
          return;
        }
        now = !now;
        show(now !== isFailure);
      } catch (error) {
        button.textContent = error.message;
      } finally {
        button.disabled = false;
      }
    },
  });
  const show = (changed) => {
    button.textContent = changed ? `kept: ${now ? "a failure" : "no failure"} ⟲` : now ? "not a failure" : "a failure";
    button.setAttribute("aria-label", `Line ${line} is ${now ? "not a failure" : "a failure"}`);
    button.classList.toggle("kept", changed);
  };
  show(now !== isFailure);
  return button;
}
