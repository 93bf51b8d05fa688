// One message as a node. An edit replaces only the parts that differ, so focus, photos and open quotations
// stay.

import { attachment } from "./attachments.js";
import { fullTime, timeOfDay } from "./dates.js";
import { element, icon } from "./dom.js";
import { carryOver, formatted } from "./formatting.js";
import { pollView } from "./polls.js";

const PARTS = ["sender", "quote", "media", "poll", "body"]; // in the bubble, from top to bottom

export class Bubbles {
  /**
   * `keyboards`: the InlineKeyboards; `onCommand(text)`, `onReply(message)`, `onVote(message, optionIds)` and
   * `onQuote(messageId)` are called for what the reader clicks.
   */
  constructor(context) {
    this.context = context;
    this.parts = new WeakMap(); // article -> { name: { key, node } }
  }

  /** A new article for `message`. */
  create(message) {
    const stack = element("div", { class: "stack" }, element("div", { class: "bubble" }));
    const reply = element(
      "button",
      { type: "button", class: "reply-action", "aria-label": "Reply", title: "Reply" },
      icon("reply"),
    );
    const article = element(
      "article",
      { class: message.out ? "message out" : "message in", data: { messageId: message.message_id } },
      stack,
      reply,
    );
    reply.addEventListener("click", () => this.context.onReply(message.message_id));
    this.parts.set(article, {});
    this.update(article, message);
    return article;
  }

  /** Bring the article up to date with `message`. */
  update(article, message) {
    const stack = article.firstElementChild;
    const bubble = stack.firstElementChild;
    const changed = PARTS.map((name) => this.refresh(article, name, message, bubble)).some(Boolean);
    this.refresh(article, "keyboard", message, stack);
    if (!changed) return;
    bubble.classList.toggle("with-photo", Boolean(message.photo && message.file));
    bubble.classList.toggle("with-card", Boolean(message.poll || (message.file && !message.photo)));
    bubble.classList.toggle("textless", !message.html);
    article.setAttribute(
      "aria-label",
      `${message.out ? "You" : (message.from?.first_name ?? "Bot")}, ${timeOfDay(message.date)}`,
    );
  }

  refresh(article, name, message, parent) {
    const parts = this.parts.get(article);
    const key = JSON.stringify(INPUTS[name](message) ?? null);
    const old = parts[name];
    if (old?.key === key) return false;
    const node = VIEWS[name](message, this.context);
    if (old?.node && node) {
      if (name === "body") carryOver(old.node, node);
      const focused = name === "keyboard" && buttonPlace(old.node, document.activeElement);
      old.node.replaceWith(node);
      if (focused) node.querySelector(focused)?.focus({ preventScroll: true });
    } else if (old?.node) {
      old.node.remove();
    } else if (node) {
      insert(parent, node, name, parts);
    }
    parts[name] = { key, node };
    return true;
  }
}

// what each part is made of: if this is unchanged, so is the part
const INPUTS = {
  sender: (message) => !message.out && isGroup(message) && message.from?.first_name,
  quote: (message) => message.reply_to_message,
  media: (message) => [message.file, message.file && message.caption],
  poll: (message) => message.poll && [message.poll, message.my_votes],
  body: ({ html, edit_date, date, reaction, location, file, poll }) => [
    html,
    edit_date,
    date,
    reaction,
    location,
    Boolean(file || poll),
  ],
  keyboard: (message) => message.reply_markup?.inline_keyboard,
};

const VIEWS = {
  sender: (message) =>
    INPUTS.sender(message) ? element("p", { class: "sender", dir: "auto" }, message.from.first_name) : null,
  quote: quoteView,
  media: attachment,
  poll: (message, context) => pollView(message, context.onVote),
  body: bodyView,
  keyboard: (message, context) => context.keyboards.view(message),
};

const isGroup = (message) => message.chat.type !== "private";

function insert(parent, node, name, parts) {
  const later = PARTS.slice(PARTS.indexOf(name) + 1)
    .map((other) => parts[other]?.node)
    .find(Boolean);
  parent.insertBefore(node, name === "keyboard" ? null : (later ?? null));
}

function buttonPlace(keyboard, focused) {
  if (!keyboard.contains(focused) || !focused.dataset.row) return null;
  return `[data-row="${focused.dataset.row}"][data-col="${focused.dataset.col}"]`;
}

function quoteView(message, { onQuote, isVisitor }) {
  const original = message.reply_to_message;
  if (!original) return null;
  const author = isVisitor(original.from) ? "You" : original.from.first_name;
  return element(
    "button",
    { type: "button", class: "quote", on: { click: () => onQuote(original.message_id) } },
    element("span", { class: "quote-name", dir: "auto" }, author),
    element("span", { class: "quote-text", dir: "auto" }, summary(original)),
  );
}

function bodyView(message, { onCommand }) {
  const body = element("div", { class: "body", dir: "auto" });
  if (message.html) body.append(element("span", { class: "text" }, formatted(message.html, onCommand)));
  else if (!message.file && !message.poll)
    body.append(element("span", { class: "text unknown" }, wordless(message)));
  body.append(meta(message));
  return body;
}

function wordless({ location }) {
  if (location) return `Location ${location.latitude}, ${location.longitude}`;
  return "This kind of message can't be shown here.";
}

function meta(message) {
  const reaction = message.reaction ? element("span", { class: "reaction" }, message.reaction) : null;
  const edited = message.edit_date ? element("span", { class: "edited" }, "edited") : null;
  const time = element(
    "time",
    { datetime: new Date(message.date * 1000).toISOString(), title: fullTime(message.date) },
    timeOfDay(message.date),
  );
  return element(
    "span",
    { class: "meta", dir: "ltr" },
    reaction,
    edited,
    time,
    message.out ? icon("check") : null,
  );
}

/** The bubble of a text that is still on its way. */
export function pendingBubble(entry) {
  const foot = element(
    "span",
    { class: "meta", title: "Waiting for the connection" },
    element("time", {}, timeOfDay(entry.date)),
    icon("clock"),
  );
  const body = element(
    "div",
    { class: "body", dir: "auto" },
    element("span", { class: "text" }, entry.text),
    foot,
  );
  return element(
    "article",
    { class: "message out first last waiting" },
    element("div", { class: "stack" }, element("div", { class: "bubble" }, body)),
  );
}

/** One line that stands for a message in quotes. */
export function summary(message) {
  const text = message.text ?? message.caption;
  if (text) return text.replace(/\s+/g, " ").slice(0, 160);
  if (message.photo) return "Photo";
  if (message.document) return message.document.file_name ?? message.file?.name ?? "Document";
  return message.poll ? `Poll: ${message.poll.question}` : "Message";
}
