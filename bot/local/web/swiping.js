// Swiping a message to the right on a touch screen answers it. A long press is left to the system: it selects
// text.

const EDGE = 24; // pixels at the side where the system's own gesture (back) begins
const SLOP = 12; // pixels until a movement is a swipe
const FAR_ENOUGH = 56;
const FARTHEST = 72;

/** Call `onSwipe(messageId)` for each message in `log` that was swiped to the right. */
export function prepareSwiping(log, onSwipe) {
  let swipe = null;

  function end() {
    if (!swipe) return;
    swipe.article.classList.remove("swiping", "far-enough");
    swipe.article.style.removeProperty("--swiped");
    swipe = null;
  }

  log.addEventListener("pointerdown", (event) => {
    end(); // a second finger is no swipe
    const article = event.target.closest("[data-message-id]");
    if (event.pointerType !== "touch" || !event.isPrimary || event.clientX < EDGE) return;
    if (!article || scrollsSideways(event.target)) return;
    swipe = { article, x: event.clientX, y: event.clientY, distance: 0 };
  });
  log.addEventListener("pointermove", (event) => {
    if (!swipe || !event.isPrimary) return;
    const across = event.clientX - swipe.x;
    if (!swipe.distance && across < Math.max(SLOP, 2 * Math.abs(event.clientY - swipe.y))) return;
    swipe.distance = Math.min(Math.max(across, 1), FARTHEST);
    swipe.article.style.setProperty("--swiped", `${swipe.distance}px`);
    swipe.article.classList.add("swiping");
    swipe.article.classList.toggle("far-enough", swipe.distance >= FAR_ENOUGH);
  });
  log.addEventListener("pointerup", () => {
    const swiped = swipe?.distance >= FAR_ENOUGH ? swipe.article : null;
    end();
    if (swiped) onSwipe(Number(swiped.dataset.messageId));
  });
  log.addEventListener("pointercancel", end);
}

function scrollsSideways(node) {
  const code = node.closest("pre");
  return Boolean(code) && code.scrollWidth > code.clientWidth;
}
