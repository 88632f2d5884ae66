// Drawing many things at once, as cheaply as a browser without a graphics card lets us.
import type { Palette } from "../palette";
import type { Drawn } from "../picture";
import type { Verdict } from "../wire";

export interface View {
  readonly pen: CanvasRenderingContext2D;
  readonly palette: Palette;
  /** Web Mercator to CSS px: x = (e − left) · k, y = (top − n) · k. */
  readonly left: number;
  readonly top: number;
  readonly k: number;
  readonly width: number;
  readonly height: number;
  /** CSS px that one metre on the ground takes. */
  readonly metre: number;
}

export const VERDICTS: readonly Verdict[] = ["authorised", "friendly", "unknown", "unauthorised"];

export interface Shown {
  readonly track: Drawn;
  readonly x: number; // CSS px
  readonly y: number;
}

/** Tracks with a place that are on the screen or nearly. */
export function visible(view: View, tracks: Iterable<Drawn>, margin = 60): Shown[] {
  const shown: Shown[] = [];
  for (const track of tracks) {
    if (track.ray) continue;
    const x = (track.at[0] - view.left) * view.k;
    const y = (view.top - track.at[1]) * view.k;
    if (x > -margin && y > -margin && x < view.width + margin && y < view.height + margin) shown.push({ track, x, y });
  }
  return shown;
}

export function byVerdict(shown: readonly Shown[]): Map<Verdict, Shown[]> {
  const found = new Map<Verdict, Shown[]>(VERDICTS.map((verdict) => [verdict, []]));
  for (const one of shown) found.get(one.track.verdict)?.push(one);
  return found;
}

const TURN = Math.PI / 180;

/** 95 % ellipses; those of coasting tracks are dashed. */
export function ellipses(view: View, groups: Map<Verdict, Shown[]>): void {
  const { pen, palette, metre } = view;
  pen.lineWidth = 1;
  pen.globalAlpha = 0.6;
  for (const [verdict, group] of groups) {
    for (const coasting of [false, true]) {
      pen.beginPath();
      for (const { track, x, y } of group) {
        if ((track.status === "coasting") !== coasting || track.major === null || track.minor === null) continue;
        const [a, b] = [track.major * metre, track.minor * metre];
        if (a < 3) continue; // hidden by the symbol
        // from azimuth (clockwise from north) to the canvas's angle (clockwise from east)
        const angle = track.turn * TURN - Math.PI / 2;
        pen.moveTo(x + a * Math.cos(angle), y + a * Math.sin(angle));
        pen.ellipse(x, y, a, b, angle, 0, 2 * Math.PI);
      }
      pen.setLineDash(coasting ? [4, 3] : []);
      pen.strokeStyle = palette[verdict];
      pen.stroke();
    }
  }
  pen.setLineDash([]);
  pen.globalAlpha = 1;
}

const BANDS = [0.18, 0.36, 0.7] as const;

/** The last minute, fading in three steps. */
export function trails(view: View, groups: Map<Verdict, Shown[]>, step = 1): void {
  const { pen, palette, left, top, k } = view;
  pen.lineWidth = 1.5;
  pen.lineJoin = "round";
  for (const [verdict, group] of groups) {
    pen.strokeStyle = palette[verdict];
    for (const [band, alpha] of BANDS.entries()) {
      pen.beginPath();
      for (const { track, x, y } of group) {
        const points = track.trail;
        const count = points.length;
        const from = Math.floor((count * band) / BANDS.length);
        const to = Math.floor((count * (band + 1)) / BANDS.length);
        if (count < 2) continue;
        const first = points[from] as readonly [number, number];
        pen.moveTo((first[0] - left) * k, (top - first[1]) * k);
        for (let i = from + step; i < to; i += step) {
          const point = points[i] as readonly [number, number];
          pen.lineTo((point[0] - left) * k, (top - point[1]) * k);
        }
        const last = points[to] ?? null;
        if (band === BANDS.length - 1) pen.lineTo(x, y);
        else if (last) pen.lineTo((last[0] - left) * k, (top - last[1]) * k);
      }
      pen.globalAlpha = alpha;
      pen.stroke();
    }
  }
  pen.globalAlpha = 1;
}

/**
 * Where each will be in so many seconds: the same time for all, so that length is speed.
 *
 * A stroke each: a thousand lines in one path take a browser that has no graphics card six times as long, and where two
 * cross nobody sees that they are nearly opaque twice.
 */
export function vectors(view: View, groups: Map<Verdict, Shown[]>, seconds: number): void {
  const { pen, palette, metre } = view;
  pen.lineWidth = 1.25;
  pen.globalAlpha = 0.9;
  for (const [verdict, group] of groups) {
    pen.strokeStyle = palette[verdict];
    for (const { track, x, y } of group) {
      if (track.east === null || track.north === null || Math.hypot(track.east, track.north) < 1) continue;
      pen.beginPath();
      pen.moveTo(x, y);
      pen.lineTo(x + track.east * seconds * metre, y - track.north * seconds * metre);
      pen.stroke();
    }
  }
  pen.globalAlpha = 1;
}

/** The shape of a priority about a place: triangle, diamond, ring. */
export function priorityShape(pen: CanvasRenderingContext2D, priority: 1 | 2 | 3, x: number, y: number, r: number): void {
  pen.beginPath();
  if (priority === 1) {
    pen.moveTo(x, y - r * 1.25);
    pen.lineTo(x + r * 1.2, y + r * 0.8);
    pen.lineTo(x - r * 1.2, y + r * 0.8);
    pen.closePath();
  } else if (priority === 2) {
    pen.moveTo(x, y - r * 1.2);
    pen.lineTo(x + r * 1.2, y);
    pen.lineTo(x, y + r * 1.2);
    pen.lineTo(x - r * 1.2, y);
    pen.closePath();
  } else {
    pen.arc(x, y, r, 0, 2 * Math.PI);
  }
}

/** Corner brackets: what is selected. */
export function brackets(pen: CanvasRenderingContext2D, x: number, y: number, r: number): void {
  const arm = r * 0.45;
  pen.beginPath();
  for (const [sx, sy] of [[-1, -1], [1, -1], [1, 1], [-1, 1]] as const) {
    pen.moveTo(x + sx * r, y + sy * (r - arm));
    pen.lineTo(x + sx * r, y + sy * r);
    pen.lineTo(x + sx * (r - arm), y + sy * r);
  }
}
