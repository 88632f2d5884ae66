// A zone while somebody works on it: what the form shows, from and to an ED-318 feature. Pure. What the form does not show stays.
import type { Layer, Severity, Zone, ZoneFeature, ZoneGeometry } from "../wire";

export type Shape = "Polygon" | "Circle" | "Corridor";
export type Pair = [longitude: number, latitude: number];
export type Hours = "always" | "span" | "weekly" | "kept";

export const TYPES = ["PROHIBITED", "REQ_AUTHORIZATION", "CONDITIONAL", "NO_RESTRICTION"] as const;
export const DAYS = ["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"] as const;
export const REFERENCES = ["AGL", "AMSL", "WGS84"] as const;

export interface Draft {
  /** What it was made of; its etag says which version. */
  readonly of: Zone | null;
  identifier: string;
  country: string;
  names: { en: string; fr: string };
  type: string;
  severity: Severity | "";
  /** null: several geometries, which the form leaves as they are. */
  shape: Shape | null;
  places: Pair[];
  metres: number; // radius of a circle, whole width of a corridor
  layer: Required<Pick<Layer, "uom">> & Layer;
  hours: Hours;
  span: { start: string; end: string }; // date-times with offset, or empty
  weekly: { days: string[]; start: string; end: string }; // HH:MM UTC
}

const LAYER: Draft["layer"] = { uom: "m", lower: 0, lowerReference: "AGL", upper: 120, upperReference: "AGL" };
const NO_HOURS = { span: { start: "", end: "" }, weekly: { days: [...DAYS] as string[], start: "08:00", end: "20:00" } };

export function blank(shape: Shape, identifier: string): Draft {
  return {
    of: null, identifier, country: "FRA", names: { en: "", fr: "" }, type: "REQ_AUTHORIZATION", severity: "", shape, places: [],
    metres: shape === "Circle" ? 250 : 400, layer: { ...LAYER }, hours: "always", ...structuredClone(NO_HOURS),
  };
}

interface Period {
  startDateTime?: string;
  endDateTime?: string;
  schedule?: { day: string[]; startTime?: string; endTime?: string; startEvent?: string; endEvent?: string }[];
}

/** The hours that the form can show; anything else is kept as it is. */
function hoursOf(periods: readonly Period[]): Pick<Draft, "hours" | "span" | "weekly"> {
  const none = structuredClone(NO_HOURS);
  const [only, ...more] = periods;
  if (!only) return { hours: "always", ...none };
  const [daily, ...others] = only.schedule ?? [];
  if (more.length === 0 && !daily) return { hours: "span", ...none, span: { start: only.startDateTime ?? "", end: only.endDateTime ?? "" } };
  const plain = daily && /^\d\d:\d\d(:00)?Z$/.test(daily.startTime ?? "") && /^\d\d:\d\d(:00)?Z$/.test(daily.endTime ?? "");
  if (more.length || others.length || !plain || only.startDateTime || only.endDateTime) return { hours: "kept", ...none };
  const days = daily.day.includes("ANY") ? [...DAYS] : daily.day;
  return { hours: "weekly", ...none, weekly: { days, start: (daily.startTime as string).slice(0, 5), end: (daily.endTime as string).slice(0, 5) } };
}

function shapeOf(geometry: ZoneGeometry): Pick<Draft, "shape" | "places" | "metres" | "layer"> {
  const one = geometry.type === "GeometryCollection" && geometry.geometries?.length === 1 ? (geometry.geometries[0] as ZoneGeometry) : geometry;
  const layer = { ...LAYER, lower: undefined, upper: undefined, ...one.layer } as Draft["layer"];
  if (one.type === "Point") return { shape: "Circle", places: [one.coordinates as Pair], metres: one.extent?.radius ?? 0, layer };
  if (one.type === "LineString") return { shape: "Corridor", places: one.coordinates as Pair[], metres: one.extent?.width ?? 0, layer };
  const rings = one.coordinates as Pair[][];
  if (one.type === "Polygon" && rings.length === 1) return { shape: "Polygon", places: (rings[0] as Pair[]).slice(0, -1), metres: 0, layer };
  return { shape: null, places: [], metres: 0, layer };
}

export function draftOf(zone: Zone): Draft {
  const { properties, geometry } = zone.feature;
  const name = (language: string) => properties.name?.find((one) => one.lang?.toLowerCase().startsWith(language))?.text ?? "";
  return {
    of: zone, identifier: zone.zone, country: properties.country ?? "FRA", names: { en: name("en"), fr: name("fr") }, type: properties.type,
    severity: properties.extendedProperties?.vigie?.severity ?? "", ...shapeOf(geometry), ...hoursOf((properties.limitedApplicability ?? []) as Period[]),
  };
}

export function geometryOf({ shape, places, metres, layer, of }: Draft): ZoneGeometry {
  switch (shape) {
    case "Circle":
      return { type: "Point", coordinates: places[0], extent: { subType: "Circle", radius: metres }, layer };
    case "Corridor":
      return { type: "LineString", coordinates: places, extent: { subType: "Corridor", width: metres }, layer };
    case "Polygon":
      return { type: "Polygon", coordinates: [[...places, ...places.slice(0, 1)]], layer };
    default:
      return (of as Zone).feature.geometry;
  }
}

/** The feature that the form says, with all that the form does not show as it was. */
export function featureOf(draft: Draft): ZoneFeature {
  const was = draft.of?.feature.properties;
  const names = [
    ...(was?.name ?? []).filter(({ lang }) => !/^(en|fr)/i.test(lang ?? "")),
    ...(["en", "fr"] as const).filter((language) => draft.names[language].trim()).map((language) => ({ text: draft.names[language].trim(), lang: language === "en" ? "en-GB" : "fr-FR" })),
  ];
  const { severity: _, ...vigie } = was?.extendedProperties?.vigie ?? {};
  const own = { ...vigie, ...(draft.severity ? { severity: draft.severity } : {}) };
  const { limitedApplicability: periods, extendedProperties: extended, ...rest } = was ?? {};
  const applies: Record<Hours, unknown[] | undefined> = {
    always: undefined,
    kept: periods,
    span: [{ ...(draft.span.start && { startDateTime: draft.span.start }), ...(draft.span.end && { endDateTime: draft.span.end }) }],
    weekly: [{ schedule: [{ day: draft.weekly.days, startTime: `${draft.weekly.start}Z`, endTime: `${draft.weekly.end}Z` }] }],
  };
  const hours = applies[draft.hours];
  return {
    type: "Feature",
    properties: {
      variant: "COMMON", ...rest, identifier: draft.identifier, country: draft.country, name: names, type: draft.type,
      ...(hours ? { limitedApplicability: hours } : {}),
      ...(extended || Object.keys(own).length ? { extendedProperties: { ...extended, vigie: own } } : {}),
    },
    geometry: geometryOf(draft),
  };
}

/** `48.85820, 2.29450` a line: how corners are written and read. */
export function written(places: readonly Pair[]): string {
  return places.map(([longitude, latitude]) => `${latitude.toFixed(6)}, ${longitude.toFixed(6)}`).join("\n");
}

/** Read corners; a line that is none is given back by its number. */
export function readPlaces(text: string): { places: Pair[]; wrong: number | null } {
  const places: Pair[] = [];
  const lines = text.split("\n");
  for (const [i, line] of lines.entries()) {
    if (!line.trim()) continue;
    const found = /^\s*(-?\d+(?:\.\d+)?)\s*[,;\s]\s*(-?\d+(?:\.\d+)?)\s*$/.exec(line);
    const [latitude, longitude] = [Number(found?.[1]), Number(found?.[2])];
    if (!found || Math.abs(latitude) > 90 || Math.abs(longitude) > 180) return { places, wrong: i + 1 };
    places.push([longitude, latitude]);
  }
  return { places, wrong: null };
}

/** The next identifier of these that is free: `DRAW-1`, `DRAW-2`. */
export function fresh(taken: ReadonlySet<string>): string {
  for (let i = 1; ; i += 1) if (!taken.has(`DRAW-${i}`)) return `DRAW-${i}`;
}
