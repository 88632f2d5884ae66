// What lies still: our drawing of Paris or the site's own map, graticule, rings, sensors and what they cover, zones.
import type { FeatureLike } from "ol/Feature";
import Feature from "ol/Feature";
import GeoJSON from "ol/format/GeoJSON";
import LineString from "ol/geom/LineString";
import OlPoint from "ol/geom/Point";
import Polygon from "ol/geom/Polygon";
import Graticule from "ol/layer/Graticule";
import VectorLayer from "ol/layer/Vector";
import VectorSource from "ol/source/Vector";
import Fill from "ol/style/Fill";
import RegularShape from "ol/style/RegularShape";
import Stroke from "ol/style/Stroke";
import Style from "ol/style/Style";
import Text from "ol/style/Text";
import { type Geometry, kindOf, nameOf } from "../cartography";
import { circle, mercator, type Place, sector } from "../geometry";
import { metres } from "../format";
import { language } from "../i18n";
import type { Palette } from "../palette";
import type { Priority } from "../alerts";
import type { BaseMap, Sensor, Site, Zone } from "../wire";
import { zoneName } from "../state";
import { faded, ZONE_FILL } from "./grounds";
import { outlines } from "./outlines";

const FONT = '"Inter Variable", system-ui, sans-serif';

function written(palette: Palette, text: string, colour: string, size = 11, offsetY = 0, weight = 500): Text {
  return new Text({
    text, offsetY, font: `${weight} ${size}px ${FONT}`, fill: new Fill({ color: colour }),
    backgroundFill: new Fill({ color: palette.plate }), padding: [1, 3, 0, 3], overflow: true,
  });
}

const ring = (places: readonly Place[]) => places.map((place) => [...mercator(place)]);

/** Our own drawing of Paris, for sites within it; nothing of it is loaded elsewhere. */
export async function drawing(site: Site): Promise<VectorLayer | null> {
  if (site.latitude_deg < 48.7 || site.latitude_deg > 49.0 || site.longitude_deg < 2.0 || site.longitude_deg > 2.6) return null;
  const { default: paris } = await import("./paris.geojson");
  return new VectorLayer({ source: read(paris) });
}

function read(file: object): VectorSource {
  return new VectorSource({ features: new GeoJSON().readFeatures(file, { featureProjection: "EPSG:3857" }) });
}

/** A GeoJSON file of the site's own (`console.basemap`), and whose it is, as the importer wrote it there. */
export async function own(map: BaseMap): Promise<{ layer: VectorLayer; credit: string }> {
  const answer = await fetch(`/basemap/${encodeURIComponent(map.file)}?v=${map.version}`, { credentials: "same-origin" });
  if (!answer.ok) throw new Error(`basemap ${map.file}: ${answer.status}`);
  const file = (await answer.json()) as { attribution?: unknown };
  return { layer: new VectorLayer({ source: read(file), declutter: true }), credit: typeof file.attribution === "string" ? file.attribution : "" };
}

const GEOMETRY: Readonly<Record<string, Geometry>> = { Point: "point", MultiPoint: "point", LineString: "line", MultiLineString: "line" };

/** How a base map looks in a theme: our own drawing, files of a site, vector tiles of any common schema. */
export function drawingStyle(palette: Palette): (feature: FeatureLike, resolution: number) => Style | undefined {
  const stroke = (colour: string, width: number, lineDash?: number[]) => new Stroke({ color: colour, width, lineCap: "round", lineJoin: "round", ...(lineDash && { lineDash }) });
  const area = (colour: string, zIndex: number) => new Style({ fill: new Fill({ color: colour }), zIndex });
  const fixed = {
    park: area(palette.park, 0), built: area(faded(palette.road, 0.55), 2),
    rail: new Style({ stroke: stroke(faded(palette.road, 0.8), 1.2, [4, 4]), zIndex: 3 }),
    border: new Style({ stroke: stroke(faded(palette.dim, 0.3), 1, [6, 4]), zIndex: 5 }),
    other: new Style({ stroke: stroke(palette.road, 1.2), fill: new Fill({ color: faded(palette.road, 0.4) }), zIndex: 3 }),
  } as const;
  const water = { area: area(palette.water, 1), line: new Style({ stroke: stroke(palette.water, 2), zIndex: 1 }) };
  const road = (resolution: number, zIndex: number) => new Style({ stroke: stroke(palette.road, Math.max(1, Math.min(7, 14 / resolution))), zIndex });
  return (feature, resolution) => {
    const geometry = GEOMETRY[feature.getGeometry()?.getType() ?? ""] ?? "area";
    const properties = feature.getProperties();
    const kind = kindOf((properties["layer"] as string | undefined) ?? "", geometry, properties);
    if (kind === null) return undefined;
    if (kind === "water") return water[geometry === "line" ? "line" : "area"];
    if (kind === "street") return resolution > 20 ? undefined : road(resolution, 3);
    if (kind === "main") return road(resolution / 1.6, 4);
    if (kind === "place" || kind === "waterName") {
      if (resolution > 22) return undefined;
      return new Style({ text: written(palette, nameOf(properties, language.value), kind === "waterName" ? palette.waterText : palette.place), zIndex: 9 });
    }
    return fixed[kind];
  };
}

export function graticule(palette: Palette): Graticule {
  return new Graticule({ strokeStyle: new Stroke({ color: faded(palette.dim, 0.22), width: 1, lineDash: [1, 5] }), showLabels: false, wrapX: false });
}

/** Circles about the site at round distances, with the distance written on them. */
export function rings(site: Site, palette: Palette): VectorLayer {
  const centre = { latitude: site.latitude_deg, longitude: site.longitude_deg };
  const features = site.range_rings_m.flatMap((radius) => {
    const outline = circle(centre, radius, 96);
    const line = new Feature(new LineString(ring(outline)));
    line.setStyle(new Style({ stroke: new Stroke({ color: faded(palette.dim, 0.45), width: 1, lineDash: [3, 6] }) }));
    const label = new Feature(new OlPoint([...mercator(outline[0] as Place)]));
    label.setStyle(new Style({ text: written(palette, metres(radius), palette.dim, 10) }));
    return [line, label];
  });
  return new VectorLayer({ source: new VectorSource({ features }) });
}

/** Each sensor's place as a small triangle, filled while it works, hollow and amber while it does not. */
export function sensorLayer(sensors: readonly Sensor[], palette: Palette): VectorLayer {
  const features = sensors
    .filter((sensor) => sensor.latitude_deg !== null && sensor.longitude_deg !== null)
    .map((sensor) => {
      const well = sensor.health?.state === "online";
      const colour = well ? palette.sensor : palette.p2;
      const feature = new Feature(new OlPoint([...mercator({ latitude: sensor.latitude_deg as number, longitude: sensor.longitude_deg as number })]));
      feature.setStyle(
        new Style({
          image: new RegularShape({ points: 3, radius: 6, stroke: new Stroke({ color: colour, width: 1.4 }), fill: new Fill({ color: faded(colour, well ? 0.3 : 0) }) }),
          text: written(palette, sensor.sensor, colour, 10, 14),
        }),
      );
      return feature;
    });
  return new VectorLayer({ source: new VectorSource({ features }), declutter: true });
}

export function coverageLayer(sensors: readonly Sensor[], palette: Palette): VectorLayer {
  const features = sensors.flatMap((sensor) => {
    const range = sensor.coverage.range_m;
    if (sensor.latitude_deg === null || sensor.longitude_deg === null || !range || sensor.health?.state === "offline") return [];
    const centre = { latitude: sensor.latitude_deg, longitude: sensor.longitude_deg };
    const feature = new Feature(new Polygon([ring(sector(centre, sensor.coverage.azimuth_deg ?? [0, 360], range))]));
    feature.setStyle(new Style({ stroke: new Stroke({ color: faded(palette.sensor, 0.35), width: 1, lineDash: [2, 4] }), fill: new Fill({ color: faded(palette.sensor, 0.018) }) }));
    return [feature];
  });
  return new VectorLayer({ source: new VectorSource({ features }) });
}

/** Letters of a zone's name on the map: a longer one would lie over half of it. */
const LETTERS = 40;
const shortened = (name: string) => (name.length > LETTERS ? `${name.slice(0, LETTERS - 1).trimEnd()}…` : name);

/** Zones in force; those with an alert in its colour, those not in force now as a dashed line. */
export function zoneFeatures(zones: readonly Zone[], alarms: ReadonlyMap<string, Priority>, palette: Palette): Feature[] {
  return zones.flatMap((zone) => {
    const alarm = alarms.get(zone.zone);
    const colour = alarm ? palette[`p${alarm}`] : palette.zone;
    const geometry = zone.state?.geometry ?? zone.feature.geometry;
    const shapes = outlines(geometry, zone.state?.grown_m ?? 0);
    const drawn = shapes.map((shape) => {
      const feature = new Feature({ geometry: new Polygon(shape.rings.map(ring)), zone: zone.zone });
      feature.setStyle(
        new Style({
          stroke: new Stroke({ color: faded(colour, alarm ? 0.95 : 0.6), width: alarm === 1 ? 2 : 1.2, ...(zone.active ? {} : { lineDash: [5, 5] }) }),
          fill: new Fill({ color: faded(colour, zone.active ? (alarm ? ZONE_FILL[alarm] : ZONE_FILL.calm) : 0) }),
        }),
      );
      return feature;
    });
    const top = northernmost(shapes.flatMap((shape) => shape.rings[0] ?? []));
    if (!top) return drawn;
    const name = new Feature(new OlPoint([...mercator(top)]));
    name.setStyle(new Style({ text: written(palette, shortened(zoneName(zone)), colour, 11, -9, 600) }));
    return [...drawn, name];
  });
}

/** Where a zone's name stands: on its northern edge, out of the way of what flies in it. */
function northernmost(places: readonly Place[]): Place | null {
  return places.reduce<Place | null>((best, one) => (best === null || one.latitude > best.latitude ? one : best), null);
}
