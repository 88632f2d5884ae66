import assert from "node:assert/strict";
import { test } from "node:test";
import { CATALOGUES, say } from "../src/i18n";
import { en } from "../src/i18n/en";
import { fr } from "../src/i18n/fr";
import { reason, SENTENCES } from "../src/i18n/reasons";
import { onward, read, refusal } from "../src/routes";
import { number, placeName, signed, span, stamp, timeOf, timeZone } from "../src/format";
import { ticks } from "../src/series";

test("both catalogues have the same keys, no empty text, and the same words in braces", () => {
  assert.deepEqual(Object.keys(fr).sort(), Object.keys(en).sort());
  const braces = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();
  for (const key of Object.keys(en) as (keyof typeof en)[]) {
    assert.ok(en[key].trim() && fr[key].trim(), key);
    assert.deepEqual(braces(fr[key]), braces(en[key]), key);
  }
});

test("French is French: few sentences are the same in both", () => {
  const same = (Object.keys(en) as (keyof typeof en)[]).filter((key) => en[key] === fr[key] && /[a-z]{4,} [a-z]{3,}/i.test(en[key]));
  assert.deepEqual(same, []);
});

test("words in braces are filled in, and what is not given stays to be seen", () => {
  assert.equal(say("fr", "to_acknowledge", { count: 3 }), "3 à acquitter");
  assert.equal(say("en", "to_acknowledge"), "{count} to acknowledge");
  assert.ok(CATALOGUES.fr.alerts);
});

test("every reason is recognised with its words and said in French; what is not ours stays English and says so", () => {
  for (const [english, french] of Object.values(SENTENCES)) {
    const fill = (text: string) => text.replace(/\{(\w+)\}/g, (_, name: string) => `<${name} of it>`);
    assert.deepEqual(reason(fill(english), "fr"), { text: fill(french), lang: "fr" });
    assert.deepEqual(reason(fill(english), "en"), { text: fill(english), lang: "en" });
  }
  assert.deepEqual(reason("something new", "fr"), { text: "something new", lang: "en" });
});

test("an address means a page and a screen, and a strange one the live picture", () => {
  assert.deepEqual(read("/kiosk", ""), { page: "kiosk", screen: "live", argument: "" });
  assert.deepEqual(read("/incident/01K1", ""), { page: "incident", screen: "live", argument: "01K1" });
  assert.deepEqual(read("/", "#/help"), { page: "console", screen: "help", argument: "" });
  assert.deepEqual(read("/", "#/nonsense/x"), { page: "console", screen: "live", argument: "x" });
});

test("a login elsewhere leads back to this page, and to no other host whatever stands in the address", () => {
  assert.deepEqual(["/", "/m", "/kiosk", "/incident/01K1_x-y"].map((path) => onward(path, "")), ["/", "/m", "/kiosk", "/incident/01K1_x-y"]);
  assert.equal(onward("/", "#/zones/TOWER"), "/#/zones/TOWER");
  assert.equal(onward("/kiosk", "#token=vigie_x"), "/kiosk");
  for (const path of ["//evil.example", "/\\evil.example", "/m//evil", "/incident/../x", "https://evil.example", "/enter/x"]) assert.equal(onward(path, ""), "/");
  assert.equal(refusal("?refused=no_role"), "no_role");
  assert.equal(refusal(""), null);
});

test("numbers have a true minus, spans and times have two digits", () => {
  assert.equal(number(-1234.5, 1), "−1,234.5");
  assert.equal(number(null), "—");
  assert.deepEqual([number(-0.04, 1), number(-0), number(-0.06, 1)], ["0.0", "0", "−0.1"]);
  assert.deepEqual([signed(0.04), signed(-0.04), signed(0.06), signed(-2), signed(12.3), signed(null)], ["0.0", "0.0", "+0.1", "−2.0", "+12.3", "—"]);
  assert.deepEqual([0, 75, 3723, -4].map(span), ["0:00", "1:15", "1:02:03", "0:00"]);
  assert.equal(timeOf("2026-07-26T17:30:05.9Z", "time", "utc"), "17:30:05");
  assert.equal(timeOf("2026-07-26T17:30:05Z", "full", "utc"), "2026-07-26 17:30:05");
  assert.equal(timeOf("nonsense"), "—");
  timeZone.value = "utc";
  assert.equal(stamp("2026-07-26T17:30:05Z"), "2026-07-26 17:30:05 UTC");
});

test("places south and west are said so", () => {
  assert.equal(placeName(48.85822, 2.2945), "48.85822 N 2.29450 E");
  assert.equal(placeName(-33.8568, -70.6), "33.85680 S 70.60000 W");
});

test("an axis is told by round figures that reach its value and not far beyond", () => {
  assert.deepEqual(ticks(140), [0, 50, 100, 150]);
  assert.deepEqual(ticks(97), [0, 25, 50, 75, 100]);
  for (let value = 20; value < 9000; value += 7) {
    const told = ticks(value);
    const [top, step] = [told[told.length - 1] as number, told[1] as number];
    assert.ok(top >= value && top - step < value, `${value}: ${told}`);
    assert.ok(told.length >= 3 && told.length <= 5 && /^(?:1|2|25|5)0*$/.test(String(step * 10)), `${value}: ${told}`);
  }
});
