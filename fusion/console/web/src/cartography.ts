// What a thing on a base map is, whoever made the map: OpenMapTiles, Protomaps, Shortbread, OpenStreetMap's own tags, or our own drawing.

/** How it is drawn; null: not at all. A base map is quiet, so it is little: what a person finds the way by. */
export type Kind = "water" | "park" | "built" | "street" | "main" | "rail" | "border" | "place" | "waterName" | "other" | null;

export type Geometry = "area" | "line" | "point";

type Properties = Readonly<Record<string, unknown>>;

const OURS: Readonly<Record<string, Kind>> = { water: "water", park: "park", road: "street", ring: "main", place: "place", river: "waterName" };

const GREEN = new Set([
  "park", "forest", "wood", "grass", "meadow", "garden", "cemetery", "golf_course", "nature_reserve", "recreation_ground", "village_green", "scrub",
  "farmland", "pitch", "national_park", "grassland", "allotments", "orchard", "vineyard", "heath", "wetland", "green", "vegetation",
]);
const MAIN = new Set(["motorway", "trunk", "primary", "secondary", "highway", "major_road", "motorway_link", "trunk_link", "motorroad"]);
const PATHS = new Set(["path", "footway", "steps", "track", "service", "cycleway", "pedestrian", "bridleway", "corridor", "other", "minor_service"]);
const RAIL = new Set(["rail", "railway", "transit", "subway", "light_rail", "tram"]);
const PLACES = new Set([
  "city", "town", "village", "suburb", "quarter", "neighbourhood", "borough", "locality", "hamlet", "macrohood", "neighborhood", "district", "isolated_dwelling",
]);
/** Tags in which OpenStreetMap and the schemas made of it say what a thing is. */
const TAGS = ["kind", "class", "subclass", "highway", "railway", "landuse", "leisure", "natural", "waterway", "place", "pmap:kind"] as const;

/** What a thing is, by the name of its layer ("" where there are none), its geometry and its properties. */
export function kindOf(layer: string, geometry: Geometry, properties: Properties): Kind {
  const own = properties["k"];
  if (typeof own === "string" && own in OURS) return OURS[own] as Kind;
  const words = TAGS.map((tag) => properties[tag]).filter((word): word is string => typeof word === "string");
  const is = (set: ReadonlySet<string>) => words.some((word) => set.has(word));
  if (geometry === "point") return pointOf(layer, is, properties);
  if (/water|ocean|river|lake/.test(layer) || "waterway" in properties || properties["natural"] === "water") return properties["tunnel"] === 1 ? null : "water";
  if (/bound|admin/.test(layer) || "boundary" in properties) return geometry === "line" ? "border" : null;
  if (geometry === "area") return areaOf(layer, is, properties);
  if (is(RAIL)) return "rail";
  if (is(MAIN)) return "main";
  if (is(PATHS)) return null;
  if (/road|street|transport|highway/.test(layer) || "highway" in properties) return "street";
  return layer === "" && Object.keys(properties).every((name) => !TAGS.includes(name as never)) ? "other" : null;
}

function areaOf(layer: string, is: (set: ReadonlySet<string>) => boolean, properties: Properties): Kind {
  if (/building/.test(layer) || "building" in properties) return "built";
  if (is(GREEN) || layer === "park") return "park";
  if (layer !== "") return null; // a schema's land, earth, use of land: the ground is there already
  return TAGS.some((tag) => tag in properties) ? null : "other";
}

function pointOf(layer: string, is: (set: ReadonlySet<string>) => boolean, properties: Properties): Kind {
  if (typeof properties["name"] !== "string") return null;
  if (/water/.test(layer)) return "waterName";
  if (is(PLACES)) return "place";
  return layer === "" && !TAGS.some((tag) => tag in properties) ? "place" : null;
}

/** A thing's name in a language, where its map has it so. */
export function nameOf(properties: Properties, language: string): string {
  for (const key of [`name:${language}`, `name_${language}`, "name"]) {
    const name = properties[key];
    if (typeof name === "string") return name;
  }
  return "";
}
