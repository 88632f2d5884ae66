// The address of a tile of a WMTS, against OpenLayers' own source for such servers.
import assert from "node:assert/strict";
import { test } from "node:test";
import { get } from "ol/proj.js";
import WMTS from "ol/source/WMTS.js";
import WMTSTileGrid from "ol/tilegrid/WMTS.js";
import { template } from "../src/tiles";

const HALF = 20037508.342789244;
const wmts = { layer: "PLAN IGN/V2", style: "normal", matrix_set: "PM", matrix: "EPSG:3857:{z}", format: "image/png" };

function judge(url: string, requestEncoding: "KVP" | "REST"): (z: number, x: number, y: number) => string {
  const source = new WMTS({
    url, requestEncoding, layer: wmts.layer, style: wmts.style, matrixSet: wmts.matrix_set, format: wmts.format, projection: "EPSG:3857",
    tileGrid: new WMTSTileGrid({
      origin: [-HALF, HALF],
      resolutions: Array.from({ length: 20 }, (_, z) => (2 * HALF) / 256 / 2 ** z),
      matrixIds: Array.from({ length: 20 }, (_, z) => wmts.matrix.replace("{z}", `${z}`)),
    }),
  });
  return (z, x, y) => source.getTileUrlFunction()([z, x, y], 1, get("EPSG:3857") as never) as string;
}

const filled = (url: string, z: number, x: number, y: number) => template({ url, wmts }).replace("{z}", `${z}`).replace("{x}", `${x}`).replace("{y}", `${y}`);

const QUERY = ["http://tiles.example/wmts", "http://tiles.example/wmts?", "http://tiles.example/wmts?key=a%2Fb", "http://tiles.example/wmts?key=1&"];

test("a WMTS is asked by its query as OpenLayers asks it", () => {
  for (const url of QUERY) {
    const [ours, theirs] = [new URL(filled(url, 14, 8298, 5636)), new URL(judge(url, "KVP")(14, 8298, 5636))];
    const asked = (one: URL) => [...one.searchParams].map(([name, value]) => [name.toUpperCase(), value]).sort();
    assert.deepEqual(asked(ours), asked(theirs));
    assert.equal(ours.origin + ours.pathname, theirs.origin + theirs.pathname);
  }
});

test("a WMTS' template is filled in as OpenLayers fills it in", () => {
  const url = "http://tiles.example/{Layer}/{Style}/{TileMatrixSet}/{TileMatrix}/{TileRow}/{TileCol}.png";
  const decoded = (one: string) => decodeURIComponent(one).replace(/%/g, "");
  assert.equal(decoded(filled(url, 14, 8298, 5636)), decoded(judge(url, "REST")(14, 8298, 5636)));
});

test("an XYZ template stays as it is", () => {
  assert.equal(template({ url: "http://tiles.example/{z}/{x}/{-y}.png", wmts: null }), "http://tiles.example/{z}/{x}/{-y}.png");
});
