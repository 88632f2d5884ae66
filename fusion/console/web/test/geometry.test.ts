// Judged by GeographicLib (Karney's geodesics) and by closed forms.
import assert from "node:assert/strict";
import { test } from "node:test";
import geodesic from "geographiclib-geodesic";
import { circle, cone, ellipse, mercator, moved, round125, scale, sector, SIGMAS_95, towards } from "../src/geometry";

const earth = geodesic.Geodesic.WGS84;
const PLACES = [
  { latitude: 48.8582, longitude: 2.2945 },
  { latitude: -33.9, longitude: 18.4 },
  { latitude: 0.01, longitude: 179.999 },
  { latitude: 64.1, longitude: -21.9 },
];

test("a moved place lies where GeographicLib puts it, within 2 cm at 5 km and 50 cm at 20 km", () => {
  for (const place of PLACES) {
    for (const [distance, allowed] of [[5_000, 0.02], [20_000, 0.5]] as const) {
      for (let azimuth = 0; azimuth < 360; azimuth += 15) {
        const angle = (azimuth * Math.PI) / 180;
        const ours = moved(place, distance * Math.sin(angle), distance * Math.cos(angle));
        const true_ = earth.Direct(place.latitude, place.longitude, azimuth, distance);
        const off = earth.Inverse(ours.latitude, ours.longitude, true_.lat2 as number, true_.lon2 as number).s12 as number;
        assert.ok(off < allowed, `${off} m off at ${azimuth}°, ${distance} m from ${place.latitude}`);
      }
    }
  }
});

test("distance and azimuth are GeographicLib's, within 0.1 % and 0.1° up to 50 km", () => {
  for (const place of PLACES) {
    for (const distance of [10, 1_000, 50_000]) {
      for (let azimuth = 3; azimuth < 360; azimuth += 17) {
        const end = earth.Direct(place.latitude, place.longitude, azimuth, distance);
        const found = towards(place, { latitude: end.lat2 as number, longitude: end.lon2 as number });
        assert.ok(Math.abs(found.distance / distance - 1) < 1e-3, `${found.distance} for ${distance}`);
        const turn = ((found.azimuth - azimuth + 540) % 360) - 180;
        assert.ok(Math.abs(turn) < 0.1, `${found.azimuth}° for ${azimuth}°`);
      }
    }
  }
});

test("the map's scale is the derivative of its projection", () => {
  for (const place of PLACES) {
    const [east, north] = scale(place.latitude);
    const step = moved(place, 10, 0);
    const up = moved(place, 0, 10);
    const here = mercator(place);
    assert.ok(Math.abs((mercator(step)[0] - here[0]) / 10 / east - 1) < 1e-5);
    assert.ok(Math.abs((mercator(up)[1] - here[1]) / 10 / north - 1) < 1e-5);
  }
});

test("every point of the 95 % ellipse has a Mahalanobis distance of chi-square's quantile, 5.991", () => {
  for (const [ee, en, nn] of [[4, 1, 9], [25, -11, 5], [3, 0, 3], [100, 0, 1], [1, 0, 100]] as const) {
    const { major, minor, angle } = ellipse(ee, en, nn);
    const determinant = ee * nn - en * en;
    for (let i = 0; i < 24; i += 1) {
      const phase = (i * Math.PI) / 12;
      const [a, b] = [major * Math.cos(phase), minor * Math.sin(phase)];
      const east = a * Math.cos(angle) - b * Math.sin(angle);
      const north = a * Math.sin(angle) + b * Math.cos(angle);
      const distance = (nn * east * east - 2 * en * east * north + ee * north * north) / determinant;
      assert.ok(Math.abs(distance - 5.991464547107979) < 1e-9);
    }
  }
  assert.ok(Math.abs(SIGMAS_95 - 2.4477468306808166) < 1e-12);
});

test("a cone holds the straight path, widens, and a track that stands still has none", () => {
  assert.deepEqual(cone(0.1, 0, 5, 1, 0.5, 60), []);
  const outline = cone(10, 0, 5, 1, 0, 60);
  const half = (east: number) => Math.max(...outline.filter(([x]) => Math.abs(x - east) < 1).map(([, y]) => Math.abs(y)));
  assert.ok(half(600) > half(300) && half(300) > half(0));
  assert.ok(Math.abs(half(600) - SIGMAS_95 * Math.hypot(5, 60)) < 1e-9);
  assert.ok(Math.max(...outline.map(([x]) => x)) > 600);
});

test("circles and sectors keep their radius, and a sector begins and ends at its azimuths", () => {
  const centre = PLACES[0] as (typeof PLACES)[0];
  for (const place of circle(centre, 1_000)) {
    const distance = earth.Inverse(centre.latitude, centre.longitude, place.latitude, place.longitude).s12 as number;
    assert.ok(Math.abs(distance - 1_000) < 0.01);
  }
  const wedge = sector(centre, [350, 20], [100, 2_000]);
  const azimuths = wedge.map((place) => towards(centre, place).azimuth);
  assert.ok(azimuths.every((azimuth) => azimuth >= 349.9 || azimuth <= 20.1));
  assert.equal(sector(centre, [0, 360], [0, 1_000]).length, 73);
});

test("a scale bar is 1, 2 or 5 times a power of ten", () => {
  assert.deepEqual([7, 19, 49, 50, 999, 1000, 2.5].map(round125), [5, 10, 20, 50, 500, 1000, 2]);
});
