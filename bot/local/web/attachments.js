// Photos and documents inside messages, and the full-size viewer.

import { byId, element, icon } from "./dom.js";

const UNITS = ["B", "KB", "MB", "GB"];

/** "14.2 KB" for a number of bytes. */
export function fileSize(bytes) {
  const power = Math.min(UNITS.length - 1, Math.floor(Math.log2(Math.max(bytes, 1)) / 10));
  const value = bytes / 1024 ** power;
  return `${power && value < 100 ? value.toFixed(1) : Math.round(value)} ${UNITS[power]}`;
}

/** "PDF" for "report.pdf"; nothing when there is no short ending. */
export const fileEnding = (name) => /\.([a-z0-9]{1,5})$/i.exec(name)?.[1].toUpperCase() ?? "";

/** The photo or document of a message, or null. */
export function attachment(message) {
  if (!message.file) return null;
  return message.photo ? photo(message) : documentCard(message.file);
}

function photo({ file, caption }) {
  const image = element("img", {
    src: file.url,
    width: file.width,
    height: file.height,
    loading: "lazy",
    decoding: "async",
    alt: caption || file.name || "Photo",
  });
  const button = element("button", { type: "button", class: "photo", "aria-label": "Open the photo" }, image);
  button.addEventListener("click", () => openViewer(file, caption));
  image.addEventListener("load", () => button.classList.add("loaded"));
  image.addEventListener("error", () => button.classList.add("broken"));
  if (file.width && file.height) {
    button.style.aspectRatio = `${file.width} / ${file.height}`;
    button.style.setProperty("--width", `${Math.max(file.width, 120)}px`);
    button.style.setProperty("--ratio", Math.min(Math.max(file.width / file.height, 0.4), 3));
  }
  return button;
}

function documentCard(file) {
  const name = file.name || "file";
  return element(
    "a",
    { class: "document", href: file.url, download: name, title: `Download ${name}` },
    element("span", { class: "document-icon", "aria-hidden": "true" }, icon("download")),
    element(
      "span",
      { class: "document-text" },
      element("span", { class: "document-name", dir: "auto" }, name),
      element(
        "span",
        { class: "document-size" },
        [fileSize(file.size ?? 0), fileEnding(name)].filter(Boolean).join(" · "),
      ),
    ),
  );
}

function openViewer(file, caption) {
  const image = byId("viewer-image");
  image.src = file.url;
  image.alt = caption || file.name || "Photo";
  byId("viewer").classList.remove("actual-size");
  byId("viewer-caption").textContent = caption ?? "";
  Object.assign(byId("viewer-download"), { href: file.url, download: file.name || "photo" });
  byId("viewer").showModal();
}

/**
 * Make the viewer close by button, by Escape and by a click beside the photo; a click on the photo toggles
 * its size.
 */
export function prepareViewer() {
  const viewer = byId("viewer");
  byId("viewer-close").addEventListener("click", () => viewer.close());
  viewer.addEventListener("click", (event) => {
    if (event.target === byId("viewer-image")) viewer.classList.toggle("actual-size");
    else if (!event.target.closest("a, button")) viewer.close();
  });
  viewer.addEventListener("close", () => byId("viewer-image").removeAttribute("src"));
}
