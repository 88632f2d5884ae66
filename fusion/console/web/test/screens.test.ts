import assert from "node:assert/strict";
import { test } from "node:test";
import geodesic from "geographiclib-geodesic";
import { drawing, type Happened, steps } from "../src/incident";
import { targets, wind } from "../src/patrol";
import { polar } from "../src/polar";
import { load } from "../src/rates";
import { Problem, sentence } from "../src/rest";
import { read } from "../src/routes";
import type { Alert, Zone } from "../src/wire";

const earth = geodesic.Geodesic.WGS84;

const alert = (more: Partial<Alert> = {}): Alert => ({
  alert: "A1", site: "paris", track: "T1", zone: "Z", rule: "intrusion", severity: "warning", state: "raised", revision: 1,
  raised: "2026-07-26T17:30:00Z", updated: "2026-07-26T17:30:00Z", ...more,
});

test("a load is the sum over priorities, an hour's mean, the peak, and the part of the time in flood", () => {
  const rates = { from: "", to: "", step_s: 600, counts: { critical: [0, 1, 0], warning: [0, 7, 1], advisory: [0, 3, 0] } };
  assert.deepEqual(load(rates), { perStep: [0, 11, 1], total: 12, hourly: 24, peak: 11, flooded: 1 / 3 });
  assert.deepEqual(load({ ...rates, counts: { critical: [], warning: [], advisory: [] } }), { perStep: [], total: 0, hourly: 0, peak: 0, flooded: 0 });
});

test("a slice begins in the middle, a whole turn is a circle, and nothing seen is nothing", () => {
  assert.equal(polar([[0, 90, 10]]), "M0 0L0.00 -10.00A10.00 10.00 0 0 1 10.00 -0.00Z");
  assert.match(polar([[345, 105, 10]]), /^M0 0L-2\.59 -9\.66A10\.00 10\.00 0 0 1 9\.66 2\.59Z$/);
  assert.equal(polar([[0, 360, 10]]).match(/A/g)?.length, 2);
  assert.equal(polar([[0, 10, 0]]), "");
});

test("revisions that say nothing new are counted, orders and changes are told", () => {
  const said = (more: Partial<Alert>): Happened => ({ time: "t", kind: "alert", alert: alert(more), command: null });
  const order: Happened = { time: "t", kind: "command", alert: null, command: { command: "acknowledge", who: "one" } };
  const taken = steps([said({}), said({ revision: 2 }), said({ revision: 3 }), order, said({ revision: 4, state: "acknowledged", acknowledged_by: "one" }), said({ revision: 5, severity: "critical" })]);
  assert.deepEqual(taken.map(({ same, command, alert: one }) => [same, command?.who ?? one?.severity]), [[2, "warning"], [0, "one"], [0, "warning"], [0, "critical"]]);
});

test("an incident's drawing holds its own track, its alert and its pilot, to scale", () => {
  const line = (track: string, coordinates: number[][]) => ({ geometry: { type: "LineString", coordinates }, properties: { track } });
  const one = alert({ pilot: { latitude_deg: 48.85, longitude_deg: 2.29, time: "t" } });
  const zone = { zone: "Z", active: true, state: null, feature: { geometry: { type: "Point", coordinates: [2.29, 48.86], extent: { subType: "Circle", radius: 300 } } } } as unknown as Zone;
  const drawn = drawing(one, [line("T1", [[2.29, 48.855, 90], [2.291, 48.857, 90]]), line("T2", [[2.3, 48.86, 50], [2.31, 48.86, 50]])], [], [zone]);
  assert.ok(drawn);
  const north = earth.Inverse(48.85, 2.29, 48.86, 2.29).s12 ?? 0; // from the pilot to the zone's middle
  assert.ok(Math.abs(drawn.across_m / (1.2 * (north + 300)) - 1) < 0.01, `${drawn.across_m}`);
  assert.deepEqual(drawn.marks.map(({ kind }) => kind), ["end", "alert", "pilot"]);
  assert.equal(drawn.others.length, 1);
  for (const { x, y } of drawn.marks) assert.ok(x > 0 && x < drawn.size && y > 0 && y < drawn.size);
  assert.equal(drawing(alert(), [], [], []), null);
});

test("the nearest of the gravest comes first, and what has no place last", () => {
  const at = (name: string, latitude_deg: number, more: Partial<Alert> = {}) =>
    alert({ alert: name, track: name, track_state: { position: { latitude_deg, longitude_deg: 2.29, altitude_hae_m: 0, altitude_amsl_m: 0, height_agl_m: 60 } } as Alert["track_state"] & object, ...more });
  const here = { latitude: 48.85, longitude: 2.29 };
  const found = targets([at("far", 48.87), at("near", 48.86), at("grave", 48.9, { severity: "critical" }), alert({ alert: "nowhere", track: "x" }), at("taken", 48.851, { state: "acknowledged", acknowledged_by: "one" })], () => undefined, here);
  assert.deepEqual(found.map(({ alert: one }) => one.alert), ["grave", "near", "far", "nowhere", "taken"]);
  const { s12, azi1 } = earth.Inverse(48.85, 2.29, 48.86, 2.29);
  assert.ok(Math.abs((found[1]?.distance ?? 0) / (s12 ?? 1) - 1) < 0.002);
  assert.ok(Math.abs((found[1]?.azimuth ?? 9) - (azi1 ?? 0)) < 0.1);
});

test("a direction has the wind's name", () => {
  const names = "N NE E SE S SW W NW";
  assert.deepEqual([0, 22, 23, 180, 337, 338, 359.9].map((azimuth) => wind(azimuth, names)), ["N", "N", "NE", "S", "NW", "N", "N"]);
});

test("an address that was cut or mistyped still opens a page", () => {
  assert.deepEqual(read("/", "#/history/%"), { page: "console", screen: "history", argument: "%" });
  assert.deepEqual(read("/incident/%E0%A4%A", ""), { page: "incident", screen: "live", argument: "%E0%A4%A" });
  assert.equal(read("/", "#/replay/evening%20one.jsonl").argument, "evening one.jsonl");
});

test("a refusal says each reason once", () => {
  const long = "Expected `str` of length <= 500";
  assert.equal(sentence(new Problem(422, `the body is not as expected: ${long} at $.why`, [{ field: "$.why", reason: long }])), `the body is not as expected: ${long} at $.why`);
  assert.equal(sentence(new Problem(422, "refused", [{ field: "$.a", reason: "one" }, { field: "$.b", reason: "two" }])), "refused – $.a: one; $.b: two");
});
