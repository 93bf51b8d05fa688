// Where the reader stands in the list: pinned to the newest message, or somewhere above, which no change may
// move.

const NEAR_END = 80; // pixels from the end that still count as reading the newest

export class Scrolling {
  /**
   * `scroller` scrolls, `content` is what grows in it. `onMove(byReader)` is called after each change of
   * position; `byReader` is false where the page only kept or took its place.
   */
  constructor(scroller, content, onMove) {
    this.scroller = scroller;
    this.atEnd = true;
    this.top = 0;
    scroller.addEventListener(
      "scroll",
      () => {
        const byReader = scroller.scrollTop !== this.top;
        this.look();
        onMove(byReader);
      },
      { passive: true },
    );
    const follow = new ResizeObserver(() => {
      this.look();
      if (this.atEnd) this.toEnd();
    });
    follow.observe(content);
    follow.observe(scroller);
  }

  /** Notice where the reader has gone. Scroll events come late, so this is done before each change, too. */
  look() {
    if (this.distance() < NEAR_END) this.atEnd = true;
    else if (this.scroller.scrollTop < this.top) this.atEnd = false; // only a reader goes up
    this.top = this.scroller.scrollTop;
  }

  distance() {
    return this.scroller.scrollHeight - this.scroller.scrollTop - this.scroller.clientHeight;
  }

  /** Go to the newest message. */
  toEnd({ smooth = false } = {}) {
    this.atEnd = true;
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches || this.distance() > 3000;
    this.scroller.scrollTo({
      top: this.scroller.scrollHeight,
      behavior: smooth && !calm ? "smooth" : "instant",
    });
    this.top = this.scroller.scrollTop;
  }

  /** Bring one node into the middle. */
  to(node) {
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    node.scrollIntoView({ block: "center", behavior: calm ? "instant" : "smooth" });
  }

  /** Run `change` (which may add, remove or resize nodes) without moving what the reader looks at. */
  keep(change) {
    this.look();
    if (this.atEnd) {
      change();
      this.toEnd();
      return;
    }
    const anchor = this.firstVisible();
    const before = anchor?.getBoundingClientRect().bottom;
    change();
    if (anchor?.isConnected) this.scroller.scrollTop += anchor.getBoundingClientRect().bottom - before;
    this.top = this.scroller.scrollTop;
  }

  firstVisible() {
    const top = this.scroller.getBoundingClientRect().top;
    const nodes = this.scroller.querySelectorAll("[data-message-id]");
    let low = 0;
    let high = nodes.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (nodes[middle].getBoundingClientRect().bottom > top + 1) high = middle;
      else low = middle + 1;
    }
    return nodes[low] ?? null;
  }
}
