// Marks of single tracks: the wedge of a bearing, the cone of the selected one, its pilot, and the truth of a scenario.
import type { Priority } from "../alerts";
import { cone, mercator, moved, type Place, SIGMAS_95 } from "../geometry";
import type { Palette } from "../palette";
import { type Drawn, speedOf } from "../picture";
import type { Cache } from "../sprites";
import type { Alert, Track } from "../wire";
import { faded } from "./grounds";
import type { Shown, View } from "./ink";
import type { LabelSprite } from "./symbols";

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

type Labels = Cache<LabelSprite>;

const CONE_S = 60;
const RAY_M = 8_000; // how far a bearing is drawn: beyond it no direction finder hears a drone
/** m/s², what a drone that was not turning may do within the cone's minute; its hull at 60 s then agrees with the core's samples. */
const ACCELERATION = 0.15;

/** Tracks of which only a direction is known: a wedge of ± 2 sigma from the sensor. */
export function rays(view: View, scene: Scene, alarms: Map<string, Priority>, labels: Labels): void {
  const { pen, palette } = view;
  for (const track of scene.tracks) {
    const from = track.ray && scene.sensors.get(track.ray.sensor);
    if (!track.ray || !from) continue;
    const at = (azimuth: number) => {
      const angle = (azimuth * Math.PI) / 180;
      return pixel(view, moved(from, RAY_M * Math.sin(angle), RAY_M * Math.cos(angle)));
    };
    const [start, left, right, middle] = [
      pixel(view, from), at(track.ray.azimuth - 2 * track.ray.sigma), at(track.ray.azimuth + 2 * track.ray.sigma), at(track.ray.azimuth),
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
    const name = labels.get(`${colour}|${track.name}|`);
    if (name) {
      const [x, y] = [start[0] + (middle[0] - start[0]) * 0.2, start[1] + (middle[1] - start[1]) * 0.2];
      pen.drawImage(name.image, x, y, name.width, name.height);
    }
  }
}

/** Where the selected track may be within the next minute. */
export function cones(view: View, scene: Scene, shown: readonly Shown[], labels: Labels): void {
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
    const label = labels.get(`${palette.text}|${seconds} s|`);
    if (label) pen.drawImage(label.image, x + 6, y + 2, label.width, label.height);
  }
}

/** Where the selected drone says that its pilot stands, or where a ray comes from. */
export function pilot(view: View, scene: Scene, shown: readonly Shown[]): void {
  const one = shown.find(({ track }) => track.track === scene.selected);
  if (!one?.track.pilot) return;
  const { pen, palette } = view;
  const [x, y] = pixel(view, one.track.pilot);
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
export function truth(view: View, scene: Scene): void {
  const { pen, palette } = view;
  pen.lineWidth = 1;
  pen.strokeStyle = palette.text;
  pen.beginPath();
  for (const [, lat, lon] of scene.truth) {
    const [x, y] = pixel(view, { latitude: lat * 1e-7, longitude: lon * 1e-7 });
    pen.moveTo(x - 6, y);
    pen.lineTo(x + 6, y);
    pen.moveTo(x, y - 6);
    pen.lineTo(x, y + 6);
  }
  pen.stroke();
}

function pixel(view: View, place: Place): [number, number] {
  const [east, north] = mercator(place);
  return [(east - view.left) * view.k, (view.top - north) * view.k];
}
