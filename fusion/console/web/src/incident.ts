// An incident on paper: what changed and when, and its places as a drawing without a map. Pure.
import { mercator, type Place, scale, towards } from "./geometry";
import { outlines } from "./map/outlines";
import type { Alert, Zone } from "./wire";

export interface Happened {
  time: string;
  kind: "alert" | "command";
  alert: Alert | null;
  command: { command?: string; who?: string; why?: string; until?: string } | null;
}

export interface Step {
  readonly time: string;
  readonly alert: Alert | null;
  readonly command: Happened["command"];
  /** Revisions after it that changed figures alone. */
  readonly same: number;
}

const telling = (alert: Alert): string => JSON.stringify([alert.state, alert.severity, alert.rule, alert.acknowledged_by, alert.shelved_until, alert.notes?.length ?? 0]);

/** A life as steps: a revision that says nothing new to a person is counted, not told. */
export function steps(life: readonly Happened[]): Step[] {
  const found: { time: string; alert: Alert | null; command: Happened["command"]; same: number }[] = [];
  let last: (typeof found)[number] | null = null;
  for (const { time, alert, command } of life) {
    if (alert && last?.alert && telling(last.alert) === telling(alert)) {
      last.same += 1;
      continue;
    }
    found.push({ time, alert, command, same: 0 });
    if (alert) last = found.at(-1) ?? null;
  }
  return found;
}

export interface GeoFeature {
  geometry: { type: string; coordinates: unknown };
  properties: { track?: string; alert?: string; [more: string]: unknown };
}

export interface Drawing {
  readonly size: number; // of the square, in its own units (m of the projection)
  readonly across_m: number; // the same, on the ground
  readonly own: string;
  readonly others: string[];
  readonly zones: { name: string; own: boolean; path: string }[];
  readonly marks: { kind: "alert" | "pilot" | "end"; x: number; y: number }[];
}

type Pair = readonly [longitude: number, latitude: number, ...more: number[]];

/** The places that a feature has, in order. */
function places({ geometry }: GeoFeature): Place[] {
  const pairs = geometry.type === "Point" ? [geometry.coordinates as Pair] : geometry.type === "LineString" ? (geometry.coordinates as Pair[]) : [];
  return pairs.map(([longitude, latitude]) => ({ latitude, longitude }));
}

const WIDE_M = 3_000; // a zone wider than this is shown in part

/** The corners of a zone that is small enough to be shown whole. */
function corners(zone: Zone | undefined): Place[] {
  const all = zone ? outlines(zone.state?.geometry ?? zone.feature.geometry, zone.state?.grown_m ?? 0).flatMap(({ rings }) => rings.flat()) : [];
  const [first] = all;
  return first && all.every((one) => towards(first, one).distance <= WIDE_M) ? all : [];
}

const LEAST_M = 400; // across: less says nothing of where in a city it was

/** The drawing of one alert's surroundings; null where no place of it is known. */
export function drawing(alert: Alert, features: readonly GeoFeature[], told: readonly Place[], zones: readonly Zone[]): Drawing | null {
  const tracks = features.filter(({ properties }) => properties.track !== undefined && properties.alert === undefined);
  const exported = tracks.filter(({ properties }) => properties.track === alert.track).flatMap(places);
  const own = exported.length ? exported : [...told];
  const now = alert.track_state?.position;
  const at: Place | null = now ? { latitude: now.latitude_deg, longitude: now.longitude_deg } : (own.at(-1) ?? null);
  const pilot: Place | null = alert.pilot ? { latitude: alert.pilot.latitude_deg, longitude: alert.pilot.longitude_deg } : null;
  const framed = [...own, ...(at ? [at] : []), ...(pilot ? [pilot] : []), ...corners(zones.find(({ zone }) => zone === alert.zone))];
  if (!framed[0]) return null;
  const flat = framed.map((one) => mercator(one));
  const stretch = scale(framed[0].latitude)[0];
  const [east, north] = [flat.map(([x]) => x), flat.map(([, y]) => y)];
  const size = Math.max(1.2 * Math.max(Math.max(...east) - Math.min(...east), Math.max(...north) - Math.min(...north)), LEAST_M * stretch);
  const west = (Math.max(...east) + Math.min(...east) - size) / 2;
  const top = (Math.max(...north) + Math.min(...north) + size) / 2;
  const put = (one: Place): [number, number] => {
    const [x, y] = mercator(one);
    return [x - west, top - y];
  };
  const path = (line: readonly Place[], close = "") => line.map((one, i) => `${i ? "L" : "M"}${put(one).map((value) => value.toFixed(1)).join(" ")}`).join("") + close;
  const mark = (kind: "alert" | "pilot" | "end", one: Place | null) => (one ? [{ kind, x: put(one)[0], y: put(one)[1] }] : []);
  return {
    size,
    across_m: size / stretch,
    own: path(own),
    others: tracks.filter(({ properties }) => properties.track !== alert.track).map((one) => path(places(one))),
    zones: zones.filter((zone) => zone.zone === alert.zone || zone.active).map((zone) => ({
      name: zone.zone,
      own: zone.zone === alert.zone,
      path: outlines(zone.state?.geometry ?? zone.feature.geometry, zone.state?.grown_m ?? 0).flatMap(({ rings }) => rings.map((ring) => path(ring, "Z"))).join(""),
    })),
    marks: [...mark("end", own.at(-1) ?? null), ...mark("alert", at), ...mark("pilot", pilot)],
  };
}
