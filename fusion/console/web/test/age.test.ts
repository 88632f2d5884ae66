import assert from "node:assert/strict";
import { test } from "node:test";
import { freshness, ServerClock } from "../src/age";
import { Cache } from "../src/sprites";

test("a picture older than a second is stale, and so is any picture without a connection", () => {
  assert.deepEqual([0, 500, 501, 1000, 1001].map((age) => freshness(age, true)), ["live", "live", "late", "late", "stale"]);
  assert.equal(freshness(10, false), "stale");
  assert.equal(freshness(null, true), "stale");
});

test("the server's clock is known within half the shortest way there and back", () => {
  const clock = new ServerClock();
  assert.equal(clock.now(0), null);
  const ahead = 5_000_000;
  for (const [sent, there, back] of [[0, 80, 10], [1000, 4, 6], [2000, 150, 2]] as const) {
    clock.pong(sent, sent + there + back, sent + there + ahead);
  }
  assert.ok(Math.abs((clock.now(3000) as number) - (3000 + ahead)) <= 5);
});

test("without a ping's answer the newest message is the least that the server's clock can be", () => {
  const clock = new ServerClock();
  clock.heard(100, 1_100);
  clock.heard(200, 1_150);
  assert.equal(clock.now(200), 1_200);
  clock.pong(300, 310, 1_400);
  clock.heard(400, 9_999);
  assert.equal(clock.now(310), 1_405);
});

test("a cache makes each kind once, holds so many, and forgets the least used", () => {
  const cache = new Cache((key) => key.toUpperCase(), 2);
  assert.equal(cache.get("a"), "A");
  cache.get("b");
  cache.get("a");
  cache.get("c");
  assert.equal(cache.made, 3);
  cache.get("a");
  assert.equal(cache.made, 3);
  cache.get("b");
  assert.deepEqual([cache.made, cache.size], [4, 2]);
});
