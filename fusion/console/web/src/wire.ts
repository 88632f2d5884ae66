// What the server says: the records of docs/console.md and docs/mqtt.md, as TypeScript knows them.

export type Severity = "critical" | "warning" | "advisory";
export type AlertState = "raised" | "updated" | "acknowledged" | "shelved" | "cleared" | "closed";
export type Verdict = "unknown" | "authorised" | "unauthorised" | "friendly";
export type Permission =
  | "read" | "command" | "handover" | "replay" | "export" | "pilot" | "friendly" | "zones" | "permits" | "scenario" | "access" | "users";
export type Role = "viewer" | "operator" | "supervisor" | "administrator";

export interface Session {
  name: string;
  kind?: "user" | "token" | "once" | "openid";
  role: Role | null;
  permissions: Permission[];
  expires?: string;
  must_change_password?: boolean;
}

/** One file of the site's own base map. */
export interface BaseMap {
  file: string;
  kind: "geojson" | "vector" | "raster";
  version: string;
  attribution: string;
  min_zoom: number;
  max_zoom: number;
  bounds: [number, number, number, number] | null;
  photo: boolean;
}

export interface Wmts {
  layer: string;
  matrix_set: string;
  matrix: string;
  style: string;
  format: string;
}

export interface Site {
  site: string;
  version: string;
  latitude_deg: number;
  longitude_deg: number;
  ground_amsl_m: number;
  geoid_undulation_m: number;
  plans: string[];
  plan_signing?: "unsigned" | "server" | "person" | null;
  basemap: BaseMap[];
  tiles: { url: string; attribution: string; max_zoom: number; photo: boolean; wmts: Wmts | null } | null;
  range_rings_m: number[];
  demo?: boolean;
}

export interface WireIdentity {
  serial?: string;
  registration?: string;
  operator?: string;
  icao24?: string;
  callsign?: string;
  strength: "claimed" | "corroborated" | "contradicted";
}

export interface WirePlace {
  latitude_deg: number;
  longitude_deg: number;
}

export interface Track {
  track: string;
  time: string;
  status: "tentative" | "confirmed" | "coasting" | "deleted";
  existence: number;
  position?: WirePlace & { altitude_hae_m: number; altitude_amsl_m: number; height_agl_m: number };
  velocity?: { east_mps: number; north_mps: number; up_mps: number };
  speed_mps?: number;
  course_deg?: number;
  covariance?: { position_m2: number[][]; velocity_m2ps2: number[][] };
  bearing?: { sensor: string; azimuth_deg: number; sigma_deg: number; elevation_deg?: number };
  class?: string;
  classes?: Record<string, number>;
  identity?: WireIdentity;
  pilot?: WirePlace;
  verdict?: Verdict;
  reasons?: string[];
  sensors?: Record<string, string>;
  born: string;
  updated: string;
}

export interface Alert {
  alert: string;
  site: string;
  track: string;
  zone: string;
  rule: string;
  severity: Severity;
  state: AlertState;
  revision: number;
  raised: string;
  updated: string;
  time_to_entry_s?: number;
  probability?: number;
  reasons?: string[];
  reasons_in?: Record<string, string[]>;
  sensor?: string | null; // the one that it is about
  track_state?: Track;
  pilot?: WirePlace & { time: string };
  acknowledged_by?: string;
  shelved_until?: string;
  notes?: string[];
}

export interface Bias {
  [part: string]: number | null;
}

export interface SensorStatus {
  state: string;
  scans?: number;
  detections?: number;
  rejected?: number;
  duplicates?: number;
  gaps?: number;
  late?: number;
  flooded?: boolean;
  age_s?: number | null;
  latency_s?: number | null;
  rate_hz?: number | null;
  bias?: Bias | null;
  pose?: SensorPose | null;
}

export interface SensorPose {
  latitude_deg: number | null;
  longitude_deg: number | null;
  altitude_hae_m: number | null;
  heading_deg: number | null;
  age_s: number | null;
  stale: boolean;
  refused: number;
}

export interface Status {
  site: string;
  state: "online" | "degraded" | "offline";
  version: string;
  time: string;
  tracks?: Record<string, number>;
  alerts?: number;
  sensors?: Record<string, SensorStatus>;
  broker?: { state: "connected" | "lost"; since: string | null; reason: string | null } | null;
  stores?: Record<string, { state: string; since?: string; reason?: string; waiting?: number }>;
  counters?: Record<string, number>;
  plan?: string | null;
}

export interface Sensor {
  sensor: string;
  kind: string;
  moves: boolean;
  directions: "true" | "body";
  latitude_deg: number | null;
  longitude_deg: number | null;
  altitude_hae_m: number | null;
  period_s: number;
  coverage: { azimuth_deg?: [number, number]; elevation_deg?: [number, number] | null; range_m?: [number, number] | null };
  accuracy?: Record<string, number | null>;
  bias_sigma?: Record<string, number | null>;
  health: SensorStatus | null;
  seen: { sector_deg: number; range_m: number[] } | null;
}

export interface Layer {
  lower?: number;
  lowerReference?: string;
  upper?: number;
  upperReference?: string;
  uom?: string;
}

export interface ZoneGeometry {
  type: string;
  coordinates?: unknown;
  geometries?: ZoneGeometry[];
  extent?: { subType: string; radius?: number; width?: number };
  layer?: Layer;
}

export interface ZoneFeature {
  type: "Feature";
  properties: {
    identifier: string;
    country?: string;
    name?: { text: string; lang?: string }[];
    type: string;
    variant?: string;
    limitedApplicability?: unknown[];
    extendedProperties?: { vigie?: { severity?: Severity; kind?: string; moving?: unknown } };
    [more: string]: unknown;
  };
  geometry: ZoneGeometry;
}

export interface ZoneState {
  zone: string;
  state: "following" | "held" | "lost";
  anchor: string;
  grown_m: number;
  geometry: ZoneGeometry;
}

export interface Zone {
  zone: string;
  source: "file" | "topic";
  etag: string;
  feature: ZoneFeature;
  window: { periods: { start?: string; end?: string }[]; who: string; why: string } | null;
  state: ZoneState | null;
  active: boolean;
  next_change: string | null;
}

export interface Clock {
  first: number;
  last: number;
  alerts: { alert: string; raised: number; severity: Severity; rule: string; zone: string; track: string }[];
}

export interface Hello {
  type: "hello";
  protocol: number;
  mode: "live" | "replay" | "scenario";
  site: string;
  time: number;
  t0: number;
  epoch: string;
  window: number;
  columns: { tracks: string[]; rays: string[] };
  status: Track["status"][];
  class: string[];
  verdict: Verdict[];
  sensors: string[];
  session: Session;
  clock?: Clock;
}

export interface Info {
  track: string;
  born: string;
  identity?: WireIdentity | null;
  reasons?: string[];
  sensors?: number[];
  pilot?: [number, number] | null;
}

export interface Frame {
  type: "frame";
  seq: number;
  time: number;
  t: number;
  key: boolean;
  up?: (number | null)[][];
  rays?: (number | null)[][];
  info?: [number, Info][];
  gone?: number[];
}

export interface AlertFrame {
  type: "alerts";
  epoch: string;
  reset: boolean;
  last: number;
  items: { seq: number; archived: boolean; alert: Alert }[];
}

export interface ClockFrame {
  type: "clock";
  t: number;
  speed: number;
  playing: boolean;
  ended: boolean;
}

/** Detections a second of each sensor in each step of `step_s` from a time (ms) on; null where nobody listened to the core. */
export interface HeardTold {
  from: number;
  step_s: number;
  rates_hz: Record<string, (number | null)[]>;
}

export type ServerMessage =
  | Hello
  | Frame
  | AlertFrame
  | ClockFrame
  | { type: "status"; status: Status; heard: HeardTold | null }
  | { type: "heard"; heard: HeardTold | null }
  | { type: "link"; state: "online" | "stale" | "offline"; since: number }
  | { type: "zone"; zone?: string; state: ZoneState | null }
  | { type: "changed"; what: "zones" | "permits" | "recordings" | "handover" }
  | { type: "track"; track: Track | null }
  | { type: "rejected"; rejected: { topic: string; time: string; reason: string } }
  | { type: "pong"; id: number; time: number }
  | { type: "problem"; detail: string }
  | { type: "truth"; t: number; up: [string, number, number, number, string][] }
  | { type: "score"; t: number; figures: Record<string, number> };
