// Files to send: chosen, pasted or dropped, shown above the text field, then uploaded one after another.

import { fileEnding, fileSize } from "./attachments.js";
import { byId, element, icon } from "./dom.js";

const LARGEST = 50 * 1024 * 1024; // bytes, what Telegram takes from a bot's side

export class Uploads {
  /** `notify(text)` tells the visitor what went wrong. */
  constructor({ notify }) {
    this.notify = notify;
    this.tray = byId("attachments");
    this.items = []; // { file, node, bar }
    this.busy = false;
    const input = byId("file");
    byId("attach").addEventListener("click", () => input.click());
    input.addEventListener("change", () => {
      this.add([...input.files]);
      input.value = "";
    });
    byId("composer-text").addEventListener("paste", (event) => {
      const files = [...event.clipboardData.files];
      if (files.length === 0) return;
      event.preventDefault();
      this.add(files);
    });
    this.acceptDrops();
  }

  get waiting() {
    return this.items.length > 0;
  }

  /** Put files into the tray. */
  add(files) {
    for (const file of files) {
      if (file.size > LARGEST)
        this.notify(`${file.name} is ${fileSize(file.size)}. The limit is ${fileSize(LARGEST)}.`);
      else this.items.push(this.item(file));
    }
    this.show();
    byId("composer-text").focus();
  }

  /**
   * Upload all to `chat`, the first with `caption`. Resolves to true when everything has arrived; what has
   * not stays in the tray, to be sent again.
   */
  async send(chat, caption) {
    this.busy = true;
    let text = caption;
    try {
      for (const item of [...this.items]) {
        await this.upload(item, chat, text);
        text = "";
        this.remove(item);
      }
      return { ok: true };
    } catch (error) {
      this.notify(error.message);
      return { ok: false, unsent: text };
    } finally {
      this.busy = false;
      this.items.forEach(({ node }) => node.classList.remove("uploading"));
    }
  }

  upload({ file, node, bar }, chat, caption) {
    const form = new FormData();
    if (caption) form.append("caption", caption);
    form.append("file", file, file.name);
    node.classList.add("uploading");
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest(); // fetch can't tell how much has been sent
      request.upload.addEventListener("progress", (event) => (bar.value = event.loaded / event.total));
      request.addEventListener("load", () =>
        request.status < 300 ? resolve() : reject(new Error(refusal(file, request))),
      );
      request.addEventListener("error", () =>
        reject(new Error(`${file.name} could not be sent. Check the connection and press Send again.`)),
      );
      request.open("POST", `/chat/upload?chat=${encodeURIComponent(chat)}`);
      request.send(form);
    });
  }

  item(file) {
    const bar = element("progress", { max: 1, value: 0, "aria-label": `Uploading ${file.name}` });
    const preview = file.type.startsWith("image/")
      ? element("img", { src: URL.createObjectURL(file), alt: "" })
      : element("span", { class: "ending" }, fileEnding(file.name) || "FILE");
    const close = element(
      "button",
      { type: "button", class: "icon-button", "aria-label": `Remove ${file.name}` },
      icon("close"),
    );
    const node = element(
      "li",
      { class: "attachment" },
      element("span", { class: "preview" }, preview),
      element(
        "span",
        { class: "attachment-text" },
        element("span", { class: "attachment-name", dir: "auto" }, file.name),
        element("span", { class: "attachment-size" }, fileSize(file.size)),
        bar,
      ),
      close,
    );
    const item = { file, node, bar };
    close.addEventListener("click", () => !this.busy && this.remove(item));
    return item;
  }

  remove(item) {
    const image = item.node.querySelector("img");
    if (image) URL.revokeObjectURL(image.src);
    this.items = this.items.filter((other) => other !== item);
    this.show();
  }

  show() {
    this.tray.replaceChildren(...this.items.map(({ node }) => node));
    this.tray.hidden = this.items.length === 0;
    byId("entry").classList.toggle("with-files", this.waiting);
  }

  acceptDrops() {
    let depth = 0; // enter and leave are told for every node on the way
    const target = byId("drop");
    const hasFiles = (event) => event.dataTransfer?.types.includes("Files");
    const move = (event, step) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      depth = step === null ? 0 : depth + step;
      target.hidden = depth <= 0;
    };
    addEventListener("dragenter", (event) => move(event, 1));
    addEventListener("dragleave", (event) => move(event, -1));
    addEventListener("dragover", (event) => move(event, 0));
    addEventListener("drop", (event) => {
      move(event, null);
      if (hasFiles(event)) this.add([...event.dataTransfer.files]);
    });
  }
}

function refusal(file, request) {
  try {
    const answer = JSON.parse(request.responseText);
    return answer.description ?? answer.error ?? answer.text ?? `${file.name} was refused.`;
  } catch {
    return request.status === 413
      ? `${file.name} is too large.`
      : `${file.name} was refused (${request.status}).`;
  }
}
