// The WebSocket: connects, resumes, acknowledges what was drawn, keeps the server's clock, and comes back when it is lost.
import type { ServerMessage } from "./wire";

export interface Listener {
  /** A message in its order. Frames are acknowledged by `drawn`. */
  message(message: ServerMessage): void;
  /** Whether there is a connection. `code` is that of its end. */
  connected(yes: boolean, code?: number): void;
  /** What the alert list has, for `resume`. */
  resume(): { epoch: string | null; alerts: number };
  pong(sent: number, received: number, server: number): void;
}

const FIRST_WAIT_MS = 250;
const LAST_WAIT_MS = 4_000;
const PING_MS = 2_000;
/** A frame that no screen draws (another tab is in front) is acknowledged after this, so that the picture goes on underneath. */
const UNDRAWN_MS = 400;
/** Nothing at all for so long means that the connection is dead, though nobody has said so. */
const SILENT_MS = 6_000;

export class Stream {
  private socket: WebSocket | null = null;
  private wait = FIRST_WAIT_MS;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private beat: ReturnType<typeof setInterval> | undefined;
  private undrawn: ReturnType<typeof setTimeout> | undefined;
  private pending = 0;
  private acknowledged = 0;
  private pings = new Map<number, number>();
  private pingId = 0;
  private heard = 0;
  private closed = false;
  private greeted = false; // before that a recording may have to be indexed: silence says nothing
  private begun = false; // before its hello a server takes nothing but what answers that

  constructor(
    private readonly query: string,
    private readonly listener: Listener,
  ) {}

  open(): void {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/api/v1/stream${this.query}`);
    this.socket = socket;
    this.begun = false;
    this.greeted = this.query === "";
    this.heard = performance.now();
    socket.onmessage = (event) => this.receive(JSON.parse(event.data as string) as ServerMessage);
    socket.onclose = (event) => this.lost(socket, event.code);
    clearInterval(this.beat);
    this.beat = setInterval(() => this.keep(), PING_MS);
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.retry);
    clearTimeout(this.undrawn);
    clearInterval(this.beat);
    this.socket?.close();
  }

  send(message: object): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  /** What has come so far is on the screen. */
  drawn(): void {
    if (this.pending <= this.acknowledged) return;
    clearTimeout(this.undrawn);
    for (let seq = this.acknowledged + 1; seq <= this.pending; seq += 1) this.send({ type: "ack", seq });
    this.acknowledged = this.pending;
  }

  private receive(message: ServerMessage): void {
    this.heard = performance.now();
    if (message.type === "hello") {
      this.greeted = this.begun = true;
      this.pending = this.acknowledged = 0;
      this.wait = FIRST_WAIT_MS;
      this.send({ type: "resume", ...this.listener.resume() });
      this.listener.message(message);
      this.listener.connected(true);
      this.keep();
      return;
    }
    if (message.type === "pong") {
      const sent = this.pings.get(message.id);
      this.pings.delete(message.id);
      if (sent !== undefined) this.listener.pong(sent, this.heard, message.time);
      return;
    }
    this.listener.message(message);
    if (message.type === "frame") {
      this.pending = message.seq;
      clearTimeout(this.undrawn);
      this.undrawn = setTimeout(() => this.drawn(), UNDRAWN_MS);
    }
  }

  private keep(): void {
    if (this.greeted && performance.now() - this.heard > SILENT_MS && this.socket) {
      this.socket.close();
      this.lost(this.socket, 4000);
      return;
    }
    if (!this.begun) return;
    this.pingId += 1;
    this.pings.set(this.pingId, performance.now());
    if (this.pings.size > 10) this.pings.clear();
    this.send({ type: "ping", id: this.pingId });
  }

  private lost(socket: WebSocket, code: number): void {
    if (this.closed || socket !== this.socket) return;
    this.socket = null;
    clearInterval(this.beat);
    this.listener.connected(false, code);
    this.retry = setTimeout(() => this.open(), this.wait);
    this.wait = Math.min(this.wait * 2, LAST_WAIT_MS);
  }
}
