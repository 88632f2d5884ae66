// How well a colour is read on another: WCAG 2.2's contrast ratio, with what shines through.

export type Colour = readonly [number, number, number, number]; // 0…255 each, alpha 0…1

/** Read `#rgb`, `#rrggbb` or `#rrggbbaa`. */
export function colour(text: string): Colour {
  const digits = text.replace("#", "");
  const full = digits.length === 3 ? [...digits].map((one) => one + one).join("") : digits;
  if (!/^[0-9a-f]{6}([0-9a-f]{2})?$/i.test(full)) throw new Error(`no colour: ${text}`);
  const byte = (i: number) => Number.parseInt(full.slice(i, i + 2), 16);
  return [byte(0), byte(2), byte(4), full.length === 8 ? byte(6) / 255 : 1];
}

/** What is seen of one colour over an opaque one. */
export function over(top: Colour, ground: Colour): Colour {
  const mix = (i: 0 | 1 | 2) => top[i] * top[3] + ground[i] * (1 - top[3]);
  return [mix(0), mix(1), mix(2), 1];
}

/** WCAG's relative luminance: 0 for black, 1 for white. */
export function luminance([r, g, b]: Colour): number {
  const linear = (value: number) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
}

/** WCAG's contrast ratio, 1 to 21, of a text's colour on an opaque ground. */
export function contrast(text: Colour, ground: Colour): number {
  const a = luminance(over(text, ground));
  const b = luminance(ground);
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}
