// The command menu: opened by its button or by typing "/", filtered while typing, used by keys or by mouse.

import { byId, element } from "./dom.js";

export class CommandMenu {
  /**
   * `onChoose("/queue")`: a command is to be sent; `onComplete("/queue ")`: it is to be written into the
   * field.
   */
  constructor({ onChoose, onComplete }) {
    this.list = byId("commands");
    this.button = byId("menu");
    this.field = byId("composer-text");
    this.onChoose = onChoose;
    this.onComplete = onComplete;
    this.commands = [];
    this.shown = [];
    this.active = 0;
    this.dismissed = false; // Escape was pressed: stay closed until the text changes to something else
    this.button.addEventListener("click", () => this.toggle());
    this.list.addEventListener("pointerdown", (event) => event.preventDefault()); // the field keeps the focus
    document.addEventListener("pointerdown", (event) => {
      if (!event.target.closest("#commands, #menu, #composer-text")) this.close();
    });
  }

  /** Replace the commands: a list of `{ command, description }`. */
  set(commands) {
    this.commands = commands;
    this.button.hidden = commands.length === 0;
    if (!this.list.hidden) this.filter(this.field.value);
  }

  /** The text in the field is now `text`. */
  filter(text) {
    const typed = /^\/(\w*)$/.exec(text.trimStart());
    if (!typed) {
      this.dismissed = false;
      this.close();
    } else if (!this.dismissed) {
      const start = typed[1].toLowerCase();
      const matches = this.commands.filter(({ command }) => command.startsWith(start));
      this.open(matches.sort((a, b) => (b.command === start) - (a.command === start)));
    }
  }

  /** True if the menu used this key. */
  key(event) {
    if (this.list.hidden) return false;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) this.activate((this.active + step + this.shown.length) % this.shown.length);
    else if (event.key === "Enter" && !event.shiftKey) this.choose(this.shown[this.active].command);
    else if (event.key === "Tab" && !event.shiftKey) this.complete(this.shown[this.active].command);
    else if (event.key === "Escape") this.dismiss();
    else return false;
    event.preventDefault();
    return true;
  }

  toggle() {
    if (this.list.hidden) this.open(this.commands);
    else this.close();
    this.field.focus();
  }

  open(commands) {
    this.shown = commands;
    if (commands.length === 0) {
      this.close();
      return;
    }
    this.list.replaceChildren(...commands.map((command, index) => this.item(command, index)));
    this.list.hidden = false;
    this.button.setAttribute("aria-expanded", "true");
    this.activate(0);
  }

  item({ command, description }, index) {
    return element(
      "button",
      {
        type: "button",
        class: "command",
        id: `command-${index}`,
        role: "option",
        tabindex: "-1",
        on: { click: () => this.choose(command), pointermove: () => this.activate(index) },
      },
      element("span", { class: "command-name" }, `/${command}`),
      element("span", { class: "command-description", dir: "auto" }, description),
    );
  }

  activate(index) {
    this.active = index;
    [...this.list.children].forEach((item, position) => {
      item.setAttribute("aria-selected", String(position === index));
      if (position === index) item.scrollIntoView({ block: "nearest" });
    });
    this.field.setAttribute("aria-activedescendant", `command-${index}`);
  }

  choose(command) {
    this.close();
    this.onChoose(`/${command}`);
  }

  complete(command) {
    this.close();
    this.onComplete(`/${command} `);
  }

  dismiss() {
    this.dismissed = this.field.value.trimStart().startsWith("/");
    this.close();
  }

  close() {
    this.list.hidden = true;
    this.button.setAttribute("aria-expanded", "false");
    this.field.removeAttribute("aria-activedescendant");
  }
}
