// Drawing on the map: corners set, moved, snapped to what is there; each change is told as places. OpenLayers does the handling.
import Feature from "ol/Feature";
import type OlMap from "ol/Map";
import CircleGeometry from "ol/geom/Circle";
import LineString from "ol/geom/LineString";
import MultiPolygon from "ol/geom/MultiPolygon";
import Polygon from "ol/geom/Polygon";
import Draw from "ol/interaction/Draw";
import Modify from "ol/interaction/Modify";
import Snap from "ol/interaction/Snap";
import VectorLayer from "ol/layer/Vector";
import { toLonLat } from "ol/proj";
import VectorSource from "ol/source/Vector";
import CircleStyle from "ol/style/Circle";
import Fill from "ol/style/Fill";
import Stroke from "ol/style/Stroke";
import Style from "ol/style/Style";
import MultiPoint from "ol/geom/MultiPoint";
import { mercator, scale, towards } from "../geometry";
import type { Palette } from "../palette";
import { geometryOf, type Draft, type Pair, type Shape } from "../zones/draft";
import { faded } from "./grounds";
import { outlines } from "./outlines";

export interface Drawn {
  places: Pair[];
  metres?: number;
}

/** One zone under somebody's hand. */
export class Editing {
  private readonly source = new VectorSource<Feature>();
  private readonly layer: VectorLayer;
  private readonly hands: { draw: Draw | null; modify: Modify; snap: Snap };

  constructor(
    private readonly map: OlMap,
    palette: Palette,
    neighbours: VectorSource<Feature>,
    private readonly told: (drawn: Drawn) => void,
  ) {
    const line = new Stroke({ color: palette.accent, width: 2 });
    const handles = new Style({
      image: new CircleStyle({ radius: 5, fill: new Fill({ color: palette.accent }), stroke: new Stroke({ color: palette.ground, width: 1.5 }) }),
      geometry: (feature) => new MultiPoint(corners(feature as Feature)),
    });
    const body = new Style({ stroke: line, fill: new Fill({ color: faded(palette.accent, 0.12) }), geometry: (feature) => (feature as Feature).get("body") as MultiPolygon | undefined });
    this.layer = new VectorLayer({ source: this.source, style: [body, new Style({ stroke: new Stroke({ color: palette.accent, width: 1, lineDash: [4, 4] }) }), handles] });
    this.layer.setZIndex(60);
    map.addLayer(this.layer);
    const modify = new Modify({ source: this.source });
    modify.on("modifyend", () => this.tell());
    this.hands = { draw: null, modify, snap: new Snap({ source: neighbours }) };
    map.addInteraction(modify);
    map.addInteraction(this.hands.snap);
  }

  /** Let somebody draw a shape from nothing. */
  draw(shape: Shape): void {
    this.stopDrawing();
    this.source.clear();
    const type = shape === "Circle" ? "Circle" : shape === "Polygon" ? "Polygon" : "LineString";
    const draw = new Draw({ source: this.source, type });
    draw.on("drawend", ({ feature }) => {
      this.stopDrawing();
      queueMicrotask(() => this.tell(feature as Feature));
    });
    this.hands.draw = draw;
    this.map.addInteraction(draw);
    this.map.removeInteraction(this.hands.snap); // the one that snaps has to come last
    this.map.addInteraction(this.hands.snap);
  }

  /** Show a draft as it is now; the same again changes nothing under the hand. */
  show(draft: Draft): void {
    if (this.hands.draw && draft.places.length === 0) return;
    this.stopDrawing();
    this.source.clear();
    const geometry = shapeOf(draft);
    if (!geometry) return;
    const feature = new Feature(geometry);
    const shapes = outlines(geometryOf(draft));
    feature.set("body", new MultiPolygon(shapes.map(({ rings }) => rings.map((ring) => ring.map((one) => [...mercator(one)])))));
    this.source.addFeature(feature);
  }

  end(): void {
    this.stopDrawing();
    this.map.removeInteraction(this.hands.modify);
    this.map.removeInteraction(this.hands.snap);
    this.map.removeLayer(this.layer);
  }

  private stopDrawing(): void {
    if (this.hands.draw) this.map.removeInteraction(this.hands.draw);
    this.hands.draw = null;
  }

  private tell(feature: Feature | undefined = this.source.getFeatures()[0]): void {
    const geometry = feature?.getGeometry();
    const pair = (at: readonly number[]): Pair => {
      const [longitude = 0, latitude = 0] = toLonLat([...at]);
      return [Number(longitude.toFixed(7)), Number(latitude.toFixed(7))];
    };
    if (geometry instanceof CircleGeometry) {
      const [x = 0, y = 0] = geometry.getCenter();
      const [middle, edge] = [pair([x, y]), pair([x + geometry.getRadius(), y])];
      const metres = towards({ longitude: middle[0], latitude: middle[1] }, { longitude: edge[0], latitude: edge[1] }).distance;
      this.told({ places: [middle], metres: Math.max(1, Math.round(metres)) });
    } else if (geometry instanceof Polygon) this.told({ places: (geometry.getCoordinates()[0] ?? []).slice(0, -1).map(pair) });
    else if (geometry instanceof LineString) this.told({ places: geometry.getCoordinates().map(pair) });
  }
}

function shapeOf({ shape, places, metres }: Draft): CircleGeometry | LineString | Polygon | null {
  const flat = places.map(([longitude, latitude]) => [...mercator({ longitude, latitude })]);
  if (shape === "Circle" && flat[0] && places[0]) return new CircleGeometry(flat[0], metres * scale(places[0][1])[0]);
  if (shape === "Corridor" && flat.length >= 2) return new LineString(flat);
  if (shape === "Polygon" && flat.length >= 3) return new Polygon([[...flat, flat[0] as number[]]]);
  return null;
}

function corners(feature: Feature): number[][] {
  const geometry = feature.getGeometry();
  if (geometry instanceof CircleGeometry) return [geometry.getCenter()];
  if (geometry instanceof Polygon) return (geometry.getCoordinates()[0] ?? []) as number[][];
  return geometry instanceof LineString ? geometry.getCoordinates() : [];
}
