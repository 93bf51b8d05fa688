// The list of messages: order, days, groups, older history, and what is unread below.

import { pendingBubble } from "./bubble.js";
import { dayKey, dayLabel } from "./dates.js";
import { byId, element } from "./dom.js";
import { FloatingDates } from "./floating.js";
import { Scrolling } from "./scrolling.js";

const SAME_GROUP = 300; // seconds between two messages of one sender that still stand together
const LOAD_AHEAD = 600; // pixels from the top at which older messages are asked for

export class MessageList {
  /**
   * `bubbles`: makes the nodes; `loadOlder(messageId)` asks for what is before that message, and says
   * whether it went out.
   */
  constructor({ bubbles, loadOlder }) {
    this.bubbles = bubbles;
    this.loadOlder = loadOlder;
    this.log = byId("log");
    this.messages = []; // oldest first
    this.nodes = new Map(); // message id -> article
    this.days = new Map(); // day key -> section
    this.more = false;
    this.loading = false;
    this.unread = 0;
    this.dates = new FloatingDates(byId("scroller"));
    this.scrolling = new Scrolling(byId("scroller"), byId("scroller").firstElementChild, (byReader) => {
      if (byReader) this.dates.show();
      this.moved();
    });
    byId("jump").addEventListener("click", () => this.scrolling.toEnd({ smooth: true }));
  }

  /** The newest message id, 0 if there is none. */
  get newest() {
    return this.messages.at(-1)?.message_id ?? 0;
  }

  /** The message with this id, or undefined. */
  get(messageId) {
    return this.messages.find((message) => message.message_id === messageId);
  }

  /**
   * Show exactly `messages` (and, where they join on, the older ones already here). Unchanged nodes stay as
   * they are.
   */
  reset(messages, more) {
    const first = messages[0]?.message_id ?? Infinity;
    const joins = more && messages.length > 0 && this.isSame(messages[0]);
    const older = joins ? this.messages.filter((message) => message.message_id < first) : [];
    const kept = new Set(
      [...older, ...messages.filter((message) => this.isSame(message))].map((message) => message.message_id),
    );
    this.loading = false;
    if (!joins) this.more = more;
    this.log.setAttribute("aria-busy", "true");
    byId("older").hidden = true;
    this.scrolling.keep(() => {
      this.drop(this.messages.map((message) => message.message_id).filter((id) => !kept.has(id)));
      messages.forEach((message) => this.put(message));
    });
    this.log.removeAttribute("aria-busy");
    this.changed();
  }

  /**
   * Whether a message with this id is here and is not another one of another chat or of a server that began
   * anew.
   */
  isSame(message) {
    const here = this.nodes.has(message.message_id) && this.messages[this.position(message.message_id)];
    return (
      Boolean(here) &&
      here.chat.id === message.chat.id &&
      here.date === message.date &&
      here.out === message.out
    );
  }

  /** A new message arrived, perhaps one that the visitor sent from another page. */
  add(message) {
    const isNew = !this.nodes.has(message.message_id);
    this.scrolling.keep(() => this.put(message).classList.toggle("arriving", isNew && !message.out));
    if (isNew && !message.out && !this.scrolling.atEnd) this.unread += 1;
    this.changed();
  }

  /** A message that may be here was changed. */
  edit(message) {
    if (this.nodes.has(message.message_id)) this.scrolling.keep(() => this.put(message));
  }

  /** Messages were deleted. */
  remove(messageIds) {
    this.scrolling.keep(() => this.drop(messageIds));
    this.changed();
  }

  /** Older messages came in answer to `loadOlder`. */
  prepend(messages, more) {
    this.more = more;
    this.loading = false;
    this.log.setAttribute("aria-busy", "true");
    this.scrolling.keep(() => {
      byId("older").hidden = true;
      messages.forEach((message) => this.put(message));
    });
    this.log.removeAttribute("aria-busy");
    this.changed();
  }

  /** Show the texts that are still on their way. */
  showPending(entries) {
    this.scrolling.keep(() => byId("pending").replaceChildren(...entries.map(pendingBubble)));
    this.changed();
  }

  /** Scroll to a message and point it out; false if it is not loaded. */
  pointOut(messageId) {
    const node = this.nodes.get(messageId);
    if (!node) return false;
    this.scrolling.to(node);
    node.classList.remove("pointed-out");
    requestAnimationFrame(() => node.classList.add("pointed-out"));
    node.addEventListener("animationend", () => node.classList.remove("pointed-out"), { once: true });
    return true;
  }

  put(message) {
    const index = this.position(message.message_id);
    const node = this.nodes.get(message.message_id);
    if (node) {
      this.messages[index] = message;
      this.bubbles.update(node, message);
      return node;
    }
    const article = this.bubbles.create(message);
    this.messages.splice(index, 0, message);
    this.nodes.set(message.message_id, article);
    const next = this.messages[index + 1];
    const inSameDay = next && dayKey(next.date) === dayKey(message.date);
    this.section(message.date, next).insertBefore(
      article,
      inSameDay ? this.nodes.get(next.message_id) : null,
    );
    [index - 1, index, index + 1].forEach((near) => this.group(near));
    return article;
  }

  drop(messageIds) {
    for (const id of messageIds) {
      const node = this.nodes.get(id);
      if (!node) continue;
      const index = this.position(id);
      const section = node.parentElement;
      node.remove();
      this.nodes.delete(id);
      this.messages.splice(index, 1);
      if (!section.querySelector("article")) this.removeDay(section);
      [index - 1, index].forEach((near) => this.group(near));
    }
  }

  /** The index at which a message with this id stands or belongs. */
  position(messageId) {
    let low = 0;
    let high = this.messages.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.messages[middle].message_id < messageId) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  section(date, next) {
    const key = dayKey(date);
    if (!this.days.has(key)) {
      const separator = element("h2", { class: "date" }, dayLabel(date));
      const day = element("section", { class: "day", data: { day: key } }, separator);
      this.dates.watch(separator);
      this.log.insertBefore(day, next ? this.nodes.get(next.message_id).parentElement : null);
      this.days.set(key, day);
    }
    return this.days.get(key);
  }

  removeDay(section) {
    this.days.delete(section.dataset.day);
    this.dates.forget(section.firstElementChild);
    section.remove();
  }

  group(index) {
    const message = this.messages[index];
    if (!message) return;
    const node = this.nodes.get(message.message_id);
    node.classList.toggle("first", !together(this.messages[index - 1], message));
    node.classList.toggle("last", !together(message, this.messages[index + 1]));
  }

  moved() {
    if (this.scrolling.atEnd) this.unread = 0;
    this.showJump();
    if (!this.more || this.loading || byId("scroller").scrollTop > LOAD_AHEAD) return;
    this.loading = this.loadOlder(this.messages[0].message_id);
    byId("older").hidden = !this.loading;
  }

  changed() {
    byId("empty").hidden = this.messages.length > 0 || byId("pending").childElementCount > 0;
    this.moved();
  }

  showJump() {
    byId("jump").hidden = this.scrolling.atEnd;
    byId("unread").hidden = this.unread === 0;
    byId("unread").textContent = this.unread > 99 ? "99+" : String(this.unread);
    byId("jump").setAttribute(
      "aria-label",
      this.unread ? `Jump to the newest message, ${this.unread} unread` : "Jump to the newest message",
    );
  }
}

function together(earlier, later) {
  if (!earlier || !later) return false;
  return (
    earlier.out === later.out &&
    earlier.from?.id === later.from?.id &&
    later.date - earlier.date < SAME_GROUP &&
    dayKey(earlier.date) === dayKey(later.date)
  );
}
