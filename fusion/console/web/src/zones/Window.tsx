// A zone's hours changed at short notice, without publishing it anew.
import { useState } from "preact/hooks";
import { t } from "../i18n";
import { Because } from "../parts/Modal";
import { ask } from "../rest";
import { now } from "../live";
import { did, tell, zoneName } from "../state";
import type { Zone } from "../wire";
import { LAST, toWire } from "./When";

const HOURS = [1, 2, 4, 8, 24] as const;
type What = "now" | "span" | "off" | "clear";

export function Window({ zone, close }: { zone: Zone; close: () => void }) {
  const [what, setWhat] = useState<What>("now");
  const [hours, setHours] = useState(2);
  const [span, setSpan] = useState({ start: "", end: "" });
  const periods = (): object[] => {
    if (what === "off") return [];
    const [start, end] = [now.value, now.value + hours * 3_600_000].map((time) => new Date(time).toISOString());
    if (what === "now") return [{ start, end }];
    return [{ ...(span.start && { start: toWire(span.start) }), ...(span.end && { end: toWire(span.end) }) }];
  };
  const send = async (why: string) => {
    const path = `/zones/${encodeURIComponent(zone.zone)}/window`;
    const done = await did(() => (what === "clear" ? ask("DELETE", path, { why }) : ask("PUT", path, { periods: periods(), why })));
    if (done) tell(t("zone_window_done", { zone: zone.zone }));
    return done;
  };
  return (
    <Because title={t("zone_hours_of", { zone: zoneName(zone) })} verb={t("zone_window_set_verb")} send={send} close={close}>
      <label>{t("zone_window_what")}
        <select value={what} onChange={(event) => setWhat(event.currentTarget.value as What)}>
          <option value="now">{t("zone_window_now")} …</option>
          <option value="span">{t("zone_window_span")}</option>
          <option value="off">{t("zone_window_off")}</option>
          {zone.window && <option value="clear">{t("zone_window_clear")}</option>}
        </select>
      </label>
      {what === "now" && (
        <label>{t("zone_window_now")}
          <select value={hours} onChange={(event) => setHours(Number(event.currentTarget.value))}>{HOURS.map((one) => <option key={one} value={one}>{t("zone_window_hours", { hours: one })}</option>)}</select>
        </label>
      )}
      {what === "span" && (
        <div class="pair">
          {(["start", "end"] as const).map((end) => (
            <label key={end}>{t(`zone_${end}`)}<input type="datetime-local" max={LAST} value={span[end]} onInput={(event) => setSpan({ ...span, [end]: event.currentTarget.value })} /></label>
          ))}
        </div>
      )}
    </Because>
  );
}
