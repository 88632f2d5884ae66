// ED-318 geometry as outlines to draw: circles as polygons, corridors as capsules, heights as numbers. Pure.
import { circle, moved, type Place, towards } from "../geometry";
import type { Layer, ZoneGeometry } from "../wire";

export interface Outline {
  /** Closed rings: the first is the outside, the others are holes. */
  readonly rings: Place[][];
  readonly layer: Layer | null;
}

type Pair = readonly [number, number];

const place = ([longitude, latitude]: Pair): Place => ({ latitude, longitude });

/** All that is within `half` metres of a leg, as one ring: two half circles and what lies between. */
function capsule(from: Place, to: Place, half: number): Place[] {
  const { azimuth } = towards(from, to);
  const arc = (centre: Place, start: number) =>
    Array.from({ length: 17 }, (_, i) => {
      const angle = ((start + (i * 180) / 16) * Math.PI) / 180;
      return moved(centre, half * Math.sin(angle), half * Math.cos(angle));
    });
  const ring = [...arc(to, azimuth - 90), ...arc(from, azimuth + 90)];
  return [...ring, ring[0] as Place];
}

/** The outlines of a zone's geometry; `grown` metres wider where it is a circle or a corridor. */
export function outlines(geometry: ZoneGeometry, grown = 0): Outline[] {
  const layer = geometry.layer ?? null;
  const { extent, coordinates } = geometry;
  switch (geometry.type) {
    case "GeometryCollection":
      return (geometry.geometries ?? []).flatMap((one) => outlines(one, grown));
    case "Point":
      return [{ rings: [circle(place(coordinates as Pair), (extent?.radius ?? 0) + grown)], layer }];
    case "Polygon":
      return [{ rings: (coordinates as Pair[][]).map((ring) => ring.map(place)), layer }];
    case "MultiPolygon":
      return (coordinates as Pair[][][]).map((polygon) => ({ rings: polygon.map((ring) => ring.map(place)), layer }));
    case "LineString": {
      const points = (coordinates as Pair[]).map(place);
      const half = (extent?.width ?? 0) / 2 + grown;
      return points.slice(1).map((to, i) => ({ rings: [capsule(points[i] as Place, to, half)], layer }));
    }
    default:
      return [];
  }
}

/** Whether a place is inside an outline: a ray to the east crosses its rings an odd number of times. */
export function holds(outline: Outline, at: Place): boolean {
  let inside = false;
  for (const ring of outline.rings) {
    for (let i = 0, j = ring.length - 1; i < ring.length; j = i, i += 1) {
      const [a, b] = [ring[i] as Place, ring[j] as Place];
      if (a.latitude > at.latitude === b.latitude > at.latitude) continue;
      const crossing = a.longitude + ((at.latitude - a.latitude) / (b.latitude - a.latitude)) * (b.longitude - a.longitude);
      if (at.longitude < crossing) inside = !inside;
    }
  }
  return inside;
}

/** Metres from a place to the nearest edge of an outline, negative inside: in a plane about the place, good to 0.1 % within 50 km. */
export function toEdge(outline: Outline, at: Place): number {
  let least = Number.POSITIVE_INFINITY;
  for (const ring of outline.rings) {
    const flat = ring.map((corner) => {
      const { distance, azimuth } = towards(at, corner);
      const angle = (azimuth * Math.PI) / 180;
      return [distance * Math.sin(angle), distance * Math.cos(angle)] as const;
    });
    for (let i = 1; i < flat.length; i += 1) {
      const [[ax, ay], [bx, by]] = [flat[i - 1] as Pair, flat[i] as Pair];
      const [dx, dy] = [bx - ax, by - ay];
      const length = dx * dx + dy * dy;
      const part = length === 0 ? 0 : Math.max(0, Math.min(1, -(ax * dx + ay * dy) / length));
      least = Math.min(least, Math.hypot(ax + part * dx, ay + part * dy));
    }
  }
  return holds(outline, at) ? -least : least;
}

export interface Limits {
  readonly lower: number | null; // m above the ground; null: the ground
  readonly upper: number | null; // null: no ceiling
}

const FOOT = 0.3048;

/** A layer's limits above a site's ground, m. */
export function limits(layer: Layer | null, site: { ground_amsl_m: number; geoid_undulation_m: number }): Limits {
  const above = (value: number | undefined, reference: string | undefined): number | null => {
    if (value === undefined) return null;
    const metres = layer?.uom === "ft" ? value * FOOT : value;
    if (reference === "AMSL") return metres - site.ground_amsl_m;
    if (reference === "WGS84") return metres - site.ground_amsl_m - site.geoid_undulation_m;
    return metres;
  };
  return { lower: above(layer?.lower, layer?.lowerReference), upper: above(layer?.upper, layer?.upperReference) };
}
