// Judged by GeographicLib and by closed forms.
import assert from "node:assert/strict";
import { test } from "node:test";
import geodesic from "geographiclib-geodesic";
import { holds, limits, outlines, toEdge } from "../src/map/outlines";
import { moved, type Place } from "../src/geometry";

const TOWER: Place = { latitude: 48.85822, longitude: 2.2945 };
const metres = (a: Place, b: Place) => geodesic.Geodesic.WGS84.Inverse(a.latitude, a.longitude, b.latitude, b.longitude).s12 as number;

test("the distance to a circle's edge is the distance to its middle less the radius", () => {
  const [disc] = outlines({ type: "Point", coordinates: [2.2945, 48.85822], extent: { subType: "Circle", radius: 250 } });
  assert.ok(disc);
  for (const [east, north] of [[0, 0], [100, 50], [300, 0], [-900, 1200]] as const) {
    const at = moved(TOWER, east, north);
    // a polygon of 64 corners lies up to r (1 − cos π/64) = 0.3 m inside
    assert.ok(Math.abs(toEdge(disc, at) - (metres(TOWER, at) - 250)) < 2, `${toEdge(disc, at)}`);
    assert.equal(holds(disc, at), metres(TOWER, at) < 250);
  }
});

test("a corridor is all within half its width of its legs", () => {
  const corridor = outlines({
    type: "LineString", coordinates: [[2.2945, 48.85822], [2.3145, 48.85822]], extent: { subType: "Corridor", width: 400 },
  });
  assert.equal(corridor.length, 1);
  const inside = (east: number, north: number) => holds(corridor[0] as never, moved(TOWER, east, north));
  assert.deepEqual([inside(700, 190), inside(700, 210), inside(-190, 0), inside(-210, 0), inside(-150, 150)], [true, false, true, false, false]);
});

test("a hole is outside, and several layers are several outlines with heights of their own", () => {
  const square = (half: number) => [[-half, -half], [half, -half], [half, half], [-half, half], [-half, -half]].map(([e, n]) => {
    const at = moved(TOWER, e as number, n as number);
    return [at.longitude, at.latitude];
  });
  const found = outlines({
    type: "GeometryCollection",
    geometries: [
      { type: "Polygon", coordinates: [square(500), square(100)], layer: { upper: 120, upperReference: "AGL", uom: "m" } },
      { type: "Polygon", coordinates: [square(50)], layer: { lower: 1000, lowerReference: "AMSL", uom: "ft" } },
    ],
  });
  assert.equal(found.length, 2);
  assert.ok(!holds(found[0] as never, TOWER) && holds(found[0] as never, moved(TOWER, 300, 0)));
  const site = { ground_amsl_m: 33, geoid_undulation_m: 44.6 };
  assert.deepEqual(limits(found[0]?.layer ?? null, site), { lower: null, upper: 120 });
  assert.ok(Math.abs((limits(found[1]?.layer ?? null, site).lower as number) - (304.8 - 33)) < 1e-9);
});
