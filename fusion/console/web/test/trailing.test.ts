import assert from "node:assert/strict";
import { test } from "node:test";
import type { View } from "../src/map/ink";
import { MARGIN, offset, type Sheet, SLICES, Trailing } from "../src/map/trailing";
import { PALETTES } from "../src/palette";
import type { Drawn } from "../src/picture";

/** A pen that counts the trails begun and the sheets laid. */
function pen() {
  const done = { begun: [] as [number, number][], laid: [] as [unknown, number, number][] };
  const nothing = () => undefined;
  const fake = {
    beginPath: nothing, lineTo: nothing, stroke: nothing, clearRect: nothing, setTransform: nothing,
    moveTo: (x: number, y: number) => done.begun.push([x, y]),
    drawImage: (image: unknown, x: number, y: number) => done.laid.push([image, x, y]),
  };
  return { pen: fake as unknown as CanvasRenderingContext2D, done };
}

const view = (on: CanvasRenderingContext2D, more: Partial<View> = {}): View => ({ pen: on, palette: PALETTES.dark, left: 0, top: 600, k: 1, width: 800, height: 600, metre: 1, ...more });

/** A crowd on the map, each with a minute's trail eastwards. */
const crowd = (count: number, time = 0): Drawn[] =>
  Array.from({ length: count }, (_, n) => {
    const at = [100 + (n % 50) * 7, 100 + Math.floor(n / 50) * 10] as const;
    return { n, at, time, ray: null, verdict: "unknown", trail: Array.from({ length: 60 }, (_one, i) => [at[0] - 60 + i, at[1]] as const) } as unknown as Drawn;
  });

function stage() {
  const sheets: { sheet: Sheet; done: ReturnType<typeof pen>["done"] }[] = [];
  const trailing = new Trailing(() => {
    const { pen: on, done } = pen();
    const sheet = { canvas: { width: 0, height: 0 } as HTMLCanvasElement, pen: on };
    sheets.push({ sheet, done });
    return sheet;
  });
  return { sheets, trailing, map: pen() };
}
const BANDS = 3; // a trail fades in three steps, each begun once

test("the first picture has every trail at once, on a sheet a margin wider than the map on each side", () => {
  const { sheets, trailing, map } = stage();
  trailing.draw(view(map.pen), crowd(500), 1);
  assert.equal(sheets[0]?.done.begun.length, 500 * BANDS);
  assert.deepEqual(map.done.laid, [[sheets[0]?.sheet.canvas, -MARGIN, -MARGIN]]);
  assert.deepEqual([sheets[0]?.sheet.canvas.width, sheets[0]?.sheet.canvas.height], [800 + 2 * MARGIN, 600 + 2 * MARGIN]);
});

test("then each draw costs a slice, and when all are drawn, each once, that sheet is the one that is shown", () => {
  const { sheets, trailing, map } = stage();
  const tracks = crowd(500);
  for (let i = 0; i < SLICES; i += 1) {
    trailing.draw(view(map.pen), tracks, 1);
    assert.equal(sheets[1]?.done.begun.length, (i + 1) * (500 / SLICES) * BANDS);
    assert.equal(map.done.laid[i]?.[0], sheets[0]?.sheet.canvas);
  }
  assert.deepEqual(sheets[1]?.done.begun.map(String).sort(), sheets[0]?.done.begun.map(String).sort());
  trailing.draw(view(map.pen), tracks, 1);
  assert.equal(map.done.laid[SLICES]?.[0], sheets[1]?.sheet.canvas);
  assert.equal(sheets.length, 2);
});

test("a map that is moved takes its trails with it, as far as the margin; further, or at another scale, all are drawn", () => {
  const { sheets, trailing, map } = stage();
  const tracks = crowd(100);
  trailing.draw(view(map.pen), tracks, 1);
  trailing.draw(view(map.pen, { left: 30, top: 600 + 20 }), tracks, 1);
  assert.deepEqual(map.done.laid[1], [sheets[0]?.sheet.canvas, -MARGIN - 30, -MARGIN + 20]);
  assert.equal(sheets[0]?.done.begun.length, 100 * BANDS);
  trailing.draw(view(map.pen, { left: MARGIN + 1 }), tracks, 1);
  assert.equal(sheets[0]?.done.begun.length, 200 * BANDS);
  trailing.draw(view(map.pen, { left: MARGIN + 1, k: 0.9 }), tracks, 1);
  assert.equal(sheets[0]?.done.begun.length, 300 * BANDS);
});

test("a clock that goes back ends what was on the sheets", () => {
  const { sheets, trailing, map } = stage();
  trailing.draw(view(map.pen), crowd(100, 5000), 1);
  trailing.draw(view(map.pen), crowd(100, 5100), 1);
  assert.equal(sheets[0]?.done.begun.length, 100 * BANDS);
  trailing.draw(view(map.pen), crowd(100, 1000), 1);
  assert.equal(sheets[0]?.done.begun.length, 200 * BANDS);
});

test("a track that has left the end of its trail behind is joined to it", () => {
  const { trailing, map } = stage();
  const tracks = crowd(100);
  trailing.draw(view(map.pen), tracks, 1);
  assert.equal(map.done.begun.length, 0);
  const one = tracks[7] as Drawn;
  const [east, north] = one.at;
  one.at = [east + 20, north];
  trailing.draw(view(map.pen), tracks, 1);
  assert.deepEqual(map.done.begun, [[east, 600 - north]]);
});

test("a sheet of another theme or size does not fit", () => {
  const { pen: on } = pen();
  const sheet = view(on, { left: -MARGIN, top: 600 + MARGIN, width: 800 + 2 * MARGIN, height: 600 + 2 * MARGIN });
  assert.deepEqual(offset(sheet, view(on)), { x: -MARGIN, y: -MARGIN });
  assert.equal(offset(sheet, view(on, { palette: PALETTES.light })), null);
  assert.equal(offset(sheet, view(on, { width: 801 })), null);
});
