import assert from "node:assert/strict";
import { test } from "node:test";
import type { Zone, ZoneFeature } from "../src/wire";
import { blank, draftOf, featureOf, fresh, readPlaces, written } from "../src/zones/draft";
import { toField, toWire } from "../src/zones/When";

const published = (feature: object): Zone => ({ zone: "TOWER", source: "file", etag: '"1"', feature: feature as ZoneFeature, window: null, state: null, active: true, next_change: null });

const LAYER = { lower: 0, lowerReference: "AGL", upper: 500, upperReference: "AGL", uom: "m" };
const PROPERTIES = {
  identifier: "TOWER", country: "FRA", name: [{ text: "zone TOWER", lang: "en-GB" }, { text: "Turmzone", lang: "de-DE" }], type: "PROHIBITED", reason: ["SENSITIVE"], variant: "COMMON",
  zoneAuthority: [{ name: [{ text: "Example authority", lang: "en-GB" }], purpose: "AUTHORIZATION" }], extendedProperties: { vigie: { severity: "critical", kind: "core" }, other: 1 },
};
const FEATURES: Record<string, object> = {
  circle: { type: "Feature", properties: PROPERTIES, geometry: { type: "Point", coordinates: [2.2945, 48.8582], extent: { subType: "Circle", radius: 250 }, layer: LAYER } },
  corridor: { type: "Feature", properties: PROPERTIES, geometry: { type: "LineString", coordinates: [[2.29, 48.85], [2.3, 48.86]], extent: { subType: "Corridor", width: 400 }, layer: LAYER } },
  polygon: { type: "Feature", properties: { ...PROPERTIES, limitedApplicability: [{ schedule: [{ day: ["SAT", "SUN"], startTime: "08:00Z", endTime: "20:00Z" }] }] }, geometry: { type: "Polygon", coordinates: [[[2.29, 48.85], [2.3, 48.85], [2.3, 48.86], [2.29, 48.85]]], layer: LAYER } },
  holes: { type: "Feature", properties: { ...PROPERTIES, limitedApplicability: [{ schedule: [{ day: ["ANY"], startEvent: "SS", endEvent: "SR" }] }] }, geometry: { type: "Polygon", coordinates: [[[2.29, 48.85], [2.3, 48.85], [2.3, 48.86], [2.29, 48.85]], [[2.295, 48.852], [2.298, 48.852], [2.298, 48.855], [2.295, 48.852]]], layer: LAYER } },
  moving: { type: "Feature", properties: { ...PROPERTIES, extendedProperties: { vigie: { moving: { speed_mps: 6 } } } }, geometry: { type: "Point", coordinates: [2.2945, 48.8582], extent: { subType: "Circle", radius: 250 }, layer: LAYER } },
};

test("a zone that is opened and not changed says what it said, whatever the form knows of it", () => {
  const sorted = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(sorted).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
    return value && typeof value === "object" ? Object.fromEntries(Object.entries(value).sort().map(([key, one]) => [key, sorted(one)])) : value;
  };
  for (const [name, feature] of Object.entries(FEATURES)) assert.deepEqual(sorted(featureOf(draftOf(published(feature)))), sorted(feature), name);
});

test("what the form changes is changed, and nothing else", () => {
  const draft = { ...draftOf(published(FEATURES["circle"] as object)), severity: "" as const, metres: 300, names: { en: "tower", fr: "tour" }, hours: "span" as const, span: { start: "2026-07-26T16:00:00Z", end: "" } };
  const { properties, geometry } = featureOf(draft);
  assert.equal(geometry.extent?.radius, 300);
  assert.deepEqual(properties.name, [{ text: "Turmzone", lang: "de-DE" }, { text: "tower", lang: "en-GB" }, { text: "tour", lang: "fr-FR" }]);
  assert.deepEqual(properties.limitedApplicability, [{ startDateTime: "2026-07-26T16:00:00Z" }]);
  assert.deepEqual(properties.extendedProperties, { other: 1, vigie: { kind: "core" } });
  assert.deepEqual(properties["reason"], ["SENSITIVE"]);
});

test("a new zone is closed, and bears the next free identifier", () => {
  const draft = { ...blank("Polygon", fresh(new Set(["DRAW-1", "TOWER"]))), places: [[2, 48], [2.1, 48], [2.1, 48.1]] as [number, number][] };
  const { properties, geometry } = featureOf(draft);
  assert.equal(properties.identifier, "DRAW-2");
  assert.deepEqual((geometry.coordinates as number[][][])[0]?.at(-1), [2, 48]);
});

test("corners are read as they are written, and what is none is named by its line", () => {
  assert.deepEqual(readPlaces(written([[2.2945, 48.8582], [-1.5, -48]])), { places: [[2.2945, 48.8582], [-1.5, -48]], wrong: null });
  assert.deepEqual(readPlaces("48.85 2.29\n\n48,86; 2.3"), { places: [[2.29, 48.85]], wrong: 3 });
  assert.equal(readPlaces("91, 2").wrong, 1);
});

test("a date field's year of five digits, or a time that is none, is no date, and not the end of the form", () => {
  assert.equal(toWire("2026-07-26T17:30"), "2026-07-26T17:30:00Z");
  assert.equal(toWire("2026-07-26T17:30:20.5"), "2026-07-26T17:30:00Z");
  assert.deepEqual([toWire(""), toWire("12026-07-26T17:30")], ["", ""]);
  assert.equal(toField("2026-07-26T19:30:00+02:00"), "2026-07-26T17:30");
  assert.deepEqual([toField(""), toField("12026-07-26T17:3:00Z")], ["", ""]);
});
