// Tiles from elsewhere, as a site's file names them: the address of each, for an XYZ server and for a WMTS.
import type { Site } from "./wire";

type Tiles = NonNullable<Site["tiles"]>;

/** Give the template of a tile's address with {z}, {x} and {y}: of a WMTS its ResourceURL filled in, or GetTile in its query (OGC 07-057r7). */
export function template({ url, wmts }: Pick<Tiles, "url" | "wmts">): string {
  if (!wmts) return url;
  const { layer, style, matrix_set, matrix, format } = wmts;
  if (url.includes("{")) {
    const parts: Record<string, string> = {
      Layer: encodeURIComponent(layer), Style: encodeURIComponent(style), TileMatrixSet: encodeURIComponent(matrix_set),
      TileMatrix: matrix, TileRow: "{y}", TileCol: "{x}",
    };
    return url.replace(/\{(\w+)\}/g, (whole, name: string) => parts[name] ?? whole);
  }
  const fixed = { SERVICE: "WMTS", REQUEST: "GetTile", VERSION: "1.0.0", LAYER: layer, STYLE: style, FORMAT: format, TILEMATRIXSET: matrix_set };
  const query = Object.entries(fixed).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  const join = url.includes("?") ? (/[?&]$/.test(url) ? "" : "&") : "?";
  return `${url}${join}${[...query, `TILEMATRIX=${matrix}`, "TILEROW={y}", "TILECOL={x}"].join("&")}`;
}
