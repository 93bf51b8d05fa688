// The header: whom one talks to, and whether they are there.

import { byId, element } from "./dom.js";

const TYPING = 5500; // milliseconds that one "typing" lasts, as in Telegram

export class Status {
  constructor() {
    this.line = byId("status");
    this.name = "";
    this.connected = false;
    this.everConnected = false;
    this.online = null; // null until the server has said
    this.everOnline = false;
    this.typingTimer = null;
  }

  /** The bot is `{ first_name }`. */
  introduce(bot) {
    this.name = bot.first_name;
    document.title = bot.first_name;
    byId("bot-name").textContent = bot.first_name;
    const initial = [...bot.first_name][0]?.toUpperCase() ?? "";
    ["avatar", "empty-avatar"].forEach((id) => (byId(id).textContent = initial));
    byId("empty-title").textContent = bot.first_name;
    byId("empty-text").textContent =
      `Say hello. Press Start, and ${bot.first_name} shows you what to do first.`;
    this.show();
  }

  /** The connection to the server is up or down. */
  setConnected(connected) {
    this.connected = connected;
    this.everConnected ||= connected;
    this.stopTyping();
  }

  /** A bot is there to answer, or not. */
  setOnline(online) {
    this.online = online;
    this.everOnline ||= online;
    this.show();
  }

  /** The bot says that it is typing. */
  typing() {
    clearTimeout(this.typingTimer);
    this.typingTimer = setTimeout(() => this.stopTyping(), TYPING);
    this.show();
  }

  /** The bot has answered. */
  stopTyping() {
    clearTimeout(this.typingTimer);
    this.typingTimer = null;
    this.show();
  }

  show() {
    const [state, text] = this.describe();
    if (this.line.dataset.state === state && this.line.dataset.text === text) return;
    Object.assign(this.line.dataset, { state, text });
    const dots =
      state === "typing"
        ? element("span", { class: "dots", "aria-hidden": "true" }, element("i"), element("i"), element("i"))
        : null;
    this.line.replaceChildren(...[text, dots].filter(Boolean));
  }

  describe() {
    if (!this.connected) return ["away", this.everConnected ? "reconnecting …" : "connecting …"];
    if (this.online === false || this.online === null)
      return ["away", this.everOnline ? "offline, waiting for it to come back …" : "starting …"];
    return this.typingTimer ? ["typing", "typing"] : ["online", "online"];
  }
}
