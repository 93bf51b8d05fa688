// The connection to the server: JSON frames over a WebSocket that comes back by itself.

const FIRST_DELAY = 400; // milliseconds
const LONGEST_DELAY = 6000;

export class Socket {
  /**
   * `address`: a function that gives the WebSocket URL for each attempt. `onFrame(frame)` gets every frame
   * of the server, `onClose()` is called once for each connection that ended (or never began).
   */
  constructor(address, { onFrame, onClose }) {
    this.address = address;
    this.onFrame = onFrame;
    this.onClose = onClose;
    this.delay = FIRST_DELAY;
    this.timer = null;
    this.socket = null;
    addEventListener("online", () => this.hurry());
    document.addEventListener(
      "visibilitychange",
      () => document.visibilityState === "visible" && this.hurry(),
    );
    this.connect();
  }

  /** Send one frame; false if there is no connection, and then nothing was sent. */
  send(frame) {
    if (this.socket?.readyState !== WebSocket.OPEN) return false;
    this.socket.send(JSON.stringify(frame));
    return true;
  }

  connect() {
    const socket = new WebSocket(this.address());
    this.socket = socket;
    socket.addEventListener("message", (event) => {
      this.delay = FIRST_DELAY;
      this.onFrame(JSON.parse(event.data));
    });
    socket.addEventListener("close", () => {
      if (this.socket !== socket) return; // already replaced by a newer one
      this.onClose();
      this.retry();
    });
  }

  retry() {
    const jitter = 0.5 + Math.random(); // many open pages must not come back in step
    this.timer = setTimeout(() => this.hurry(), this.delay * jitter);
    this.delay = Math.min(this.delay * 1.7, LONGEST_DELAY);
  }

  hurry() {
    if (this.timer === null) return;
    clearTimeout(this.timer);
    this.timer = null;
    this.connect();
  }
}
