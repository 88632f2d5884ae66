// What things on other people's maps are: words of each schema's own documentation, and what their makers draw them as.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Geometry, type Kind, kindOf, nameOf } from "../src/cartography";

const KNOWN: Readonly<Record<string, readonly [string, Geometry, Record<string, unknown>, Kind][]>> = {
  OpenMapTiles: [
    ["water", "area", { class: "river" }, "water"],
    ["waterway", "line", { class: "stream" }, "water"],
    ["landcover", "area", { class: "grass", subclass: "park" }, "park"],
    ["landuse", "area", { class: "residential" }, null],
    ["park", "area", { class: "nature_reserve" }, "park"],
    ["transportation", "line", { class: "primary" }, "main"],
    ["transportation", "line", { class: "minor" }, "street"],
    ["transportation", "line", { class: "path" }, null],
    ["transportation", "line", { class: "rail" }, "rail"],
    ["boundary", "line", { admin_level: 8 }, "border"],
    ["building", "area", { render_height: 20 }, "built"],
    ["place", "point", { class: "suburb", name: "Auteuil" }, "place"],
    ["poi", "point", { class: "cafe", name: "Chez Paul" }, null],
    ["water_name", "point", { class: "lake", name: "Lac Daumesnil" }, "waterName"],
    ["housenumber", "point", { housenumber: "7" }, null],
  ],
  Protomaps: [
    ["earth", "area", { kind: "earth" }, null],
    ["water", "area", { kind: "ocean" }, "water"],
    ["landuse", "area", { kind: "park" }, "park"],
    ["landuse", "area", { kind: "hospital" }, null],
    ["roads", "line", { kind: "highway" }, "main"],
    ["roads", "line", { kind: "minor_road" }, "street"],
    ["roads", "line", { kind: "rail" }, "rail"],
    ["buildings", "area", { kind: "building" }, "built"],
    ["boundaries", "line", { kind: "country" }, "border"],
    ["places", "point", { kind: "locality", name: "Paris" }, "place"],
    ["pois", "point", { kind: "museum", name: "Louvre" }, null],
  ],
  Shortbread: [
    ["water_polygons", "area", { kind: "water" }, "water"],
    ["land", "area", { kind: "forest" }, "park"],
    ["streets", "line", { kind: "residential" }, "street"],
    ["streets", "line", { kind: "motorway" }, "main"],
    ["buildings", "area", {}, "built"],
    ["place_labels", "point", { kind: "city", name: "Paris" }, "place"],
  ],
  OpenStreetMap: [
    ["", "area", { natural: "water" }, "water"],
    ["", "line", { waterway: "river" }, "water"],
    ["", "area", { leisure: "park", name: "Champ de Mars" }, "park"],
    ["", "line", { highway: "residential" }, "street"],
    ["", "line", { highway: "trunk" }, "main"],
    ["", "line", { highway: "footway" }, null],
    ["", "line", { railway: "rail" }, "rail"],
    ["", "area", { building: "yes" }, "built"],
    ["", "line", { boundary: "administrative" }, "border"],
    ["", "point", { place: "suburb", name: "Passy" }, "place"],
    ["", "point", { amenity: "cafe" }, null],
  ],
  "our own drawing": [
    ["", "area", { k: "water" }, "water"],
    ["", "line", { k: "ring" }, "main"],
    ["", "point", { k: "river", name: "La Seine" }, "waterName"],
    ["", "area", {}, "other"],
    ["", "line", { name: "the fence" }, "other"],
    ["", "point", { name: "Gate 4" }, "place"],
  ],
};

for (const [schema, rows] of Object.entries(KNOWN)) {
  test(`${schema}: each thing is drawn as what it is`, () => {
    for (const [layer, geometry, properties, kind] of rows) assert.equal(kindOf(layer, geometry, properties), kind, `${layer} ${JSON.stringify(properties)}`);
  });
}

test("a place has its name in the reader's language where the map knows it", () => {
  assert.equal(nameOf({ name: "Wien", "name:fr": "Vienne" }, "fr"), "Vienne");
  assert.equal(nameOf({ name: "Wien", name_en: "Vienna" }, "en"), "Vienna");
  assert.equal(nameOf({ name: "Wien" }, "en"), "Wien");
  assert.equal(nameOf({}, "en"), "");
});
