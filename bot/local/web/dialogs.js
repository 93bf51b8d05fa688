// Short notices that go away by themselves (toasts), and alerts that wait for OK.

import { byId, element } from "./dom.js";

const SHORTEST = 3000; // milliseconds a toast stays
const PER_CHARACTER = 45;
const LONGEST = 9000;
const MOST_TOASTS = 3;

/** Show `text` for some seconds; `failed` marks it as bad news. */
export function toast(text, { failed = false } = {}) {
  const stack = byId("toasts");
  const node = element("div", { class: failed ? "toast failed" : "toast", dir: "auto" }, text);
  node.addEventListener("click", () => dismiss(node));
  stack.append(node);
  while (stack.childElementCount > MOST_TOASTS) stack.firstElementChild.remove();
  setTimeout(() => dismiss(node), Math.min(SHORTEST + text.length * PER_CHARACTER, LONGEST));
}

function dismiss(node) {
  node.classList.add("leaving");
  setTimeout(() => node.remove(), 250);
}

const waiting = []; // alerts behind the one that is open

/** Show `text` in a dialog until the reader presses OK or Escape; several alerts come one after another. */
export function alertDialog(title, text) {
  waiting.push({ title, text });
  if (!byId("alert").open) showNext();
}

/** Let each closed alert make room for the next. */
export function prepareAlerts() {
  byId("alert").addEventListener("close", showNext);
  // OK is all there is to focus
  byId("alert").addEventListener("keydown", (event) => event.key === "Tab" && event.preventDefault());
}

function showNext() {
  const next = waiting.shift();
  if (!next) return;
  byId("alert-title").textContent = next.title;
  byId("alert-text").textContent = next.text;
  byId("alert").showModal();
  byId("alert-ok").focus();
}
