import assert from "node:assert/strict";
import { test } from "node:test";
import { courseOf, Picture, speedOf, TRAIL_MS } from "../src/picture";
import type { Frame, Hello } from "../src/wire";

export const HELLO: Hello = {
  type: "hello", protocol: 1, mode: "live", site: "paris", time: 1785087005250, t0: 1785086000000, epoch: "9f2c", window: 2,
  columns: {
    tracks: ["n", "dt", "lat", "lon", "hae", "agl", "ve", "vn", "vu", "major", "minor", "turn", "sh", "status", "class", "verdict", "existence"],
    rays: ["n", "dt", "sensor", "azimuth", "sigma", "elevation", "status", "class", "verdict", "existence"],
  },
  status: ["tentative", "confirmed", "coasting"], class: ["multirotor", "fixed_wing", "bird", "manned", "other"],
  verdict: ["unknown", "authorised", "unauthorised", "friendly"], sensors: ["radar-1", "rf-1"],
  session: { name: "m.durand", role: "operator", permissions: ["read", "command"] },
};

const row = (n: number, dt = 1005190, lat = 488583000): (number | null)[] => [n, dt, lat, 22944000, 1650, 870, 300, -100, 20, 84, 31, 450, 25, 1, 0, 2, 998];
const frame = (more: Partial<Frame>): Frame => ({ type: "frame", seq: 1, time: 1785087005250, t: 1785087005200, key: false, ...more });
const info = (n: number, track: string) => [n, { track, born: "2026-07-26T17:29:41Z", reasons: ["no permit"], sensors: [0, 1], pilot: [488600000, 22900000] }] as [number, never];

test("a row is read in the units of the contract", () => {
  const picture = new Picture(HELLO);
  picture.apply(frame({ key: true, up: [row(7)], info: [info(7, "01K1J3ZK6Q8WZ2C5R0V9M4T7XB")] }));
  const track = picture.find("01K1J3ZK6Q8WZ2C5R0V9M4T7XB");
  assert.ok(track);
  assert.equal(track.time, 1785087005190);
  assert.deepEqual(track.place, { latitude: 48.8583, longitude: 2.2944 });
  assert.deepEqual([track.hae, track.agl].map((value) => (value as number).toFixed(1)), ["165.0", "87.0"]);
  assert.ok(Math.abs((speedOf(track) as number) - Math.hypot(3, 1)) < 1e-9);
  assert.ok(Math.abs((courseOf(track) as number) - 108.43494882292202) < 1e-9);
  assert.deepEqual([track.status, track.class, track.verdict, track.name], ["confirmed", "multirotor", "unauthorised", "T-T7XB"]);
  assert.deepEqual(track.sensors, ["radar-1", "rf-1"]);
});

test("deltas change what they name, gone takes away, and a key frame is the whole truth", () => {
  const picture = new Picture(HELLO);
  picture.apply(frame({ key: true, up: [row(1), row(2)], info: [info(1, "A"), info(2, "B")] }));
  picture.apply(frame({ up: [row(3)], info: [info(3, "C")] }));
  assert.deepEqual([...picture.tracks.keys()], [1, 2, 3]);
  picture.apply(frame({ gone: [2] }));
  assert.equal(picture.find("B"), undefined);
  picture.apply(frame({ key: true, up: [row(3)] }));
  assert.deepEqual([...picture.tracks.keys()], [3]);
  assert.equal(picture.find("C")?.name, "T-C");
});

test("the same as one key frame comes of any cutting into deltas", () => {
  const whole = new Picture(HELLO);
  whole.apply(frame({ key: true, up: [row(1, 2000), row(2, 2000)], info: [info(1, "A"), info(2, "B")] }));
  const cut = new Picture(HELLO);
  cut.apply(frame({ key: true, up: [row(2, 2000)], info: [info(2, "B")] }));
  cut.apply(frame({ up: [row(1, 2000), row(9, 2000)], info: [info(1, "A"), info(9, "X")] }));
  cut.apply(frame({ gone: [9] }));
  const sorted = (picture: Picture) => [...picture.tracks.values()].sort((a, b) => a.n - b.n);
  assert.deepEqual(sorted(cut), sorted(whole));
});

test("a track that turns into a ray and back is in one of the two", () => {
  const picture = new Picture(HELLO);
  picture.apply(frame({ key: true, up: [row(9)], info: [info(9, "R")] }));
  picture.apply(frame({ rays: [[9, 1005190, 1, 20800, 200, null, 1, 0, 0, 870]] }));
  assert.deepEqual(picture.find("R")?.ray, { sensor: "rf-1", azimuth: 208, sigma: 2 });
  assert.equal(picture.find("R")?.major, null);
  picture.apply(frame({ up: [row(9)] }));
  assert.equal(picture.find("R")?.ray, null);
});

test("a trail has a point a second and no more than a minute, and a seek backwards forgets it", () => {
  const picture = new Picture(HELLO);
  picture.apply(frame({ key: true, up: [row(1, 0)], info: [info(1, "A")] }));
  for (let dt = 100; dt <= 120_000; dt += 100) picture.apply(frame({ up: [row(1, dt, 488583000 + dt)], t: 1785087005200 + dt }));
  const track = picture.find("A");
  assert.ok(track);
  assert.ok(track.trail.length >= 60 && track.trail.length <= 62, String(track.trail.length));
  assert.ok((track.trailTimes[0] as number) >= track.time - TRAIL_MS);
  picture.apply(frame({ key: true, up: [row(1, 5000)], t: 1785086005000 }));
  assert.equal(picture.find("A")?.trail.length, 1);
});

test("a hello without a column that is needed is refused by name", () => {
  const poor = { ...HELLO, columns: { ...HELLO.columns, tracks: HELLO.columns.tracks.filter((name) => name !== "turn") } };
  assert.throws(() => new Picture(poor), /column turn/);
});

test("after a lost connection the trail goes on where it was, and nothing else is taken over", () => {
  const before = new Picture(HELLO);
  before.apply(frame({ key: true, up: [row(1, 0), row(2, 0)], info: [info(1, "A"), info(2, "B")] }));
  before.apply(frame({ up: [row(1, 2000)] }));
  const after = new Picture(HELLO);
  after.inherit(before);
  after.apply(frame({ key: true, up: [row(5, 8000)], info: [info(5, "A")] }));
  assert.deepEqual(after.find("A")?.trailTimes.map((time) => time - HELLO.t0), [0, 2000, 8000]);
  assert.equal(after.find("B"), undefined);
});
