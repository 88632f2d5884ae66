// The trails of a crowd, kept on a sheet of their own: stroking a thousand of them costs more than all else on the map together.
import type { Drawn } from "../picture";
import { byVerdict, trails, type View, visible } from "./ink";

/** Draws until every trail is drawn anew: one second, which is what a trail's points are apart, at ten pictures a second. */
export const SLICES = 10;

/** CSS px that a sheet reaches beyond the map, so that the map may go so far before its trails are all drawn at once. */
export const MARGIN = 64;

const STEP = 6; // points of a trail that make one stroke, where there are so many

/** Shorter than this (CSS px), the way from a trail's end to its symbol lies under the symbol. */
const HIDDEN = 6;

export interface Sheet {
  readonly canvas: HTMLCanvasElement;
  readonly pen: CanvasRenderingContext2D;
}

interface Kept {
  readonly sheet: Sheet;
  view: View; // of the sheet: wider than the map's by the margin
  /** Where each trail ends on the sheet, Web Mercator. */
  readonly ends: Map<number, readonly [number, number]>;
}

/** CSS px from a map's corner to that of a sheet that lies on it; null where it no longer covers the map, or is of another scale. */
export function offset(sheet: View, map: View): { x: number; y: number } | null {
  if (sheet.k !== map.k || sheet.palette !== map.palette || sheet.width !== map.width + 2 * MARGIN || sheet.height !== map.height + 2 * MARGIN) return null;
  const [x, y] = [(sheet.left - map.left) * map.k, (map.top - sheet.top) * map.k];
  return Math.abs(x + MARGIN) <= MARGIN && Math.abs(y + MARGIN) <= MARGIN ? { x, y } : null;
}

/** Two sheets: one is shown while the other is drawn, a slice of the tracks at a time. */
export class Trailing {
  private shown: Kept | null = null;
  private next: Kept | null = null;
  private turn = 0;
  private latest = 0; // ms: a clock that goes back (a replay was wound) ends what is on the sheets
  private ratio = 0;

  constructor(private readonly make: () => Sheet) {}

  /** Draw every trail as it was within the last two seconds, and its way to where the track is now. */
  draw(view: View, tracks: readonly Drawn[], ratio: number): void {
    const latest = tracks.reduce((most, track) => Math.max(most, track.time), 0);
    const back = latest < this.latest || ratio !== this.ratio;
    [this.latest, this.ratio] = [latest, ratio];
    if (back || !this.shown || !offset(this.shown.view, view)) {
      this.shown = this.blank(this.shown, view);
      for (let turn = 0; turn < SLICES; turn += 1) this.slice(this.shown, tracks, turn);
      this.turn = 0;
    }
    this.lay(view, this.shown);
    this.heads(view, tracks, this.shown.ends);
    if (this.turn === 0) this.next = this.blank(this.next, view);
    if (this.next) this.slice(this.next, tracks, this.turn);
    this.turn = (this.turn + 1) % SLICES;
    if (this.turn === 0) [this.shown, this.next] = [this.next as Kept, this.shown];
  }

  private blank(before: Kept | null, view: View): Kept {
    const sheet = before?.sheet ?? this.make();
    const [width, height] = [view.width + 2 * MARGIN, view.height + 2 * MARGIN];
    const [across, down] = [Math.round(width * this.ratio), Math.round(height * this.ratio)];
    if (sheet.canvas.width !== across || sheet.canvas.height !== down) [sheet.canvas.width, sheet.canvas.height] = [across, down];
    sheet.pen.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    sheet.pen.clearRect(0, 0, width, height);
    return { sheet, view: { ...view, pen: sheet.pen, left: view.left - MARGIN / view.k, top: view.top + MARGIN / view.k, width, height }, ends: new Map() };
  }

  private slice(kept: Kept, tracks: readonly Drawn[], turn: number): void {
    const shown = visible(kept.view, tracks.filter((track) => track.n % SLICES === turn));
    trails(kept.view, byVerdict(shown), STEP);
    for (const { track } of shown) kept.ends.set(track.n, track.at);
  }

  private lay(view: View, { sheet, view: of }: Kept): void {
    const at = offset(of, view);
    if (!at) return;
    // on whole pixels, so that it is copied and not blurred
    const whole = (place: number) => Math.round(place * this.ratio) / this.ratio;
    view.pen.drawImage(sheet.canvas, whole(at.x), whole(at.y), sheet.canvas.width / this.ratio, sheet.canvas.height / this.ratio);
  }

  private heads(view: View, tracks: readonly Drawn[], ends: ReadonlyMap<number, readonly [number, number]>): void {
    const { pen, palette, left, top, k } = view;
    pen.lineWidth = 1.5;
    pen.globalAlpha = 0.7;
    for (const { track, x, y } of visible(view, tracks)) {
      const end = ends.get(track.n);
      if (!end) continue;
      const from = [(end[0] - left) * k, (top - end[1]) * k] as const;
      if (Math.hypot(x - from[0], y - from[1]) < HIDDEN) continue;
      pen.beginPath();
      pen.moveTo(...from);
      pen.lineTo(x, y);
      pen.strokeStyle = palette[track.verdict];
      pen.stroke();
    }
    pen.globalAlpha = 1;
  }
}

/** A sheet that a browser draws on. */
export function onCanvas(): Sheet {
  const canvas = document.createElement("canvas");
  return { canvas, pen: canvas.getContext("2d") as CanvasRenderingContext2D };
}
