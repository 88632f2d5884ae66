// What may lie behind the text that the canvas draws; the test of contrast reads it.
import { type Colour, colour, over } from "../contrast";
import { tones } from "./toning";
import type { Palette } from "../palette";

/** How strongly a zone is filled: faint, so that names stay readable on it. */
export const ZONE_FILL = { calm: 0.05, 1: 0.15, 2: 0.06, 3: 0.05 } as const;

/** A colour with an alpha, as the canvas reads it. */
export function faded(text: string, alpha: number): string {
  const [r, g, b] = colour(text);
  return `rgba(${r}, ${g}, ${b}, ${alpha})`;
}

/** The map's own grounds, and zones filled over each, with and without an alert. */
export function mapGrounds(palette: Palette): Record<string, Colour> {
  const found: Record<string, Colour> = {};
  const still = { ...Object.fromEntries((["ground", "water", "park", "road"] as const).map((name) => [name, colour(palette[name])])), ...tones(palette) };
  for (const [name, ground] of Object.entries(still)) {
    found[name] = ground;
    for (const [how, fill] of [["zone", palette.zone], ["p1", palette.p1], ["p2", palette.p2], ["p3", palette.p3]] as const) {
      const [r, g, b] = colour(fill);
      found[`${how} on ${name}`] = over([r, g, b, how === "zone" ? ZONE_FILL.calm : ZONE_FILL[1]], ground);
    }
  }
  return found;
}

/** Every colour in which the canvas writes, and whether a plate lies behind it. */
export const CANVAS_TEXT: readonly { text: keyof Palette; plate: boolean }[] = [
  ...(["text", "dim", "friendly", "authorised", "unknown", "unauthorised", "p1", "p2", "p3", "sensor", "zone", "waterText", "place"] as const).map(
    (text) => ({ text, plate: true }),
  ),
];
