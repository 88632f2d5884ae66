import assert from "node:assert/strict";
import { test } from "node:test";
import { AlertBook, asks, counts, entryIn, FLOOD, grouped, isFlood, likelihood, queue, shelved, tone } from "../src/alerts";
import type { Alert, AlertFrame } from "../src/wire";

const NOW = Date.parse("2026-07-26T17:30:00Z");

export function alert(name: string, more: Partial<Alert> = {}): Alert {
  return {
    alert: name, site: "paris", track: `T${name}`, zone: "TOWER", rule: "intrusion", severity: "warning", state: "raised", revision: 1,
    raised: "2026-07-26T17:29:00Z", updated: "2026-07-26T17:29:00Z", ...more,
  };
}
const told = (items: Alert[], more: Partial<AlertFrame> = {}): AlertFrame => ({
  type: "alerts", epoch: "e1", reset: false, last: items.length, items: items.map((one, i) => ({ seq: i + 1, archived: false, alert: one })), ...more,
});

test("who asks is first, then the graver, then the newer; shelved and closed are elsewhere", () => {
  const list = queue([
    alert("a", { state: "acknowledged", severity: "critical", acknowledged_by: "m" }),
    alert("b", { severity: "advisory" }),
    alert("c", { raised: "2026-07-26T17:29:30Z" }),
    alert("d"),
    alert("e", { severity: "critical" }),
    alert("f", { state: "shelved" }),
    alert("g", { state: "closed" }),
    alert("h", { state: "cleared", severity: "critical" }),
  ]);
  assert.deepEqual(list.map((one) => one.alert), ["e", "h", "c", "d", "b", "a"]);
});

test("a cleared alert that nobody took still asks; a taken one does not", () => {
  assert.ok(asks(alert("a", { state: "cleared" })));
  assert.ok(!asks(alert("a", { state: "cleared", acknowledged_by: "m" })));
});

test("an older revision changes nothing, so frames may come twice", () => {
  const book = new AlertBook();
  book.apply(told([alert("a", { revision: 3, state: "acknowledged" })]));
  assert.deepEqual(book.apply(told([alert("a", { revision: 2 })])), []);
  assert.equal(book.alerts.get("a")?.state, "acknowledged");
});

test("news is what asks for the first time, again, or worse; not what merely changes", () => {
  const book = new AlertBook();
  assert.equal(book.apply(told([alert("a")])).length, 1);
  assert.equal(book.apply(told([alert("a", { revision: 2, state: "updated" })])).length, 0);
  assert.equal(book.apply(told([alert("a", { revision: 3, state: "updated", severity: "critical" })])).length, 1);
  assert.equal(book.apply(told([alert("a", { revision: 4, state: "acknowledged" })])).length, 0);
  assert.equal(book.apply(told([alert("a", { revision: 5, state: "updated" })])).length, 1);
});

test("a reset forgets, what is archived leaves, and the place in the stream is kept", () => {
  const book = new AlertBook();
  book.apply(told([alert("a"), alert("b")], { last: 12 }));
  assert.deepEqual([book.epoch, book.last], ["e1", 12]);
  book.apply({ ...told([]), last: 13, items: [{ seq: 13, archived: true, alert: alert("a", { revision: 2, state: "closed" }) }] });
  assert.deepEqual([...book.alerts.keys()], ["b"]);
  book.apply(told([alert("c")], { reset: true, epoch: "e2", last: 4 }));
  assert.deepEqual([[...book.alerts.keys()], book.epoch, book.last], [["c"], "e2", 4]);
});

test("P1 sounds for as long as it asks, P2 once, P3 never; silence is acknowledging or the end", () => {
  const critical = alert("a", { severity: "critical" });
  assert.equal(tone([critical], []), "alarm");
  assert.equal(tone([{ ...critical, state: "acknowledged" }], []), null);
  assert.equal(tone([{ ...critical, state: "cleared" }], []), null);
  assert.equal(tone([alert("b")], [alert("b")]), "chime");
  assert.equal(tone([alert("b")], []), null);
  assert.equal(tone([alert("c", { severity: "advisory" })], [alert("c", { severity: "advisory" })]), null);
});

test("a flood is grouped by zone and priority, and no alert is lost in it", () => {
  const many = Array.from({ length: FLOOD + 5 }, (_, i) => alert(`s${i}`, { zone: i % 2 ? "TOWER" : "PARK" }));
  const ordered = queue(many);
  assert.ok(isFlood(ordered, NOW));
  assert.ok(!isFlood(ordered.slice(0, FLOOD), NOW));
  const groups = grouped(ordered);
  assert.deepEqual(groups.map(({ zone }) => zone).sort(), ["PARK", "TOWER"]);
  assert.equal(groups.reduce((sum, group) => sum + group.alerts.length, 0), many.length);
});

test("the time to entry runs down from when it was reckoned and ends at nought", () => {
  const foretold = alert("a", { rule: "predicted_entry", time_to_entry_s: 40, updated: "2026-07-26T17:29:50Z" });
  assert.equal(entryIn(foretold, NOW), 30);
  assert.equal(entryIn(foretold, NOW + 100_000), 0);
  assert.equal(entryIn(alert("b", { time_to_entry_s: 0 }), NOW), null);
});

test("counts are of what stands, and of what is over and still asks", () => {
  const found = counts([
    alert("a", { severity: "critical" }),
    alert("b"),
    alert("c", { state: "shelved" }),
    alert("d", { state: "cleared", severity: "advisory" }),
    alert("e", { state: "cleared", severity: "advisory", acknowledged_by: "m" }),
    alert("f", { state: "closed" }),
  ]);
  assert.deepEqual(found, { 1: 1, 2: 1, 3: 1 });
});

test("the shelf is in the order of return", () => {
  const list = shelved([
    alert("a", { state: "shelved", shelved_until: "2026-07-26T18:00:00Z" }),
    alert("b", { state: "shelved", shelved_until: "2026-07-26T17:45:00Z" }),
    alert("c"),
  ]);
  assert.deepEqual(list.map((one) => one.alert), ["b", "a"]);
});

test("how likely an entry was is not said once the drone is inside, nor what is certain", () => {
  assert.equal(likelihood(alert("a", { rule: "predicted_entry", probability: 0.63 })), 0.63);
  assert.equal(likelihood(alert("a", { rule: "bearing", probability: 0.4 })), 0.4);
  assert.equal(likelihood(alert("a", { rule: "intrusion", probability: 0.63 })), null);
  assert.equal(likelihood(alert("a", { rule: "predicted_entry", probability: 1 })), null);
  assert.equal(likelihood(alert("a", { rule: "predicted_entry" })), null);
});
