// A sensor's accuracy where a track is, against what its site file says and simple trigonometry.
import assert from "node:assert/strict";
import { test } from "node:test";
import { accuracyAt } from "../src/accuracy";
import { moved } from "../src/geometry";
import type { Sensor } from "../src/wire";

const TOWER = { latitude: 48.858222, longitude: 2.2945 };
const there = moved(TOWER, 0, 3000);

function sensor(accuracy: Record<string, number | null>, latitude: number | null = TOWER.latitude): Sensor {
  return { sensor: "one", kind: "radar", moves: false, directions: "true", latitude_deg: latitude, longitude_deg: TOWER.longitude, altitude_hae_m: 80, period_s: 1, coverage: {}, accuracy, health: null, seen: null };
}

test("a radar is as good as the worse of its range and its azimuth", () => {
  const across = accuracyAt(sensor({ range_m: 8, azimuth_deg: 0.5 }), there) ?? 0;
  assert.ok(Math.abs(across - 3000 * Math.PI / 360) < 0.05, String(across)); // 0.5° is π/360
  assert.equal(accuracyAt(sensor({ range_m: 40, azimuth_deg: 0.5 }), there), 40);
});

test("a direction finder is as good as its azimuth, a receiver as it says, a time difference by the speed of light", () => {
  assert.ok(Math.abs((accuracyAt(sensor({ azimuth_deg: 3 }), there) ?? 0) - 3000 * Math.PI / 60) < 0.3);
  assert.equal(accuracyAt(sensor({ horizontal_m: 10 }, null), there), 10);
  assert.ok(Math.abs((accuracyAt(sensor({ tdoa_s: 1e-7 }), there) ?? 0) - 29.979) < 0.001);
});

test("who knows neither says nothing", () => {
  assert.equal(accuracyAt(sensor({}), there), null);
  assert.equal(accuracyAt(sensor({ azimuth_deg: 1 }, null), there), null);
  assert.equal(accuracyAt(sensor({ azimuth_deg: 1 }), null), null);
});
