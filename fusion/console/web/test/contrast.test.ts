// The text of both themes, on every ground that it is drawn on: at least 4.5:1 (WCAG 2.2, 1.4.3), also inside the canvas.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Colour, colour, contrast, over } from "../src/contrast";
import { PALETTES, type Palette } from "../src/palette";
import { CANVAS_TEXT, mapGrounds } from "../src/map/grounds";

test("the ratio is WCAG's: black on white 21, a colour on itself 1, #767676 on white 4.54", () => {
  assert.ok(Math.abs(contrast(colour("#000"), colour("#fff")) - 21) < 1e-9);
  assert.equal(contrast(colour("#6fb08a"), colour("#6fb08a")), 1);
  assert.ok(Math.abs(contrast(colour("#767676"), colour("#ffffff")) - 4.54) < 0.005);
  assert.throws(() => colour("red"), /no colour/);
});

const DOM_TEXT: (keyof Palette)[] = ["text", "dim", "p1", "p2", "p3", "ok", "accent", "friendly", "authorised", "unknown", "unauthorised"];
const DOM_GROUNDS: (keyof Palette)[] = ["ground", "panel", "raised", "selected"];

function atLeast(least: number, text: Colour, ground: Colour, what: string): void {
  const found = contrast(text, ground);
  assert.ok(found >= least, `${what}: ${found.toFixed(2)}:1`);
}

for (const [theme, palette] of Object.entries(PALETTES)) {
  test(`${theme}: text on panels`, () => {
    for (const text of DOM_TEXT) {
      for (const ground of DOM_GROUNDS) atLeast(4.5, colour(palette[text]), colour(palette[ground]), `${text} on ${ground}`);
    }
    for (const i of [1, 2, 3] as const) {
      for (const text of ["text", "dim", `p${i}`] as const) {
        atLeast(4.5, colour(palette[text]), colour(palette[`p${i}ground`]), `${text} on P${i}'s ground`);
      }
    }
    atLeast(4.5, colour(palette.pressText), colour(palette.press), "the button that matters");
    atLeast(3, colour(palette.control), colour(palette.panel), "the rim of a control");
  });

  test(`${theme}: text that the canvas draws, on its plate and on the map`, () => {
    const grounds = mapGrounds(palette);
    for (const { text, plate } of CANVAS_TEXT) {
      for (const [name, ground] of Object.entries(grounds)) {
        const behind = plate ? over(colour(palette.plate), ground) : ground;
        atLeast(4.5, colour(palette[text]), behind, `${text} over ${name}`);
      }
    }
  });
}
