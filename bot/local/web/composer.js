// Where the visitor writes: a text field that grows, the length counter, and the message that is answered.

import { summary } from "./bubble.js";
import { byId } from "./dom.js";

const LONGEST_TEXT = 4096; // UTF-16 units, as Telegram counts
const COUNT_FROM = 3600;
const DRAFT = "draft";
const PLACEHOLDER = "Message";

export class Composer {
  /**
   * `onSend({ text, replyTo })` is called with what is to be sent (the text may be empty, for files) and
   * says whether it was taken; `menu`: the CommandMenu, which sees every key first; `onQuote(messageId)`:
   * the quote was clicked.
   */
  constructor({ onSend, menu, onQuote }) {
    this.field = byId("composer-text");
    this.onSend = onSend;
    this.menu = menu;
    this.answered = null; // the message that is replied to
    this.field.value = remembered();
    this.field.addEventListener("input", () => this.changed());
    this.field.addEventListener("keydown", (event) => this.key(event));
    byId("entry").addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
    byId("counter").addEventListener("animationend", () => byId("counter").classList.remove("insist"));
    byId("reply-close").addEventListener("click", () => this.cancelReply());
    byId("reply-quote").addEventListener("click", () => this.answered && onQuote(this.answered.message_id));
    document.addEventListener("keydown", (event) => this.catchTyping(event));
    this.changed();
  }

  /** Put `text` into the field in place of what is there. */
  write(text) {
    this.field.value = text;
    this.changed();
    this.field.focus();
  }

  /** Take a half-typed command out of the field, but no other draft. */
  clearCommand() {
    if (this.field.value.trimStart().startsWith("/")) this.write("");
  }

  /** Put a text back that was not taken, before anything written since. */
  giveBack(text) {
    this.write([text, this.field.value].filter(Boolean).join("\n"));
  }

  /** Answer `message`; `placeholder` is shown in the empty field, `author` above the quote. */
  replyTo(message, author, placeholder) {
    this.answered = message;
    byId("reply-name").textContent = `Reply to ${author}`;
    byId("reply-text").textContent = summary(message);
    byId("reply-bar").hidden = false;
    this.field.placeholder = placeholder || PLACEHOLDER;
    this.field.focus();
  }

  /** Answer no message any more. */
  cancelReply() {
    this.answered = null;
    byId("reply-bar").hidden = true;
    this.field.placeholder = PLACEHOLDER;
    this.field.focus();
  }

  /** The message was deleted: it cannot be answered. */
  forget(messageIds) {
    if (messageIds.includes(this.answered?.message_id)) this.cancelReply();
  }

  key(event) {
    if (event.isComposing || event.keyCode === 229) return; // an input method is still choosing characters
    if (this.menu.key(event)) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.submit();
    } else if (event.key === "Escape" && this.answered) {
      this.cancelReply();
    }
  }

  /** How many characters the text is too long; negative while there is room. */
  get excess() {
    return this.field.value.trim().length - LONGEST_TEXT;
  }

  submit() {
    const text = this.field.value.trim();
    if (this.excess > 0) {
      byId("counter").classList.add("insist");
      this.field.focus();
      return;
    }
    if (!this.onSend({ text, replyTo: this.answered?.message_id ?? null })) return;
    if (this.answered) this.cancelReply();
    this.write("");
  }

  changed() {
    const length = this.field.value.trim().length;
    remember(this.field.value);
    this.grow();
    const counter = byId("counter");
    counter.hidden = length < COUNT_FROM;
    counter.textContent =
      this.excess > 0 ? `${characters(this.excess)} too long` : `${characters(-this.excess)} left`;
    counter.classList.toggle("over", this.excess > 0);
    byId("send").disabled = this.excess > 0;
    byId("entry").classList.toggle("blank", length === 0);
    this.menu.filter(this.field.value);
  }

  grow() {
    this.field.style.height = "auto";
    this.field.style.height = `${this.field.scrollHeight}px`;
  }

  /** Typing while nothing is focused goes into the field, as people expect of a messenger. */
  catchTyping(event) {
    const elsewhere = event.target !== document.body && event.target.id !== "scroller";
    if (
      elsewhere ||
      event.key.length !== 1 ||
      event.ctrlKey ||
      event.metaKey ||
      event.altKey ||
      event.key === " "
    )
      return;
    this.field.focus();
  }
}

const characters = (count) => (count === 1 ? "1 character" : `${count} characters`);

function remembered() {
  try {
    return sessionStorage.getItem(DRAFT) ?? "";
  } catch {
    return "";
  }
}

function remember(text) {
  try {
    sessionStorage.setItem(DRAFT, text);
  } catch {
    // storage is blocked: the draft lives as long as the page
  }
}
