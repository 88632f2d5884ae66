// What lies still: our drawing of Paris or the site's own map, graticule, rings, sensors and what they cover, zones.
import type { FeatureLike } from "ol/Feature";
import Feature from "ol/Feature";
import GeoJSON from "ol/format/GeoJSON";
import LineString from "ol/geom/LineString";
import OlPoint from "ol/geom/Point";
import Polygon from "ol/geom/Polygon";
import Graticule from "ol/layer/Graticule";
import TileLayer from "ol/layer/Tile";
import VectorLayer from "ol/layer/Vector";
import VectorSource from "ol/source/Vector";
import XYZ from "ol/source/XYZ";
import Fill from "ol/style/Fill";
import RegularShape from "ol/style/RegularShape";
import Stroke from "ol/style/Stroke";
import Style from "ol/style/Style";
import Text from "ol/style/Text";
import { circle, mercator, type Place, sector } from "../geometry";
import { metres } from "../format";
import type { Palette } from "../palette";
import type { Priority } from "../alerts";
import type { Sensor, Site, Zone } from "../wire";
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

/** A GeoJSON file of the site's own (`console.basemap`). */
export async function own(name: string): Promise<VectorLayer> {
  const answer = await fetch(`/basemap/${encodeURIComponent(name)}`, { credentials: "same-origin" });
  if (!answer.ok) throw new Error(`basemap ${name}: ${answer.status}`);
  return new VectorLayer({ source: read((await answer.json()) as object) });
}

export function tiles(wanted: NonNullable<Site["tiles"]>): TileLayer {
  return new TileLayer({ source: new XYZ({ url: wanted.url, attributions: wanted.attribution, maxZoom: wanted.max_zoom }), opacity: 0.55 });
}

/** How our own drawing looks in a theme; files of a site that say `k` the same way look the same. */
export function drawingStyle(palette: Palette): (feature: FeatureLike, resolution: number) => Style | undefined {
  const water = new Style({ fill: new Fill({ color: palette.water }) });
  const park = new Style({ fill: new Fill({ color: palette.park }) });
  const plain = new Style({ stroke: new Stroke({ color: palette.road, width: 1.2 }), fill: new Fill({ color: faded(palette.road, 0.4) }) });
  const road = (resolution: number) =>
    new Style({ stroke: new Stroke({ color: palette.road, width: Math.max(1, Math.min(7, 14 / resolution)), lineCap: "round", lineJoin: "round" }) });
  return (feature, resolution) => {
    const kind = feature.get("k") as string | undefined;
    if (kind === "water") return water;
    if (kind === "park") return park;
    if (kind === "road" || kind === "ring") return road(kind === "ring" ? resolution / 1.6 : resolution);
    if (kind === "place" || kind === "river") {
      if (resolution > 22) return undefined;
      return new Style({ text: written(palette, feature.get("name") as string, kind === "river" ? palette.waterText : palette.place) });
    }
    return plain;
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
    name.setStyle(new Style({ text: written(palette, zoneName(zone), colour, 11, -9, 600) }));
    return [...drawn, name];
  });
}

/** Where a zone's name stands: on its northern edge, out of the way of what flies in it. */
function northernmost(places: readonly Place[]): Place | null {
  return places.reduce<Place | null>((best, one) => (best === null || one.latitude > best.latitude ? one : best), null);
}
