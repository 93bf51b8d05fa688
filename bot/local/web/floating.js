// The dates between the days float at the top while their day is read. There they cover the text, so they are
// seen only while the reader scrolls.

const STAY = 1000; // milliseconds after the last movement
const FLOAT_AT = 9; // pixels from the top: the date floats at 8 (messages.css)

export class FloatingDates {
  /** `scroller`: what the days scroll in. */
  constructor(scroller) {
    this.scroller = scroller;
    this.observer = new IntersectionObserver((entries) => entries.forEach(mark), {
      root: scroller,
      rootMargin: `-${FLOAT_AT}px 0px 0px`,
      threshold: 1,
    });
  }

  /** Watch whether `date`, a date between two days, floats. */
  watch(date) {
    this.observer.observe(date);
  }

  /** `date` leaves the page. */
  forget(date) {
    this.observer.unobserve(date);
  }

  /** The reader scrolls: show the floating date for a moment. */
  show() {
    this.scroller.classList.add("scrolling");
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.scroller.classList.remove("scrolling"), STAY);
  }
}

function mark({ target, boundingClientRect, rootBounds }) {
  target.classList.toggle("floating", boundingClientRect.top < rootBounds.top);
}
