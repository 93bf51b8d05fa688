// The text of a message: the server's HTML, rebuilt tag by tag from a short list, with commands and addresses
// as links, code with a copy button, spoilers, expandable quotations and drawn progress bars.

import { element, icon } from "./dom.js";

const PLAIN_TAGS = new Set(["B", "STRONG", "I", "EM", "U", "INS", "S", "DEL", "BR"]);
const COMMAND = String.raw`(?<![\w/.:@<>-])\/[a-zA-Z0-9_]{1,32}(?:@\w+)?(?![\w/-])`;
const ADDRESS = String.raw`\bhttps?:\/\/[^\s<>"]*[^\s<>".,;:!?)\]']`;
const BAR = "(?<![░▒▓█])(?=[█▓░]{4})[█▓]*░*(?![░▒▓█])";
const SPECIAL = new RegExp(`${COMMAND}|${ADDRESS}|${BAR}`, "g");

/** The nodes for `html`. `onCommand("/queue")` is called when a command in the text is clicked. */
export function formatted(html, onCommand) {
  const parsed = new DOMParser().parseFromString(html, "text/html"); // scripts and images in it stay inert
  const fragment = document.createDocumentFragment();
  fragment.append(...rebuild(parsed.body.childNodes, { onCommand, literal: false }));
  return fragment;
}

/** Keep what the reader opened in `before` open in `after`, its replacement. */
export function carryOver(before, after) {
  const opened = [...before.querySelectorAll("blockquote.expandable")].map((quote) =>
    quote.classList.contains("open"),
  );
  after
    .querySelectorAll("blockquote.expandable")
    .forEach((quote, index) => opened[index] && toggleQuote(quote));
  if (before.querySelector(".spoiler.revealed")) revealSpoilers(after);
}

function rebuild(nodes, context) {
  const rebuilt = [...nodes].flatMap((node) => {
    if (node.nodeType === Node.TEXT_NODE)
      return context.literal ? [node.data] : withSpecials(node.data, context);
    return node.nodeType === Node.ELEMENT_NODE ? [rebuildElement(node, context)].flat() : [];
  });
  return rebuilt.map((node, index) =>
    typeof node === "string" ? withoutBlankLines(node, rebuilt[index - 1], rebuilt[index + 1]) : node,
  );
}

/**
 * A code block or a quotation breaks the line by itself; the line break written beside it would show as a
 * blank line.
 */
function withoutBlankLines(text, before, after) {
  const start = isBlock(before) && text.startsWith("\n") ? 1 : 0;
  const end = isBlock(after) && text.endsWith("\n") && text.length > start ? -1 : undefined;
  return text.slice(start, end);
}

const isBlock = (node) => node instanceof HTMLElement && node.matches(".code-block, blockquote");

function rebuildElement(node, context) {
  const literal = { ...context, literal: true };
  const inside = (inner = context) => rebuild(node.childNodes, inner);
  if (PLAIN_TAGS.has(node.tagName)) return element(node.tagName, {}, ...inside());
  if (node.tagName === "CODE") return inlineCode(inside(literal));
  if (node.tagName === "PRE") return codeBlock(node);
  if (node.tagName === "A") return link(node, inside(literal));
  if (node.tagName === "BLOCKQUOTE") return quotation(inside(), node.hasAttribute("expandable"));
  if (node.matches("span.spoiler, tg-spoiler")) return spoiler(inside());
  return inside(); // an unknown tag: its text stays, the tag goes
}

function withSpecials(text, { onCommand }) {
  const parts = [];
  let end = 0;
  for (const match of text.matchAll(SPECIAL)) {
    parts.push(text.slice(end, match.index), special(match[0], onCommand));
    end = match.index + match[0].length;
  }
  parts.push(text.slice(end));
  return parts.filter((part) => part !== "");
}

function special(text, onCommand) {
  if (text.startsWith("/")) return command(text, onCommand);
  return /^[█▓░]/.test(text) ? progressBar(text) : outside(text, [text]);
}

/** Fonts draw block characters unevenly: they stay as the text that is copied, and the bar is drawn. */
function progressBar(text) {
  const done = text.replaceAll("░", "").length;
  const part = (name, from, to) => {
    const node = element("span", { class: name }, text.slice(from, to));
    node.style.flexGrow = to - from;
    return node;
  };
  return element(
    "span",
    { class: "bar", role: "img", "aria-label": `${Math.round((100 * done) / text.length)}%` },
    part("bar-done", 0, done),
    part("bar-rest", done, text.length),
  );
}

function command(text, onCommand) {
  return element(
    "button",
    { type: "button", class: "command-link", on: { click: () => onCommand(text) } },
    text,
  );
}

function outside(address, children) {
  return element("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, ...children);
}

function link(node, children) {
  const address = node.getAttribute("href") ?? "";
  if (/^https?:\/\//i.test(address)) return outside(address, children);
  return element("span", { class: "mention" }, ...children); // tg://user?id=1 leads nowhere in a browser
}

function inlineCode(children) {
  const code = element("code", { title: "Click to copy" }, ...children);
  code.addEventListener("click", () => getSelection().isCollapsed && copy(code.textContent, code));
  return code;
}

function codeBlock(pre) {
  const source = pre.querySelector("code") ?? pre;
  const language = /language-(\S+)/.exec(source.className)?.[1] ?? "";
  const text = pre.textContent.replace(/\n$/, "");
  const button = element(
    "button",
    { type: "button", class: "copy", "aria-label": "Copy code" },
    icon("copy"),
    element("span", {}, "Copy"),
  );
  button.addEventListener("click", () => copy(text, button));
  return element(
    "div",
    { class: "code-block", dir: "ltr" },
    language ? element("span", { class: "language" }, language) : null,
    element("pre", { tabindex: "0" }, element("code", {}, text)),
    button,
  );
}

async function copy(text, target) {
  try {
    await navigator.clipboard.writeText(text);
    target.classList.add("copied");
  } catch {
    target.classList.add("copy-failed"); // the browser forbids it; the text can still be selected
  }
  setTimeout(() => target.classList.remove("copied", "copy-failed"), 1600);
}

function quotation(children, expandable) {
  const quote = element("blockquote", { dir: "auto" }, ...children);
  if (!expandable) return quote;
  quote.classList.add("expandable");
  const toggle = element(
    "button",
    { type: "button", class: "expand", "aria-label": "Show all of the quotation", "aria-expanded": "false" },
    icon("down"),
  );
  quote.append(toggle);
  quote.addEventListener("click", (event) => {
    const onText = !event.target.closest("a, .expand, .command-link, .spoiler, code");
    if (event.target.closest(".expand") || (onText && getSelection().isCollapsed)) toggleQuote(quote);
  });
  requestAnimationFrame(() =>
    quote.classList.toggle(
      "short",
      !quote.classList.contains("open") && quote.scrollHeight <= quote.clientHeight + 2,
    ),
  );
  return quote;
}

function toggleQuote(quote) {
  const open = quote.classList.toggle("open");
  quote.querySelector(".expand").setAttribute("aria-expanded", String(open));
}

function spoiler(children) {
  const hidden = element(
    "span",
    { class: "spoiler", role: "button", tabindex: "0", "aria-label": "Hidden text, press to show it" },
    element("span", {}, ...children),
  );
  const reveal = () => revealSpoilers(hidden.closest(".body") ?? hidden.parentNode);
  hidden.addEventListener("click", reveal);
  hidden.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    reveal();
  });
  return hidden;
}

function revealSpoilers(container) {
  container.querySelectorAll(".spoiler").forEach((hidden) => {
    hidden.classList.add("revealed");
    ["role", "tabindex", "aria-label"].forEach((name) => hidden.removeAttribute(name));
  });
}
