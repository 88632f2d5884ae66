// Where things lie: ellipses, cones, rays, distances. Pure; metres and radians inside, degrees at the edge.

export const SEMI_MAJOR = 6378137;
const ECCENTRICITY_2 = 0.0066943799901413165;
export const RADIANS = Math.PI / 180;

/** 95 % of a two-dimensional normal lie within this many sigmas: the square root of chi-square's quantile, -2 ln 0.05. */
export const SIGMAS_95 = Math.sqrt(-2 * Math.log(0.05));

export interface Place {
  readonly latitude: number; // degrees
  readonly longitude: number; // degrees
}

export type Point = readonly [number, number];

/** Web Mercator of a place (EPSG:3857), m. */
export function mercator(place: Place): Point {
  const x = SEMI_MAJOR * place.longitude * RADIANS;
  const y = SEMI_MAJOR * Math.asinh(Math.tan(place.latitude * RADIANS));
  return [x, y];
}

/** Map metres that one metre on the ground takes there, east and north (WGS84). */
export function scale(latitude: number): Point {
  const sine = Math.sin(latitude * RADIANS);
  const w = 1 - ECCENTRICITY_2 * sine * sine;
  const normal = SEMI_MAJOR / Math.sqrt(w);
  const meridian = (SEMI_MAJOR * (1 - ECCENTRICITY_2)) / (w * Math.sqrt(w));
  const cosine = Math.cos(latitude * RADIANS);
  return [SEMI_MAJOR / (normal * cosine), SEMI_MAJOR / (meridian * cosine)];
}

/** The place so many metres east and north of another: exact to centimetres within 20 km. */
export function moved(place: Place, east: number, north: number): Place {
  const sine = Math.sin(place.latitude * RADIANS);
  const w = 1 - ECCENTRICITY_2 * sine * sine;
  const normal = SEMI_MAJOR / Math.sqrt(w);
  const meridian = (SEMI_MAJOR * (1 - ECCENTRICITY_2)) / (w * Math.sqrt(w));
  const tangent = Math.tan(place.latitude * RADIANS);
  // second-order: going east along a straight line falls off the parallel
  const latitude = place.latitude + (north / meridian - (east * east * tangent) / (2 * normal * meridian)) / RADIANS;
  const middle = Math.cos(((place.latitude + latitude) / 2) * RADIANS);
  const turn = 1 + (north * tangent) / (2 * normal);
  const longitude = place.longitude + ((east / normal) * turn) / Math.max(middle, 1e-9) / RADIANS;
  return { latitude, longitude };
}

/** Metres and degrees clockwise from true north, from one place to another: within 0.1 % up to 50 km. */
export function towards(from: Place, to: Place): { distance: number; azimuth: number } {
  const middle = ((from.latitude + to.latitude) / 2) * RADIANS;
  const sine = Math.sin(middle);
  const w = 1 - ECCENTRICITY_2 * sine * sine;
  const normal = SEMI_MAJOR / Math.sqrt(w);
  const meridian = (SEMI_MAJOR * (1 - ECCENTRICITY_2)) / (w * Math.sqrt(w));
  const step = ((((to.longitude - from.longitude) % 360) + 540) % 360) - 180;
  const east = step * RADIANS * normal * Math.cos(middle);
  const north = (to.latitude - from.latitude) * RADIANS * meridian;
  // the meridians come together: half of it on each end
  const convergence = (step * sine) / 2;
  const azimuth = Math.atan2(east, north) / RADIANS - convergence;
  return { distance: Math.hypot(east, north), azimuth: ((azimuth % 360) + 360) % 360 };
}

export interface Ellipse {
  readonly major: number; // m, semi-axis
  readonly minor: number; // m, semi-axis
  readonly angle: number; // rad, of the major axis, counter-clockwise from east
}

/** The ellipse that holds 95 % of a normal with covariance [[ee, en], [en, nn]] (m²): eigenvalues in closed form. */
export function ellipse(ee: number, en: number, nn: number): Ellipse {
  const mean = (ee + nn) / 2;
  const spread = Math.hypot((ee - nn) / 2, en);
  return {
    major: SIGMAS_95 * Math.sqrt(Math.max(mean + spread, 0)),
    minor: SIGMAS_95 * Math.sqrt(Math.max(mean - spread, 0)),
    angle: 0.5 * Math.atan2(2 * en, ee - nn),
  };
}

/** The outline of where a track may be until so many seconds ahead, as [east, north] m from where it is now.
 *
 * At each instant it is within a circle about its straight path, whose radius grows with the uncertainty of place and speed and with
 * what it may accelerate (95 % each); the cone is the hull of its two sides and the last arc.
 */
export function cone(east: number, north: number, sigma: number, sigmaSpeed: number, acceleration: number, seconds: number): Point[] {
  const speed = Math.hypot(east, north);
  if (speed < 0.5) return [];
  const course = Math.atan2(north, east);
  const radius = (t: number) => SIGMAS_95 * Math.hypot(sigma, sigmaSpeed * t) + 0.5 * acceleration * t * t;
  const side = (t: number, sign: number): Point => {
    const r = Math.min(radius(t), speed * t + radius(0));
    return [
      east * t + r * Math.cos(course + (sign * Math.PI) / 2),
      north * t + r * Math.sin(course + (sign * Math.PI) / 2),
    ];
  };
  const steps = [0, 0.25, 0.5, 0.75, 1].map((part) => part * seconds);
  const last = Math.min(radius(seconds), speed * seconds + radius(0));
  const arc: Point[] = [];
  for (let i = 1; i < 8; i += 1) {
    const angle = course - Math.PI / 2 + (i * Math.PI) / 8;
    arc.push([east * seconds + last * Math.cos(angle), north * seconds + last * Math.sin(angle)]);
  }
  return [...steps.map((t) => side(t, -1)), ...arc, ...steps.reverse().map((t) => side(t, 1))];
}

/** A circle on the ground about a place, as places. */
export function circle(centre: Place, radius: number, corners = 64): Place[] {
  return Array.from({ length: corners + 1 }, (_, i) => {
    const angle = (2 * Math.PI * (i % corners)) / corners;
    return moved(centre, radius * Math.sin(angle), radius * Math.cos(angle));
  });
}

/** A sector about a place between two azimuths (degrees, clockwise) and two ranges (m), as a ring of places. */
export function sector(centre: Place, azimuths: Point, ranges: Point): Place[] {
  const width = azimuths[1] - azimuths[0] >= 360 ? 360 : (((azimuths[1] - azimuths[0]) % 360) + 360) % 360 || 360;
  const steps = Math.max(8, Math.ceil(width / 5));
  const at = (range: number, i: number) => {
    const azimuth = (azimuths[0] + (width * i) / steps) * RADIANS;
    return moved(centre, range * Math.sin(azimuth), range * Math.cos(azimuth));
  };
  const outer = Array.from({ length: steps + 1 }, (_, i) => at(ranges[1], i));
  if (width === 360) return outer;
  const inner = ranges[0] > 1 ? Array.from({ length: steps + 1 }, (_, i) => at(ranges[0], steps - i)) : [centre];
  return [...outer, ...inner, outer[0] as Place];
}

/** A round length of 1, 2 or 5 times a power of ten that is at most this long. */
export function round125(length: number): number {
  const power = 10 ** Math.floor(Math.log10(length));
  const lead = length / power;
  return (lead >= 5 ? 5 : lead >= 2 ? 2 : 1) * power;
}
