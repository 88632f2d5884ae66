// Who may fly where, drawn and changed: zones, their hours, the plan; each change with who and why.
import { signal } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";
import VectorSource from "ol/source/Vector";
import { timeOf, zoneName as clockName } from "../format";
import { mercator } from "../geometry";
import { t } from "../i18n";
import { goTo, makeMap } from "../map/MapView";
import { zoneFeatures } from "../map/base";
import { Editing } from "../map/editing";
import { outlines } from "../map/outlines";
import { Because } from "../parts/Modal";
import { ask } from "../rest";
import { did, may, plan, readZones, session, site, tell, zoneName, zones } from "../state";
import { palette } from "../theme";
import type { Zone } from "../wire";
import { blank, type Draft, draftOf, fresh, type Shape } from "../zones/draft";
import { Editor } from "../zones/Editor";
import { Window } from "../zones/Window";

const SHAPES: readonly Shape[] = ["Polygon", "Circle", "Corridor"];

/** The zone that is being drawn or changed: it waits while its author looks at the picture, or deals with an alarm. */
const begun = signal<Draft | null>(null);
let author: string | undefined; // whoever logs in next does not go on with it

function alter(more: Partial<Draft>): void {
  begun.value = begun.value && { ...begun.value, ...more };
}

export function Zones() {
  const box = useRef<HTMLDivElement>(null);
  const editing = useRef<Editing | null>(null);
  const map = useRef<ReturnType<typeof makeMap> | null>(null);
  if (begun.peek() && author !== session.value?.name) begun.value = null;
  const draft = begun.value;
  useEffect(() => {
    void readZones().catch(() => undefined);
    if (!box.current || !site.value) return undefined;
    const made = makeMap(box.current, site.value, { drawing: true });
    map.current = made;
    if (begun.value && may("zones")) open(begun.value);
    return () => {
      editing.current?.end();
      made.end();
    };
  }, []);
  useEffect(() => {
    if (draft) editing.current?.show(draft);
  }, [draft]);
  const close = () => {
    editing.current?.end();
    editing.current = null;
    begun.value = null;
  };
  const open = (made: Draft) => {
    if (!map.current) return;
    editing.current?.end();
    const others = zones.value.filter(({ zone }) => zone !== made.of?.zone);
    const beside = new VectorSource({ features: zoneFeatures(others, new Map(), palette.value) });
    editing.current = new Editing(map.current.map, palette.value, beside, alter);
    if (made.places.length === 0 && made.shape) editing.current.draw(made.shape);
    begun.value = made;
    author = session.value?.name;
  };
  const look = (zone: Zone) => {
    const [first] = outlines(zone.state?.geometry ?? zone.feature.geometry)[0]?.rings ?? [];
    if (!first || !map.current) return;
    const flat = first.map(mercator);
    const [xs, ys] = [flat.map(([x]) => x), flat.map(([, y]) => y)];
    map.current.map.getView().fit([Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)], { padding: [60, 60, 60, 60], maxZoom: 17, duration: 0 });
  };
  return (
    <main class="zones-page">
      <div class="side scroll" tabIndex={0} role="region" aria-label={t("zones_title")}>
        <h1>{t("zones_title")}</h1>
        {draft ? (
          <Editor draft={draft} change={alter} close={close} />
        ) : (
          <>
            {may("zones") && (
              <div class="row" role="group" aria-label={t("zones_draw")}>
                <span class="dim">{t("zones_draw")}</span>
                {SHAPES.map((shape) => <button key={shape} type="button" onClick={() => open(blank(shape, fresh(new Set(zones.value.map(({ zone }) => zone)))))}>{t(`zones_draw_${shape}`)}</button>)}
              </div>
            )}
            <Plan />
            <ol class="zone-list">{zones.value.map((zone) => <li key={zone.zone}><Row zone={zone} look={() => look(zone)} edit={() => { look(zone); open(draftOf(zone)); }} /></li>)}</ol>
            {zones.value.length === 0 && <p class="empty">{t("zones_none")}</p>}
          </>
        )}
      </div>
      <section class="map" aria-label={t("map")}>
        <div class="map-box" ref={box} tabIndex={0} role="application" aria-label={t("zone_map")} />
        {draft && <p class="map-hint">{t("zone_map_hint")}</p>}
        <button type="button" class="map-home" onClick={() => site.value && (goTo.value = { place: { latitude: site.value.latitude_deg, longitude: site.value.longitude_deg } })}>{t("zoom_site")}</button>
      </section>
    </main>
  );
}

function Row({ zone, look, edit }: { zone: Zone; look: () => void; edit: () => void }) {
  const [asked, setAsked] = useState<"hours" | "withdraw" | null>(null);
  const withdraw = async (why: string) => {
    const done = await did(() => ask("DELETE", `/zones/${encodeURIComponent(zone.zone)}`, { why }));
    if (done) tell(t("zone_withdrawn", { zone: zone.zone }));
    return done;
  };
  const name = zoneName(zone);
  return (
    <article class="zone-row" data-zone={zone.zone}>
      <p><button type="button" class="plain" onClick={look}><b>{name}</b></button> <span class="dim">{zone.zone}</span> <span class={`right count ${zone.active ? "well" : ""}`}>{t(zone.active ? "zone_active" : "zone_idle")}</span></p>
      <p class="dim">
        {t(zone.source === "file" ? "zone_file" : "zone_topic")}
        {zone.next_change && <> · {t("zone_changes", { time: `${timeOf(zone.next_change, "full")} ${clockName()}` })}</>}
        {zone.window && <> · {t("zone_window_set", { who: zone.window.who, why: zone.window.why })}</>}
      </p>
      {may("zones") && (
        <div class="row">
          <button type="button" onClick={edit} aria-label={t("zone_edit_of", { zone: name })}>{t("zone_edit")}</button>
          <button type="button" onClick={() => setAsked("hours")} aria-label={t("zone_hours_of", { zone: name })}>{t("zone_hours")}</button>
          <button type="button" onClick={() => setAsked("withdraw")} aria-label={t("zone_withdraw_of", { zone: name })}>{t("zone_withdraw")}</button>
        </div>
      )}
      {asked === "hours" && <Window zone={zone} close={() => setAsked(null)} />}
      {asked === "withdraw" && <Because title={t("zone_withdraw_of", { zone: name })} about={t("zone_withdraw_about")} verb={t("zone_withdraw")} send={withdraw} close={() => setAsked(null)} />}
    </article>
  );
}

function Plan() {
  const [wanted, setWanted] = useState<string | null>(null);
  const token = useRef<HTMLTextAreaElement>(null);
  const known = site.value?.plans ?? [];
  const signing = site.value?.plan_signing;
  if (known.length === 0) return null;
  const send = async (why: string) => {
    const done = await did(() => ask("PUT", "/plan", { plan: wanted, why, ...(signing === "person" ? { token: token.current?.value.trim() } : {}) }));
    if (done) tell(t("zones_plan_done", { plan: wanted ?? "" }));
    return done;
  };
  return (
    <div class="row" role="group" aria-label={t("zones_plan")}>
      <span class="dim">{t("zones_plan")}</span>
      {known.map((one) => <button key={one} type="button" aria-pressed={plan.value === one} disabled={!may("zones") || plan.value === one} onClick={() => setWanted(one)}>{one}</button>)}
      {signing && <span class="dim">{t(`zones_plan_${signing}`)}</span>}
      {wanted !== null && (
        <Because title={t("zones_plan_set", { plan: wanted })} verb={t("zones_plan_set", { plan: wanted })} send={send} close={() => setWanted(null)}>
          {signing === "person" && (
            <label>
              {t("zones_plan_token")}
              <textarea ref={token} required maxLength={4096} rows={4} spellcheck={false} />
            </label>
          )}
        </Because>
      )}
    </div>
  );
}
