// The buttons under a message (inline keyboards) and under the composer (reply keyboards).

import { byId, element, icon } from "./dom.js";

const LONGEST_WAIT = 15000; // milliseconds until a button stops waiting for its answer

export class InlineKeyboards {
  /**
   * `press(frame)` hands a press to the connection and says whether it went out; `notify(text)` shows a
   * toast.
   */
  constructor({ press, notify }) {
    this.press = press;
    this.notify = notify;
    this.waiting = new Map(); // press id -> { messageId, row, col, text, timer }
  }

  /** The rows of buttons for a message, or null. */
  view(message) {
    const rows = message.reply_markup?.inline_keyboard;
    if (!rows?.length) return null;
    return element(
      "div",
      { class: "keyboard", role: "group", "aria-label": "Buttons" },
      ...rows.map((row, index) => this.row(message, row, index)),
    );
  }

  row(message, buttons, row) {
    return element(
      "div",
      { class: "row" },
      ...buttons.map((button, col) => this.button(message, button, row, col)),
    );
  }

  button(message, button, row, col) {
    const label = element("span", { class: "label", dir: "auto" }, button.text);
    if (button.url) {
      return element(
        "button",
        {
          type: "button",
          on: { click: () => open(button.url, "_blank", "noopener,noreferrer") },
          title: button.url,
        },
        label,
        icon("open"),
      );
    }
    if (button.copy_text) {
      return element(
        "button",
        { type: "button", on: { click: () => this.copy(button.copy_text.text) } },
        label,
        icon("copy"),
      );
    }
    const place = { messageId: message.message_id, row, col, text: button.text };
    const node = element(
      "button",
      { type: "button", data: { row, col }, on: { click: () => this.pressed(message, place, node) } },
      label,
    );
    node.classList.toggle(
      "busy",
      [...this.waiting.values()].some((press) => samePlace(press, place)),
    );
    return node;
  }

  pressed(message, place, node) {
    if (node.classList.contains("busy")) return;
    const id = crypto.randomUUID();
    const frame = {
      type: "press",
      id,
      chat: message.chat.id,
      message_id: message.message_id,
      row: place.row,
      col: place.col,
    };
    if (!this.press(frame)) {
      this.notify("No connection at the moment. Please press again when it is back.");
      return;
    }
    this.waiting.set(id, { ...place, timer: setTimeout(() => this.answered(id), LONGEST_WAIT) });
    node.classList.add("busy");
  }

  /** The press with this id got its answer (or never will): stop its spinner. */
  answered(id) {
    const press = this.waiting.get(id);
    if (!press) return;
    clearTimeout(press.timer);
    this.waiting.delete(id);
    const place = `[data-row="${press.row}"][data-col="${press.col}"]`;
    document
      .querySelector(`[data-message-id="${press.messageId}"] .keyboard ${place}`)
      ?.classList.remove("busy");
  }

  /** The connection is gone, and with it all answers. */
  forget() {
    [...this.waiting.keys()].forEach((id) => this.answered(id));
  }

  async copy(text) {
    try {
      await navigator.clipboard.writeText(text);
      this.notify("Copied.");
    } catch {
      this.notify("The browser did not allow copying.");
    }
  }
}

const samePlace = (press, place) =>
  press.messageId === place.messageId &&
  press.row === place.row &&
  press.col === place.col &&
  press.text === place.text;

export class ReplyKeyboard {
  /** `onPress(text)` is called with a button's text. */
  constructor(onPress) {
    this.node = byId("reply-keyboard");
    this.onPress = onPress;
  }

  /** Show what the newest bot message with a say in it asks for; `messages` are oldest first. */
  restore(messages) {
    this.node.hidden = true;
    messages.forEach((message) => this.follow(message));
  }

  /** A message arrived: show, replace or remove the keyboard as its markup says. */
  follow(message) {
    const markup = message.out ? null : message.reply_markup;
    if (markup?.keyboard) this.show(markup);
    else if (markup?.remove_keyboard) this.node.hidden = true;
  }

  show(markup) {
    const rows = markup.keyboard.map((row) =>
      element("div", { class: "row" }, ...row.map((button) => this.button(button, markup))),
    );
    this.node.replaceChildren(...rows);
    this.node.hidden = false;
  }

  button(button, markup) {
    const text = typeof button === "string" ? button : button.text;
    const press = () => {
      if (markup.one_time_keyboard) this.node.hidden = true;
      this.onPress(text);
    };
    return element(
      "button",
      { type: "button", on: { click: press } },
      element("span", { class: "label", dir: "auto" }, text),
    );
  }
}
