// What was heard in each minute and each step, as the server tells it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { lately, listened, NOTHING, perMinute } from "../src/series";

const MINUTE = 60_000;
const END = 100 * MINUTE;
const told = { from: END - 30_000, step_s: 15, rates_hz: { radar: [6, 4], rf: [null, 2] } };

test("a minute's bar is what all sensors reported, as if all of it was listened to; a minute that nobody heard has none", () => {
  const bars = perMinute(listened(NOTHING, told), END);
  assert.equal(bars[59], ((6 + 4 + 2) / 2) * 60);
  assert.equal(bars.filter((bar) => bar !== null).length, 1);
});

test("a sensor's ten minutes end now and have holes where nobody listened to the core", () => {
  const points = lately(listened(NOTHING, told), "rf", END - 1);
  assert.equal(points.length, 40);
  assert.deepEqual(points.slice(-3), [null, null, 2]);
});

test("what is told again replaces what was told, and what is an hour old is forgotten", () => {
  const before = listened(listened(NOTHING, told), { ...told, from: END - 15_000, rates_hz: { radar: [9], rf: [2] } });
  assert.deepEqual(lately(before, "radar", END - 1).slice(-2), [6, 9]);
  const after = listened(before, { from: END + 60 * MINUTE, step_s: 15, rates_hz: { radar: [1] } });
  assert.deepEqual([...after.steps.keys()], [END + 60 * MINUTE]);
  assert.equal(listened(after, null), after);
});
