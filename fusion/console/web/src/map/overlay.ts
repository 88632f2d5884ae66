// Everything that moves, in one canvas over the map: rays, ellipses, trails, vectors, symbols, alarms, labels.
import type { FrameState } from "ol/Map";
import Layer from "ol/layer/Layer";
import { asks, priority, type Priority } from "../alerts";
import { scale } from "../geometry";
import { type Box, leader, place as placeLabels, type Wanted } from "../labels";
import type { Palette } from "../palette";
import type { Drawn } from "../picture";
import type { Cache } from "../sprites";
import type { Alert } from "../wire";
import { faded } from "./grounds";
import { brackets, byVerdict, ellipses, priorityShape, type Shown, trails, vectors, type View, visible } from "./ink";
import { cones, pilot, rays, type Scene, truth } from "./marks";
import { labelCache, type LabelSprite, type Sprite, symbolCache } from "./symbols";
import { onCanvas, Trailing } from "./trailing";

const VECTOR_S = 30;
const LABELS_EVERY_MS = 250;
const MANY = 400; // tracks on the screen: above this, symbols are smaller, trails coarser and on a sheet of their own
const MOST_LABELS = 140;
export class Overlay extends Layer {
  /** Around the canvas, as OpenLayers draws layers above into a bare canvas that it finds, and our next frame wipes it. */
  private readonly box = document.createElement("div");
  private readonly canvas = document.createElement("canvas");
  private readonly pen: CanvasRenderingContext2D;
  private symbols: Cache<Sprite> | null = null;
  private labels: Cache<LabelSprite> | null = null;
  private state: FrameState | null = null;
  private waiting = 0;
  private kind = "";
  private slots = new Map<string, number>();
  private offsets: { id: string; dx: number; dy: number; slot: number }[] = [];
  private readonly trailing = new Trailing(onCanvas);
  private labelled = { at: 0, k: 0, count: 0 };
  /** What was drawn last, for picking with the mouse. */
  shown: readonly Shown[] = [];
  drawings = 0;

  constructor(
    private readonly scene: () => Scene | null,
    private readonly drawn: () => void,
  ) {
    super({});
    this.canvas.className = "overlay";
    this.canvas.setAttribute("aria-hidden", "true");
    this.canvas.style.position = "absolute";
    this.box.append(this.canvas);
    this.pen = this.canvas.getContext("2d", { alpha: true }) as CanvasRenderingContext2D;
  }

  override getSourceState(): "ready" {
    return "ready";
  }

  override render(state: FrameState | null): HTMLElement {
    this.state = state;
    this.paint();
    return this.box;
  }

  /** Draw again what has changed, at the next frame, without the map beneath, which has not. */
  refresh(): void {
    if (this.waiting !== 0) return;
    this.waiting = requestAnimationFrame(() => this.paint());
  }

  private paint(): void {
    cancelAnimationFrame(this.waiting);
    this.waiting = 0;
    const scene = this.scene();
    if (!this.state || !scene) return;
    this.draw(this.prepare(this.state, scene), scene);
    this.drawings += 1;
    this.drawn();
  }

  /** The track whose symbol is nearest to a place on the screen, within reach. */
  pick(x: number, y: number, reach = 18): Drawn | null {
    let best: Drawn | null = null;
    let nearest = reach;
    for (const one of this.shown) {
      const distance = Math.hypot(one.x - x, one.y - y);
      if (distance < nearest) [nearest, best] = [distance, one.track];
    }
    return best;
  }

  private prepare(state: FrameState, scene: Scene): View {
    const ratio = state.pixelRatio;
    const [width = 0, height = 0] = state.size;
    if (this.canvas.width !== Math.round(width * ratio) || this.canvas.height !== Math.round(height * ratio)) {
      this.canvas.width = Math.round(width * ratio);
      this.canvas.height = Math.round(height * ratio);
      this.canvas.style.width = `${width}px`;
      this.canvas.style.height = `${height}px`;
    }
    this.pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.pen.clearRect(0, 0, width, height);
    const k = 1 / state.viewState.resolution;
    const [east = 0, north = 0] = state.viewState.center;
    const latitude = (Math.atan(Math.sinh(north / 6378137)) * 180) / Math.PI;
    const metre = k * scale(latitude)[0];
    return { pen: this.pen, palette: scene.palette, left: east - width / 2 / k, top: north + height / 2 / k, k, width, height, metre };
  }

  private draw(view: View, scene: Scene): void {
    const shown = visible(view, scene.tracks);
    this.shown = shown;
    const many = shown.length > MANY;
    const labels = this.caches(scene.palette, many ? 13 : 19);
    const alarms = worst(scene.alerts);
    const groups = byVerdict(shown);
    rays(view, scene, alarms, labels);
    if (scene.show.ellipses) ellipses(view, groups);
    cones(view, scene, shown, labels);
    if (scene.show.trails && many) this.trailing.draw(view, scene.tracks, this.pen.getTransform().a);
    else if (scene.show.trails) trails(view, groups);
    if (scene.show.vectors) vectors(view, groups, VECTOR_S);
    truth(view, scene);
    if (scene.show.labels) this.label(view, scene, shown, alarms);
    this.stamp(view, scene, shown, alarms);
    if (scene.show.labels) this.write(view, scene, shown, alarms);
    pilot(view, scene, shown);
  }

  private caches(palette: Palette, size: number): Cache<LabelSprite> {
    const ratio = this.pen.getTransform().a;
    const kind = `${palette.ground}/${size}/${ratio}`;
    if (kind === this.kind && this.symbols && this.labels) return this.labels;
    this.kind = kind;
    this.symbols = symbolCache(palette, size, ratio);
    this.labels = labelCache(palette, ratio);
    return this.labels;
  }

  private stamp(view: View, scene: Scene, shown: readonly Shown[], alarms: Map<string, Priority>): void {
    const { pen, palette } = view;
    for (const { track, x, y } of shown) {
      const sprite = this.symbols?.get(`${track.verdict}/${track.class}`);
      if (!sprite) continue;
      pen.globalAlpha = track.status === "coasting" ? 0.55 : 1;
      pen.drawImage(sprite.image, x - sprite.x, y - sprite.y, sprite.width, sprite.height);
    }
    pen.globalAlpha = 1;
    for (const { track, x, y } of shown) {
      const alarm = alarms.get(track.track);
      if (!alarm) continue;
      priorityShape(pen, alarm, x, y, 19);
      pen.lineWidth = alarm === 1 ? 2.5 : 2;
      pen.strokeStyle = palette[`p${alarm}`];
      pen.stroke();
    }
    const one = shown.find(({ track }) => track.track === scene.selected);
    if (!one) return;
    brackets(pen, one.x, one.y, 28);
    pen.lineWidth = 2;
    pen.strokeStyle = palette.select;
    pen.stroke();
  }

  /** Decide where labels go, four times a second; in between they go with their symbols. */
  private label(view: View, scene: Scene, shown: readonly Shown[], alarms: Map<string, Priority>): void {
    const now = performance.now();
    const still = this.labelled.k === view.k && this.labelled.count === shown.length;
    if (still && now - this.labelled.at < LABELS_EVERY_MS) return;
    this.labelled = { at: now, k: view.k, count: shown.length };
    const rank = (track: Drawn) =>
      track.track === scene.selected ? -1 : (alarms.get(track.track) ?? (track.verdict === "unauthorised" ? 4 : track.verdict === "unknown" ? (track.class === "bird" ? 7 : 5) : 6));
    const ranked = shown.map((one) => ({ ...one, rank: rank(one.track) })).sort((a, b) => a.rank - b.rank).slice(0, 2 * MOST_LABELS);
    const radius = this.kind.includes("/13/") ? 9 : 14;
    const wanted: Wanted[] = [];
    for (const { track, x, y, rank: order } of ranked) {
      const sprite = this.sprite(scene, track, alarms);
      const reach = alarms.has(track.track) || track.track === scene.selected ? 26 : radius;
      if (sprite) wanted.push({ id: track.track, x, y, radius: reach, width: sprite.width, height: sprite.height, rank: order });
    }
    const boxes: Box[] = shown.map(({ x, y }) => ({ x: x - radius, y: y - radius, width: 2 * radius, height: 2 * radius }));
    const placed = placeLabels(wanted, boxes, { x: 0, y: 0, width: view.width, height: view.height }, this.slots, MOST_LABELS);
    const middle = new Map(wanted.map((one) => [one.id, one]));
    this.slots = new Map(placed.map(({ id, slot }) => [id, slot]));
    this.offsets = placed.map(({ id, slot, x, y }) => {
      const one = middle.get(id) as Wanted;
      return { id, slot, dx: x - one.x, dy: y - one.y };
    });
  }

  private sprite(scene: Scene, track: Drawn, alarms: Map<string, Priority>): LabelSprite | undefined {
    const alarm = alarms.get(track.track);
    const colour = alarm ? scene.palette[`p${alarm}`] : scene.palette[track.verdict];
    const detailed = alarm !== undefined || track.track === scene.selected || this.labelled.count < 60;
    return this.labels?.get(`${colour}|${track.name}|${detailed ? scene.figures(track) : ""}`);
  }

  private write(view: View, scene: Scene, shown: readonly Shown[], alarms: Map<string, Priority>): void {
    const { pen, palette } = view;
    const there = new Map(shown.map((one) => [one.track.track, one]));
    pen.lineWidth = 1;
    pen.strokeStyle = faded(palette.dim, 0.6);
    for (const { id, dx, dy } of this.offsets) {
      const one = there.get(id);
      const sprite = one && this.sprite(scene, one.track, alarms);
      if (!one || !sprite) continue;
      const box = { x: one.x + dx, y: one.y + dy, width: sprite.width, height: sprite.height };
      const line = leader({ id, x: one.x, y: one.y, radius: 12, width: 0, height: 0, rank: 0 }, box);
      if (line) {
        pen.beginPath();
        pen.moveTo(line[0], line[1]);
        pen.lineTo(line[2], line[3]);
        pen.stroke();
      }
      pen.drawImage(sprite.image, box.x, box.y, sprite.width, sprite.height);
      if (id === scene.selected) pen.strokeRect(box.x + 0.5, box.y + 0.5, sprite.width - 1, sprite.height - 1);
    }
  }

}

/** The gravest alert of each track that still asks or stands. */
export function worst(alerts: Iterable<Alert>): Map<string, Priority> {
  const found = new Map<string, Priority>();
  for (const alert of alerts) {
    if (alert.state === "closed" || alert.state === "shelved" || (alert.state === "cleared" && !asks(alert))) continue;
    const level = priority(alert.severity);
    const before = found.get(alert.track);
    if (before === undefined || level < before) found.set(alert.track, level);
  }
  return found;
}
