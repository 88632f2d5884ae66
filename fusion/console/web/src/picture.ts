// The picture as the stream tells it: key frames, deltas, trails. Pure: it is told the frames and never asks the time.
import { mercator, type Place, type Point } from "./geometry";
import type { Frame, Hello, Info, Verdict, WireIdentity } from "./wire";

/** One track as it is drawn: SI units, degrees for places and directions. */
export interface Drawn {
  readonly n: number;
  track: string; // ULID
  name: string; // what a person calls it
  time: number; // ms, when the state was true
  place: Place;
  at: Point; // m, Web Mercator
  hae: number | null;
  agl: number | null;
  east: number | null; // m/s
  north: number | null;
  up: number | null;
  major: number | null; // m, half axes of the 95 % ellipse
  minor: number | null;
  turn: number; // degrees, azimuth of the major axis
  sigmaHeight: number | null; // m
  status: string;
  class: string;
  verdict: Verdict;
  existence: number; // 0 … 1
  ray: Ray | null; // set where only a bearing is known; place and at are then the sensor's business
  identity: WireIdentity | null;
  reasons: readonly string[];
  sensors: readonly string[];
  pilot: Place | null;
  born: string;
  trail: Point[]; // Web Mercator, the oldest first, one a second
  trailTimes: number[]; // ms
}

export interface Ray {
  readonly sensor: string;
  readonly azimuth: number; // degrees
  readonly sigma: number; // degrees
}

export const TRAIL_MS = 60_000;
const TRAIL_STEP_MS = 1_000;

/** What a person calls a track: its callsign, registration or the end of its id. */
export function nameOf(track: string, identity: WireIdentity | null | undefined): string {
  return identity?.callsign ?? identity?.registration ?? `T-${track.slice(-4)}`;
}

export function speedOf(track: Drawn): number | null {
  return track.east === null || track.north === null ? null : Math.hypot(track.east, track.north);
}

export function courseOf(track: Drawn): number | null {
  if (track.east === null || track.north === null) return null;
  return ((Math.atan2(track.east, track.north) * 180) / Math.PI + 360) % 360;
}

type Columns = Record<string, number>;

function indexed(columns: readonly string[], needed: readonly string[]): Columns {
  const found = Object.fromEntries(columns.map((name, i) => [name, i]));
  for (const name of needed) if (found[name] === undefined) throw new Error(`hello: the column ${name} is missing`);
  return found;
}

const TRACK_COLUMNS = [
  "n", "dt", "lat", "lon", "hae", "agl", "ve", "vn", "vu", "major", "minor", "turn", "sh", "status", "class", "verdict", "existence",
];
const RAY_COLUMNS = ["n", "dt", "sensor", "azimuth", "sigma", "elevation", "status", "class", "verdict", "existence"];

/** Every track, by the stream's short names. */
export class Picture {
  readonly tracks = new Map<number, Drawn>();
  readonly names = new Map<string, number>(); // ULID -> n
  t = 0; // ms, of what time the picture is
  private readonly up: Columns;
  private readonly rays: Columns;
  private trails = new Map<string, Drawn>();

  constructor(private readonly hello: Hello) {
    this.up = indexed(hello.columns.tracks, TRACK_COLUMNS);
    this.rays = indexed(hello.columns.rays, RAY_COLUMNS);
  }

  /** Take one frame in; afterwards the picture is as the server meant it. */
  apply(frame: Frame): void {
    if (frame.key) this.forget(frame);
    const infos = new Map(frame.info ?? []);
    for (const row of frame.up ?? []) this.take(row, infos);
    for (const row of frame.rays ?? []) this.takeRay(row, infos);
    for (const [n, info] of infos) {
      const track = this.tracks.get(n);
      if (track) this.inform(track, info);
    }
    for (const n of frame.gone ?? []) this.drop(n);
    this.t = frame.t;
  }

  /** Take over the trails of a picture that a lost connection ended. */
  inherit(before: Picture): void {
    this.trails = new Map([...before.tracks.values()].map((track) => [track.track, track]));
  }

  find(track: string | null): Drawn | undefined {
    const n = track === null ? undefined : this.names.get(track);
    return n === undefined ? undefined : this.tracks.get(n);
  }

  /** A key frame is the whole truth; trails of those that stay are kept. */
  private forget(frame: Frame): void {
    const named = (rows?: (number | null)[][]) => (rows ?? []).map((row) => row[0] as number);
    const stay = new Set([...named(frame.up), ...named(frame.rays)]);
    for (const n of [...this.tracks.keys()]) if (!stay.has(n)) this.drop(n);
    if (frame.t >= this.t) return;
    for (const track of this.tracks.values()) {
      track.trail = [];
      track.trailTimes = [];
    }
  }

  private drop(n: number): void {
    const track = this.tracks.get(n);
    if (track && this.names.get(track.track) === n) this.names.delete(track.track);
    this.tracks.delete(n);
  }

  private known(n: number, infos: Map<number, Info>): Drawn {
    let track = this.tracks.get(n);
    const info = infos.get(n);
    if (!track || (info && info.track !== track.track)) {
      this.drop(n);
      track = blank(n, info?.track ?? String(n));
      const before = this.trails.get(track.track);
      if (before) {
        track.trail = before.trail;
        track.trailTimes = before.trailTimes;
        this.trails.delete(track.track);
      }
      this.tracks.set(n, track);
      this.names.set(track.track, n);
    }
    return track;
  }

  private take(row: (number | null)[], infos: Map<number, Info>): void {
    const cell = (name: string) => row[this.up[name] as number] ?? null;
    const scaled = (name: string, unit: number) => {
      const value = cell(name);
      return value === null ? null : value * unit;
    };
    const track = this.known(cell("n") as number, infos);
    track.time = this.hello.t0 + (cell("dt") as number);
    track.place = { latitude: (cell("lat") as number) * 1e-7, longitude: (cell("lon") as number) * 1e-7 };
    track.at = mercator(track.place);
    track.hae = scaled("hae", 0.1);
    track.agl = scaled("agl", 0.1);
    track.east = scaled("ve", 0.01);
    track.north = scaled("vn", 0.01);
    track.up = scaled("vu", 0.01);
    track.major = scaled("major", 0.1);
    track.minor = scaled("minor", 0.1);
    track.turn = scaled("turn", 0.1) ?? 0;
    track.sigmaHeight = scaled("sh", 0.1);
    track.ray = null;
    this.judge(track, cell);
    this.trace(track);
  }

  private takeRay(row: (number | null)[], infos: Map<number, Info>): void {
    const cell = (name: string) => row[this.rays[name] as number] ?? null;
    const track = this.known(cell("n") as number, infos);
    track.time = this.hello.t0 + (cell("dt") as number);
    track.ray = {
      sensor: this.hello.sensors[cell("sensor") as number] ?? "",
      azimuth: (cell("azimuth") as number) * 0.01,
      sigma: (cell("sigma") as number) * 0.01,
    };
    track.hae = track.agl = track.east = track.north = track.up = track.major = track.minor = track.sigmaHeight = null;
    this.judge(track, cell);
  }

  private judge(track: Drawn, cell: (name: string) => number | null): void {
    track.status = this.hello.status[cell("status") as number] ?? "confirmed";
    track.class = this.hello.class[cell("class") as number] ?? "";
    track.verdict = this.hello.verdict[cell("verdict") as number] ?? "unknown";
    track.existence = (cell("existence") as number) * 0.001;
  }

  private inform(track: Drawn, info: Info): void {
    track.identity = info.identity ?? null;
    track.name = nameOf(info.track, info.identity);
    track.reasons = info.reasons ?? [];
    track.sensors = (info.sensors ?? []).map((index) => this.hello.sensors[index] ?? "");
    track.pilot = info.pilot ? { latitude: info.pilot[0] * 1e-7, longitude: info.pilot[1] * 1e-7 } : null;
    track.born = info.born;
  }

  /** Keep a minute of where it was, one point a second. */
  private trace(track: Drawn): void {
    const times = track.trailTimes;
    const last = times[times.length - 1];
    if (last !== undefined && track.time - last < TRAIL_STEP_MS) return;
    track.trail.push(track.at);
    times.push(track.time);
    let old = 0;
    while (old < times.length && (times[old] as number) < track.time - TRAIL_MS) old += 1;
    if (old > 0) {
      track.trail.splice(0, old);
      times.splice(0, old);
    }
  }
}

function blank(n: number, track: string): Drawn {
  return {
    n, track, name: nameOf(track, null), time: 0, place: { latitude: 0, longitude: 0 }, at: [0, 0], hae: null, agl: null,
    east: null, north: null, up: null, major: null, minor: null, turn: 0, sigmaHeight: null, status: "confirmed", class: "",
    verdict: "unknown", existence: 0, ray: null, identity: null, reasons: [], sensors: [], pilot: null, born: "", trail: [], trailTimes: [],
  };
}
