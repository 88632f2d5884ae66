import assert from "node:assert/strict";
import { test } from "node:test";
import { placeAge, standing } from "../src/aloft";
import type { Sensor, Status } from "../src/wire";

const FIXED: Sensor = {
  sensor: "radar-1", kind: "radar", moves: false, directions: "true", latitude_deg: 48.86, longitude_deg: 2.29, altitude_hae_m: 110, period_s: 1,
  coverage: { azimuth_deg: [0, 360], range_m: [50, 6000] }, health: null, seen: null,
};
const ALOFT: Sensor = { ...FIXED, sensor: "eye-1", kind: "camera", moves: true, latitude_deg: null, longitude_deg: null, coverage: { azimuth_deg: [330, 30], range_m: [20, 1500] } };

function told(heading: number | null, age: number | null): Status {
  const pose = { latitude_deg: 48.85, longitude_deg: 2.3, altitude_hae_m: 180, heading_deg: heading, age_s: age, stale: false, refused: 0 };
  return { site: "paris", state: "online", version: "", time: "2026-07-26T17:30:00Z", sensors: { "eye-1": { state: "online", pose } } };
}

test("a sensor that moves is where the newest status has it, and one that stands is left alone", () => {
  const [fixed, aloft] = standing([FIXED, ALOFT], told(90, 0.2));
  assert.equal(fixed, FIXED);
  assert.deepEqual([aloft?.latitude_deg, aloft?.longitude_deg, aloft?.altitude_hae_m], [48.85, 2.3, 180]);
  assert.deepEqual(aloft?.coverage.azimuth_deg, [330, 30]);
});

test("what it covers turns with its nose where its directions are against that", () => {
  const [aloft] = standing([{ ...ALOFT, directions: "body" }], told(90, 0.2));
  assert.deepEqual(aloft?.coverage.azimuth_deg, [60, 120]);
  const [round] = standing([{ ...ALOFT, directions: "body", coverage: { azimuth_deg: [0, 360] } }], told(90, 0.2));
  assert.deepEqual(round?.coverage.azimuth_deg, [0, 360]);
});

test("where nothing moves the array stays the same", () => {
  const known = [FIXED];
  assert.equal(standing(known, told(0, 0)), known);
});

test("before it has said where it is, it is nowhere", () => {
  const [aloft] = standing([ALOFT], null);
  assert.equal(aloft?.latitude_deg, null);
});

test("a place's age goes on between two statuses", () => {
  assert.equal(placeAge(told(0, 0.5), "eye-1", Date.parse("2026-07-26T17:30:02Z")), 2.5);
  assert.equal(placeAge(told(0, null), "eye-1", 0), null);
  assert.equal(placeAge(told(0, 1), "radar-1", 0), null);
});
