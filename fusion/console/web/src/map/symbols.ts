// What a track looks like: a frame whose shape says the verdict (MIL-STD-2525), an icon that says the class, drawn once a kind.
import ms from "milsymbol";
import type { Palette } from "../palette";
import { Cache } from "../sprites";
import type { Verdict } from "../wire";

export interface Sprite {
  readonly image: HTMLCanvasElement;
  readonly width: number; // CSS px
  readonly height: number;
  readonly x: number; // CSS px, of the anchor
  readonly y: number;
}

/** Standard identity: unknown, suspect, neutral, friend. Never 6, hostile: only a named human calls anything that. */
const IDENTITY: Record<Verdict, string> = { unknown: "1", unauthorised: "5", authorised: "4", friendly: "3" };

/** Air entities: vertical take-off unmanned, unmanned, rotary wing for what carries people; none for birds and what else flies. */
const ENTITY: Record<string, string> = { multirotor: "110400", fixed_wing: "110300", manned: "110200", bird: "000000", other: "000000" };

export function sidc(verdict: Verdict, kind: string): string {
  return `100${IDENTITY[verdict]}010000${ENTITY[kind] ?? "000000"}0000`;
}

export function verdictColour(palette: Palette, verdict: Verdict): string {
  return palette[verdict];
}

/** Draw one kind of symbol. */
export function drawSymbol(palette: Palette, verdict: Verdict, kind: string, size: number, ratio: number): Sprite {
  const colour = verdictColour(palette, verdict);
  const every = { Civilian: colour, Friend: colour, Hostile: colour, Neutral: colour, Unknown: colour, Suspect: colour };
  const ground = { Civilian: palette.panel, Friend: palette.panel, Hostile: palette.panel, Neutral: palette.panel, Unknown: palette.panel, Suspect: palette.panel };
  const symbol = new ms.Symbol(sidc(verdict, kind), {
    size, frame: true, fill: true, fillOpacity: 0.86, strokeWidth: 7, outlineWidth: 0, civilianColor: false,
    // The types are wrong in part: a string is ignored, an object is read.
    frameColor: every as never, iconColor: every as never, colorMode: ground as never,
  });
  const image = symbol.asCanvas(ratio);
  const { x, y } = symbol.getAnchor();
  const { width, height } = symbol.getSize();
  if (kind === "bird") drawBird(image, x * ratio, y * ratio, size * ratio, colour);
  return { image, width, height, x, y };
}

/** Two wings: no standard has a sign for a bird. */
function drawBird(image: HTMLCanvasElement, x: number, y: number, size: number, colour: string): void {
  const pen = image.getContext("2d");
  if (!pen) return;
  pen.strokeStyle = colour;
  pen.lineWidth = size * 0.09;
  pen.lineCap = "round";
  pen.beginPath();
  pen.moveTo(x - size * 0.34, y - size * 0.04);
  pen.quadraticCurveTo(x - size * 0.16, y - size * 0.22, x, y + size * 0.06);
  pen.quadraticCurveTo(x + size * 0.16, y - size * 0.22, x + size * 0.34, y - size * 0.04);
  pen.stroke();
}

/** The cache of one theme, size and pixel ratio; a kind is `verdict/class`. */
export function symbolCache(palette: Palette, size: number, ratio: number): Cache<Sprite> {
  return new Cache((key) => {
    const [verdict, kind] = key.split("/") as [Verdict, string];
    return drawSymbol(palette, verdict, kind, size, ratio);
  }, 64);
}

const FONT = '"Inter Variable", system-ui, sans-serif';

export interface LabelSprite {
  readonly image: HTMLCanvasElement;
  readonly width: number; // CSS px
  readonly height: number;
}

/** Labels as pictures: a name in its colour over a line of figures, on a plate. A kind is `colour|name|figures`. */
export function labelCache(palette: Palette, ratio: number): Cache<LabelSprite> {
  const measure = document.createElement("canvas").getContext("2d") as CanvasRenderingContext2D;
  return new Cache((key) => {
    const [colour = "", name = "", figures = ""] = key.split("|");
    const bold = `600 11.5px ${FONT}`;
    const plain = `500 11px ${FONT}`;
    measure.font = bold;
    let width = measure.measureText(name).width;
    measure.font = plain;
    if (figures) width = Math.max(width, measure.measureText(figures).width);
    width = Math.ceil(width) + 10;
    const height = figures ? 31 : 18;
    const image = document.createElement("canvas");
    image.width = Math.ceil(width * ratio);
    image.height = Math.ceil(height * ratio);
    const pen = image.getContext("2d") as CanvasRenderingContext2D;
    pen.scale(ratio, ratio);
    pen.fillStyle = palette.plate;
    pen.beginPath();
    pen.roundRect(0, 0, width, height, 3);
    pen.fill();
    pen.textBaseline = "middle";
    pen.font = bold;
    pen.fillStyle = colour;
    pen.fillText(name, 5, 9.5);
    if (figures) {
      pen.font = plain;
      pen.fillStyle = palette.text;
      pen.fillText(figures, 5, 22.5);
    }
    return { image, width, height };
  }, 800);
}
