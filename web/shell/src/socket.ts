// A WebSocket that comes back: it retries with growing waits and tells how it is.

export type SocketState = { link: 'connecting' | 'open' | 'lost'; retryInMs: number; silentMs: number };

const firstWaitMs = 500;
const longestWaitMs = 8000;
/** A hub sends something at least this often; silence beyond it is a lost line. */
const silenceMaxMs = 10000;

export class Socket {
  private socket: WebSocket | undefined;
  private tries = 0;
  private retryAt = 0;
  private lastHeard = 0;
  private opened = false;
  private stopped = false;
  private readonly timer: number;

  constructor(
    private readonly url: string,
    private readonly onPacket: (packet: Uint8Array) => void,
    private readonly onState: (state: SocketState) => void,
  ) {
    this.lastHeard = performance.now();
    this.timer = self.setInterval(() => this.tick(), 250);
    this.open();
  }

  send(packet: Uint8Array<ArrayBuffer>): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(packet);
  }

  stop(): void {
    this.stopped = true;
    clearInterval(this.timer);
    this.socket?.close();
  }

  private open(): void {
    this.retryAt = 0;
    const socket = new WebSocket(this.url);
    this.socket = socket;
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => {
      this.lastHeard = performance.now();
    };
    socket.onmessage = (event: MessageEvent<ArrayBuffer>) => {
      this.lastHeard = performance.now();
      if (!this.opened) {
        this.opened = true;
        this.tries = 0;
        this.onState({ link: 'open', retryInMs: 0, silentMs: 0 });
      }
      this.onPacket(new Uint8Array(event.data));
    };
    socket.onclose = () => {
      if (this.stopped || socket !== this.socket) return;
      this.opened = false;
      // A little luck keeps thirty laptops from coming back at the same instant.
      const wait = Math.min(longestWaitMs, firstWaitMs * 2 ** this.tries) * (0.75 + Math.random() / 2);
      this.tries++;
      this.retryAt = performance.now() + wait;
      this.tick();
    };
  }

  private tick(): void {
    const now = performance.now();
    if (this.opened && now - this.lastHeard > silenceMaxMs) {
      this.socket?.close();
      return;
    }
    if (this.opened || this.retryAt === 0) return;
    this.onState({ link: 'lost', retryInMs: Math.max(0, this.retryAt - now), silentMs: now - this.lastHeard });
    if (now >= this.retryAt) this.open();
  }
}
