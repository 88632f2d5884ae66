// The sheets of the base map, under everything: our drawing or the site's own files, archives, tiles from elsewhere.
import type OlMap from "ol/Map";
import MVT from "ol/format/MVT";
import type BaseLayer from "ol/layer/Base";
import TileLayer from "ol/layer/Tile";
import VectorLayer from "ol/layer/Vector";
import VectorTileLayer from "ol/layer/VectorTile";
import { transformExtent } from "ol/proj";
import ImageTile from "ol/source/ImageTile";
import VectorTile from "ol/source/VectorTile";
import type { Palette } from "../palette";
import { template } from "../tiles";
import type { BaseMap, Site } from "../wire";
import { drawing, drawingStyle, own } from "./base";
import { toned } from "./toning";

/** One sheet: its layer, how it puts on a theme, and whose it is. */
export interface Sheet {
  readonly layer: BaseLayer;
  readonly dress: (palette: Palette) => void;
  readonly credit: string;
}

const TILE = 256; // px

/** Every sheet of a site, the lowest first, each as soon as it is there; one that cannot be read is left out. */
export function sheets(at: Site): Promise<Sheet | null>[] {
  const archives = at.basemap.filter((one) => one.kind !== "geojson");
  const drawn = at.basemap.filter((one) => one.kind === "geojson");
  const bare = !at.tiles && at.basemap.length === 0;
  return [
    ...(at.tiles ? [elsewhere(at.tiles)] : []),
    ...archives.map((one) => (one.kind === "raster" ? pictures(one) : vectors(one))),
    ...drawn.map((one) => own(one).then(({ layer, credit }) => sheetOf(layer, credit))),
    ...(bare ? [drawing(at).then((layer) => layer && sheetOf(layer, ""))] : []),
  ].map((one) => Promise.resolve(one).catch(() => null));
}

/** Put sheets on a map at the bottom, in their order; give what dresses them all. */
export function lay(map: OlMap, at: Site, palette: () => Palette, credited: (credits: string[]) => void): () => void {
  const laid: (Sheet | null)[] = [];
  const waiting = sheets(at);
  waiting.forEach((one, i) =>
    void one.then((sheet) => {
      if (!sheet || !map.getTargetElement()) return;
      laid[i] = sheet;
      sheet.layer.setZIndex(-waiting.length + i);
      sheet.dress(palette());
      map.addLayer(sheet.layer);
      credited([...new Set(laid.flatMap((there) => there?.credit || []))]);
    }),
  );
  return () => laid.forEach((sheet) => sheet?.dress(palette()));
}

function sheetOf(layer: VectorLayer | VectorTileLayer, credit: string): Sheet {
  return { layer, credit, dress: (palette) => layer.setStyle(drawingStyle(palette)) };
}

function within(map: BaseMap): number[] | undefined {
  return map.bounds ? transformExtent(map.bounds, "EPSG:4326", "EPSG:3857") : undefined;
}

const address = (map: BaseMap) => `/basemap/${encodeURIComponent(map.file)}/{z}/{x}/{y}?v=${map.version}`;

function vectors(map: BaseMap): Sheet {
  const source = new VectorTile({ format: new MVT(), url: address(map), minZoom: map.min_zoom, maxZoom: map.max_zoom, wrapX: false });
  return sheetOf(new VectorTileLayer({ source, extent: within(map), declutter: true }), map.attribution);
}

function pictures(map: BaseMap): Sheet {
  return tiled(address(map), map.attribution, { photo: map.photo, least: map.min_zoom, most: map.max_zoom, extent: within(map) });
}

function elsewhere(tiles: NonNullable<Site["tiles"]>): Sheet {
  return tiled(template(tiles), tiles.attribution, { photo: tiles.photo, least: 0, most: tiles.max_zoom });
}

function tiled(url: string, credit: string, how: { photo: boolean; least: number; most: number; extent?: number[] | undefined }): Sheet {
  const layer = new TileLayer<ImageTile>({ extent: how.extent });
  const dress = (palette: Palette) => {
    const loader = (z: number, x: number, y: number) => picture(addressed(url, z, x, y)).then((found) => toned(found, TILE, palette, how.photo));
    layer.setSource(new ImageTile({ loader, minZoom: how.least, maxZoom: how.most, tileSize: TILE, wrapX: false, transition: 0 }));
  };
  return { layer, dress, credit };
}

/** Fill in a template; {-y} counts from the south. */
function addressed(url: string, z: number, x: number, y: number): string {
  const parts: Record<string, number> = { z, x, y, "-y": 2 ** z - 1 - y };
  return url.replace(/\{(-?\w)\}/g, (whole, name: string) => `${parts[name] ?? whole}`);
}

/** An image, once it is decoded: asked for as an image, so that a host of the site's file is all that must allow it. */
async function picture(url: string): Promise<HTMLImageElement> {
  const image = new Image();
  image.src = url;
  await image.decode();
  return image;
}
