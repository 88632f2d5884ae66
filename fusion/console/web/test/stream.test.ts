// The stream's manners, with a socket that only writes down what it is given: the order that docs/console.md asks for.
import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { Stream } from "../src/stream";

class Socket {
  static readonly OPEN = 1;
  static last: Socket;
  readyState = 1;
  sent: { type: string }[] = [];
  closed = false;
  onmessage: (event: { data: string }) => void = () => undefined;
  onclose: (event: { code: number }) => void = () => undefined;
  constructor(readonly url: string) {
    Socket.last = this;
  }
  send(text: string): void {
    this.sent.push(JSON.parse(text) as { type: string });
  }
  close(): void {
    this.closed = true;
  }
}

const quiet = { message: () => undefined, connected: () => undefined, resume: () => ({ epoch: null, alerts: 0 }), pong: () => undefined };

test("nothing is said before the hello, however long a recording is prepared; then resume, and pings", () => {
  Object.assign(globalThis, { WebSocket: Socket, location: { protocol: "http:", host: "console.example" } });
  mock.timers.enable({ apis: ["setInterval", "setTimeout"] });
  const stream = new Stream("?recording=evening.jsonl", quiet);
  stream.open();
  mock.timers.tick(60_000);
  assert.deepEqual(Socket.last.sent, []);
  assert.equal(Socket.last.closed, false);
  Socket.last.onmessage({ data: JSON.stringify({ type: "hello" }) });
  mock.timers.tick(2_000);
  assert.deepEqual(Socket.last.sent.map(({ type }) => type), ["resume", "ping", "ping"]);
  stream.close();
  mock.timers.reset();
});
