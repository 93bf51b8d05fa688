// Texts on their way to the server. Each stays here until the server shows it back, so a dropped connection
// neither loses it nor sends it twice.

const KEY = "outbox";

export class Outbox {
  /**
   * `transmit(entry)` hands an entry to the connection; `onChange(entries)` is told what is still on its
   * way.
   */
  constructor({ transmit, onChange }) {
    this.transmit = transmit;
    this.onChange = onChange;
    this.open = false;
    this.entries = this.restore();
  }

  /**
   * Send `text` to `chat`, now or when the connection is back. `newest`: the newest message id that is
   * known.
   */
  add({ chat, text, replyTo, newest }) {
    const entry = {
      chat,
      text,
      reply_to: replyTo ?? null,
      after: newest,
      date: Math.floor(Date.now() / 1000),
      sent: false,
    };
    this.entries.push(entry);
    this.deliver(entry);
    this.changed();
  }

  /** The server shows `message`: if it is one of ours, it has arrived. */
  acknowledge(message) {
    const index = this.entries.findIndex((entry) => entry.sent && isArrival(entry, message));
    if (index < 0) return;
    this.entries.splice(index, 1);
    // the same message must not stand for a second, equal text when the connection comes back
    this.entries.forEach((entry) => (entry.after = Math.max(entry.after, message.message_id)));
    this.changed();
  }

  /**
   * The connection is up, and `messages` are the newest of `chat`: send what is not among them. What was sent
   * to another chat before waits until that chat is shown, since it may have arrived there.
   */
  connected(chat, messages) {
    this.open = true;
    messages.forEach((message) => this.acknowledge(message));
    this.entries
      .filter((entry) => entry.chat === chat || !entry.sent)
      .forEach((entry) => this.deliver(entry));
    this.changed();
  }

  /** The server refused something: give back the text it did not take, or null if none is on its way. */
  refused() {
    const index = this.open ? this.entries.findIndex((entry) => entry.sent) : -1;
    if (index < 0) return null;
    const [entry] = this.entries.splice(index, 1);
    this.changed();
    return entry.text;
  }

  /** The connection is gone: keep everything. */
  disconnected() {
    this.open = false;
    this.changed();
  }

  deliver(entry) {
    if (this.open && this.transmit(entry)) entry.sent = true;
  }

  changed() {
    try {
      sessionStorage.setItem(KEY, JSON.stringify(this.entries));
    } catch {
      // storage is blocked or full: the entries live as long as the page
    }
    this.onChange(this.entries);
  }

  restore() {
    try {
      return JSON.parse(sessionStorage.getItem(KEY)) ?? [];
    } catch {
      return [];
    }
  }
}

const isArrival = (entry, message) =>
  message.out &&
  message.chat.id === entry.chat &&
  message.message_id > entry.after &&
  visible(message.text ?? "") === visible(entry.text);

/** What remains of a text when spaces and characters that can't be seen go: servers tidy those. */
export const visible = (text) => text.replace(/[\s\p{C}\u030a\u0333\u033f]/gu, "");
