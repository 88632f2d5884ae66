import assert from "node:assert/strict";
import { test } from "node:test";
import { leader, overlaps, place, slotBox, SLOTS, type Box, type Wanted } from "../src/labels";

/** Numbers that look random and are always the same (mulberry32). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

const SCREEN: Box = { x: 0, y: 0, width: 1600, height: 900 };

function crowd(count: number, seed: number): { wanted: Wanted[]; symbols: Box[] } {
  const next = random(seed);
  const wanted = Array.from({ length: count }, (_, i) => ({
    id: `T-${i}`, x: next() * 1600, y: next() * 900, radius: 13, width: 50 + next() * 60, height: 30, rank: Math.floor(next() * 4),
  }));
  const symbols = wanted.map(({ x, y, radius }) => ({ x: x - radius, y: y - radius, width: 2 * radius, height: 2 * radius }));
  return { wanted, symbols };
}

test("no label covers a label or a symbol, and all are on the screen", () => {
  for (const count of [10, 100, 1000]) {
    const { wanted, symbols } = crowd(count, count);
    const placed = place(wanted, symbols, SCREEN);
    assert.ok(placed.length > 5);
    placed.forEach((one, i) => {
      assert.ok(one.x >= 0 && one.y >= 0 && one.x + one.width <= 1600 && one.y + one.height <= 900);
      for (const other of placed.slice(i + 1)) assert.ok(!overlaps(one, other), `${one.id} covers ${other.id}`);
      for (const symbol of symbols) assert.ok(!overlaps(one, symbol));
    });
  }
});

test("what is left out had no free slot when its turn came", () => {
  const { wanted, symbols } = crowd(300, 7);
  const placed = place(wanted, symbols, SCREEN);
  const names = new Set(placed.map(({ id }) => id));
  for (const one of wanted.filter(({ id }) => !names.has(id))) {
    const sooner = placed.filter(({ id }) => (wanted.find((other) => other.id === id) as Wanted).rank <= one.rank);
    for (let slot = 0; slot < SLOTS; slot += 1) {
      const box = slotBox(one, slot);
      const outside = box.x < 0 || box.y < 0 || box.x + box.width > 1600 || box.y + box.height > 900;
      assert.ok(outside || [...symbols, ...sooner].some((other) => overlaps(box, other)), `${one.id} could be in slot ${slot}`);
    }
  }
});

test("the one that matters most is placed however crowded it is, and the number is bounded", () => {
  const { wanted, symbols } = crowd(2000, 3);
  const first = { ...(wanted[0] as Wanted), x: 800, y: 450, rank: -1 };
  const placed = place([...wanted.slice(1), first], symbols.filter((box) => !overlaps(box, { x: 700, y: 380, width: 220, height: 140 })), SCREEN, new Map(), 150);
  assert.equal(placed[0]?.id, first.id);
  assert.ok(placed.length <= 150);
});

test("a label stays in its slot while that is free, also where a better one is", () => {
  const one: Wanted = { id: "A", x: 400, y: 400, radius: 13, width: 60, height: 30, rank: 0 };
  assert.equal(place([one], [], SCREEN)[0]?.slot, 0);
  assert.equal(place([one], [], SCREEN, new Map([["A", 5]]))[0]?.slot, 5);
  const blocked = slotBox(one, 5);
  assert.equal(place([one], [blocked], SCREEN, new Map([["A", 5]]))[0]?.slot, 0);
});

test("the result does not depend on the order in which tracks are given", () => {
  const { wanted, symbols } = crowd(200, 11);
  const forwards = place(wanted, symbols, SCREEN);
  const backwards = place([...wanted].reverse(), symbols, SCREEN);
  assert.deepEqual(forwards, backwards);
});

test("a leader begins on the symbol's rim and ends on the label; a label that touches needs none", () => {
  const one: Wanted = { id: "A", x: 100, y: 100, radius: 10, width: 40, height: 20, rank: 0 };
  const line = leader(one, { x: 140, y: 60, width: 40, height: 20 }) as readonly [number, number, number, number];
  assert.ok(Math.abs(Math.hypot(line[0] - 100, line[1] - 100) - 10) < 1e-9);
  assert.deepEqual([line[2], line[3]], [140, 80]);
  assert.equal(leader(one, { x: 108, y: 90, width: 40, height: 20 }), null);
});
