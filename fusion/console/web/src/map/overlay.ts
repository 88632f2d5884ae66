// Everything that moves, in one canvas over the map: rays, ellipses, trails, vectors, symbols, alarms, labels.
import type { FrameState } from "ol/Map";
import Layer from "ol/layer/Layer";
import { asks, priority, type Priority } from "../alerts";
import { cone, mercator, moved, type Place, scale, SIGMAS_95 } from "../geometry";
import { type Box, leader, place as placeLabels, type Wanted } from "../labels";
import type { Palette } from "../palette";
import { type Drawn, speedOf } from "../picture";
import type { Cache } from "../sprites";
import type { Alert, Track } from "../wire";
import { faded } from "./grounds";
import { brackets, byVerdict, ellipses, priorityShape, type Shown, trails, vectors, type View, visible } from "./ink";
import { labelCache, type LabelSprite, type Sprite, symbolCache } from "./symbols";

export interface Scene {
  tracks: readonly Drawn[];
  alerts: Iterable<Alert>;
  palette: Palette;
  selected: string | null;
  watched: Track | null;
  sensors: ReadonlyMap<string, Place>;
  show: { ellipses: boolean; trails: boolean; vectors: boolean; labels: boolean };
  truth: readonly [string, number, number, number, string][];
  figures: (track: Drawn) => string; // the label's second line
  stale: boolean;
}

const VECTOR_S = 30;
const CONE_S = 60;
const RAY_M = 8_000; // how far a bearing is drawn: beyond it no direction finder hears a drone
const LABELS_EVERY_MS = 250;
const MANY = 400; // tracks on the screen: above this, symbols are smaller and trails coarser
const MOST_LABELS = 140;
/** m/s², what a drone that was not turning may do within the cone's minute; its hull at 60 s then agrees with the core's samples. */
const ACCELERATION = 0.15;

export class Overlay extends Layer {
  private readonly canvas = document.createElement("canvas");
  private readonly pen: CanvasRenderingContext2D;
  private symbols: Cache<Sprite> | null = null;
  private labels: Cache<LabelSprite> | null = null;
  private state: FrameState | null = null;
  private waiting = 0;
  private kind = "";
  private slots = new Map<string, number>();
  private offsets: { id: string; dx: number; dy: number; slot: number }[] = [];
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
    this.pen = this.canvas.getContext("2d", { alpha: true }) as CanvasRenderingContext2D;
  }

  override getSourceState(): "ready" {
    return "ready";
  }

  override render(state: FrameState | null): HTMLElement {
    this.state = state;
    this.paint();
    return this.canvas;
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
    this.caches(scene.palette, many ? 13 : 19);
    const alarms = worst(scene.alerts);
    const groups = byVerdict(shown);
    this.rays(view, scene, alarms);
    if (scene.show.ellipses) ellipses(view, groups);
    this.cones(view, scene, shown);
    if (scene.show.trails) trails(view, groups, many ? 6 : 1);
    if (scene.show.vectors) vectors(view, groups, VECTOR_S);
    this.truth(view, scene);
    if (scene.show.labels) this.label(view, scene, shown, alarms);
    this.stamp(view, scene, shown, alarms);
    if (scene.show.labels) this.write(view, scene, shown, alarms);
    this.pilot(view, scene);
  }

  private caches(palette: Palette, size: number): void {
    const ratio = this.pen.getTransform().a;
    const kind = `${palette.ground}/${size}/${ratio}`;
    if (kind === this.kind && this.symbols && this.labels) return;
    this.kind = kind;
    this.symbols = symbolCache(palette, size, ratio);
    this.labels = labelCache(palette, ratio);
  }

  /** Tracks of which only a direction is known: a wedge of ± 2 sigma from the sensor. */
  private rays(view: View, scene: Scene, alarms: Map<string, Priority>): void {
    const { pen, palette } = view;
    for (const track of scene.tracks) {
      const from = track.ray && scene.sensors.get(track.ray.sensor);
      if (!track.ray || !from) continue;
      const at = (azimuth: number) => {
        const angle = (azimuth * Math.PI) / 180;
        return this.pixel(view, moved(from, RAY_M * Math.sin(angle), RAY_M * Math.cos(angle)));
      };
      const [start, left, right, middle] = [
        this.pixel(view, from), at(track.ray.azimuth - 2 * track.ray.sigma), at(track.ray.azimuth + 2 * track.ray.sigma), at(track.ray.azimuth),
      ];
      const alarm = alarms.get(track.track);
      const colour = alarm ? palette[`p${alarm}`] : palette[track.verdict];
      pen.beginPath();
      pen.moveTo(...start);
      pen.lineTo(...left);
      pen.lineTo(...right);
      pen.closePath();
      pen.fillStyle = faded(colour, 0.1);
      pen.fill();
      pen.beginPath();
      pen.moveTo(...start);
      pen.lineTo(...middle);
      pen.setLineDash([7, 5]);
      pen.lineWidth = track.track === scene.selected ? 2 : 1;
      pen.strokeStyle = colour;
      pen.stroke();
      pen.setLineDash([]);
      const name = this.labels?.get(`${colour}|${track.name}|`);
      if (name) {
        const [x, y] = [start[0] + (middle[0] - start[0]) * 0.2, start[1] + (middle[1] - start[1]) * 0.2];
        pen.drawImage(name.image, x, y, name.width, name.height);
      }
    }
  }

  /** Where the selected track may be within the next minute. */
  private cones(view: View, scene: Scene, shown: readonly Shown[]): void {
    const one = shown.find(({ track }) => track.track === scene.selected);
    if (!one || one.track.east === null || one.track.north === null) return;
    const velocity = scene.watched?.track === scene.selected ? scene.watched?.covariance?.velocity_m2ps2 : undefined;
    const sigmaSpeed = velocity ? Math.sqrt(Math.max(velocity[0]?.[0] ?? 1, velocity[1]?.[1] ?? 1)) : 1;
    const outline = cone(one.track.east, one.track.north, (one.track.major ?? 20) / SIGMAS_95, sigmaSpeed, ACCELERATION, CONE_S);
    const { pen, palette, metre } = view;
    const colour = palette[one.track.verdict];
    pen.beginPath();
    outline.forEach(([east, north], i) => {
      if (i === 0) pen.moveTo(one.x + east * metre, one.y - north * metre);
      else pen.lineTo(one.x + east * metre, one.y - north * metre);
    });
    pen.closePath();
    pen.fillStyle = faded(colour, 0.16);
    pen.fill();
    pen.beginPath();
    pen.moveTo(one.x, one.y);
    pen.lineTo(one.x + one.track.east * CONE_S * metre, one.y - one.track.north * CONE_S * metre);
    pen.setLineDash([5, 4]);
    pen.lineWidth = 1.5;
    pen.strokeStyle = colour;
    pen.stroke();
    pen.setLineDash([]);
    if ((speedOf(one.track) ?? 0) * CONE_S * metre < 60) return;
    for (const seconds of [30, CONE_S]) {
      const [x, y] = [one.x + one.track.east * seconds * metre, one.y - one.track.north * seconds * metre];
      pen.beginPath();
      pen.arc(x, y, 3, 0, 2 * Math.PI);
      pen.fillStyle = palette.ground;
      pen.fill();
      pen.stroke();
      const label = this.labels?.get(`${palette.text}|${seconds} s|`);
      if (label) pen.drawImage(label.image, x + 6, y + 2, label.width, label.height);
    }
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

  /** Where the selected drone says that its pilot stands, or where a ray comes from. */
  private pilot(view: View, scene: Scene): void {
    const one = this.shown.find(({ track }) => track.track === scene.selected);
    if (!one?.track.pilot) return;
    const { pen, palette } = view;
    const [x, y] = this.pixel(view, one.track.pilot);
    pen.beginPath();
    pen.moveTo(one.x, one.y);
    pen.lineTo(x, y);
    pen.setLineDash([2, 4]);
    pen.lineWidth = 1;
    pen.strokeStyle = palette.dim;
    pen.stroke();
    pen.setLineDash([]);
    pen.fillStyle = palette.text;
    pen.beginPath();
    pen.arc(x, y - 5, 3.5, 0, 2 * Math.PI);
    pen.fill();
    pen.beginPath();
    pen.arc(x, y + 5, 6, Math.PI, 2 * Math.PI);
    pen.fill();
  }

  /** In a scenario, where everything truly is. */
  private truth(view: View, scene: Scene): void {
    const { pen, palette } = view;
    pen.lineWidth = 1;
    pen.strokeStyle = palette.text;
    pen.beginPath();
    for (const [, lat, lon] of scene.truth) {
      const [x, y] = this.pixel(view, { latitude: lat * 1e-7, longitude: lon * 1e-7 });
      pen.moveTo(x - 6, y);
      pen.lineTo(x + 6, y);
      pen.moveTo(x, y - 6);
      pen.lineTo(x, y + 6);
    }
    pen.stroke();
  }

  private pixel(view: View, place: Place): [number, number] {
    const [east, north] = mercator(place);
    return [(east - view.left) * view.k, (view.top - north) * view.k];
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
