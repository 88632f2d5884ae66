// One zone's form: what it is called, what it asks, where and how high, when. Checked by the server as it is written.
import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../i18n";
import { Because } from "../parts/Modal";
import { ask } from "../rest";
import { did, tell } from "../state";
import { type Draft, featureOf, readPlaces, REFERENCES, TYPES, written } from "./draft";
import { When } from "./When";

const SETTLED_MS = 400; // after the last key: a check for each letter would say nothing more

interface Checked {
  errors: { field: string; reason: string }[];
}

export function Editor({ draft, change, close }: { draft: Draft; change: (more: Partial<Draft>) => void; close: () => void }) {
  const [fault, setFault] = useState<string | null>(null);
  const [publishing, setPublishing] = useState(false);
  const [unread, setUnread] = useState<number | null>(null); // the line of the corners that says none: the draft has not what is written
  const complete = unread === null && (draft.shape === null || draft.places.length >= { Circle: 1, Corridor: 2, Polygon: 3 }[draft.shape]);
  useEffect(() => {
    if (!complete) return undefined;
    let over = false;
    const later = setTimeout(() => {
      void ask<Checked>("POST", "/zones/check", { feature: featureOf(draft) }).then(({ body }) => {
        if (!over) setFault(body.errors.map(({ reason }) => reason).join("; "));
      }, () => undefined);
    }, SETTLED_MS);
    return () => {
      over = true;
      clearTimeout(later);
    };
  }, [draft]);
  const publish = async (why: string) => {
    const seen: Record<string, string> = draft.of ? { "If-Match": draft.of.etag } : { "If-None-Match": "*" };
    const done = await did(() => ask("PUT", `/zones/${encodeURIComponent(draft.identifier)}`, { feature: featureOf(draft), why }, seen));
    if (done) {
      tell(t("zone_published", { zone: draft.identifier }));
      close();
    }
    return done;
  };
  const text = (key: "identifier" | "country") => (event: Event) => change({ [key]: (event.currentTarget as HTMLInputElement).value.trim() });
  return (
    <section class="editor" aria-label={t("zone_editor", { zone: draft.identifier })}>
      <h2>{t("zone_editor", { zone: draft.identifier })}</h2>
      <form onSubmit={(event) => { event.preventDefault(); setPublishing(true); }}>
        <div class="pair">
          <label>{t("zone_identifier")}<input value={draft.identifier} onInput={text("identifier")} required maxLength={7} disabled={draft.of !== null} /></label>
          <label>{t("zone_country")}<input value={draft.country} onInput={text("country")} required maxLength={3} /></label>
        </div>
        <div class="pair">
          {(["en", "fr"] as const).map((language) => (
            <label key={language}>{t(`zone_name_${language}`)}<input value={draft.names[language]} maxLength={200} onInput={(event) => change({ names: { ...draft.names, [language]: event.currentTarget.value } })} /></label>
          ))}
        </div>
        <div class="pair">
          <label>{t("zone_type")}
            <select value={draft.type} onChange={(event) => change({ type: event.currentTarget.value })}>
              {TYPES.map((one) => <option key={one} value={one}>{t(`zone_type_${one}`)}</option>)}
              {!TYPES.some((one) => one === draft.type) && <option value={draft.type}>{draft.type}</option>}
            </select>
          </label>
          <label>{t("zone_severity")}
            <select value={draft.severity} onChange={(event) => change({ severity: event.currentTarget.value as Draft["severity"] })}>
              <option value="">{t("zone_severity_type")}</option>
              {(["advisory", "warning", "critical"] as const).map((one) => <option key={one} value={one}>{t(`severity_${one}`)}</option>)}
            </select>
          </label>
        </div>
        {draft.shape === null ? <p class="dim">{t("zone_shape_kept")}</p> : <><Where draft={draft} change={change} wrong={unread} setWrong={setUnread} /><Heights draft={draft} change={change} /></>}
        <When draft={draft} change={change} />
        <p role="status" class={fault ? "warned" : ""}>{complete && fault !== null && (fault ? t("zone_check_bad", { reason: fault }) : t("zone_check_good"))}</p>
        <div class="row end">
          <button type="button" onClick={close}>{t("cancel")}</button>
          <button type="submit" class="press" disabled={!complete || fault !== ""}>{t("zone_publish")}</button>
        </div>
      </form>
      {publishing && <Because title={t("zone_publish_of", { zone: draft.identifier })} verb={t("zone_publish")} send={publish} close={() => setPublishing(false)} />}
    </section>
  );
}

type Part = { draft: Draft; change: (more: Partial<Draft>) => void };

/** Corners in writing: for whom the map is no help, and for figures from a decree. */
function Where({ draft, change, wrong, setWrong }: Part & { wrong: number | null; setWrong: (line: number | null) => void }) {
  const box = useRef<HTMLTextAreaElement>(null);
  const told = written(draft.places);
  useEffect(() => {
    if (!box.current || document.activeElement === box.current) return;
    box.current.value = told;
    setWrong(null);
  }, [told]);
  const take = (event: Event) => {
    const { places, wrong: line } = readPlaces((event.currentTarget as HTMLTextAreaElement).value);
    setWrong(line);
    if (line === null) change({ places });
  };
  return (
    <>
      <label>{t(draft.shape === "Circle" ? "zone_middle" : "zone_places")}
        <textarea ref={box} class="code" rows={draft.shape === "Circle" ? 1 : 5} defaultValue={told} onInput={take} spellcheck={false} aria-invalid={wrong !== null} />
      </label>
      {wrong !== null && <p class="warned" role="alert">{t("zone_places_wrong", { line: wrong })}</p>}
      {draft.shape !== "Polygon" && (
        <label>{t(draft.shape === "Circle" ? "zone_radius" : "zone_width")}
          <input type="number" min={1} max={draft.shape === "Circle" ? 1_000_000 : 10_000} step="any" value={draft.metres} required onInput={(event) => change({ metres: Number(event.currentTarget.value) })} />
        </label>
      )}
    </>
  );
}

function Heights({ draft, change }: Part) {
  const { layer } = draft;
  const set = (more: object) => change({ layer: { ...layer, ...more } });
  return (
    <fieldset class="heights">
      <legend>{t("zone_heights_of")} ({layer.uom})</legend>
      {(["lower", "upper"] as const).map((limit) => (
        <div key={limit} class="pair">
          <label>{t(`zone_${limit}`)}
            <input type="number" step="any" value={layer[limit] ?? ""} onInput={(event) => set(event.currentTarget.value === "" ? { [limit]: undefined, [`${limit}Reference`]: undefined } : { [limit]: Number(event.currentTarget.value), [`${limit}Reference`]: layer[`${limit}Reference`] ?? "AGL" })} />
          </label>
          <label>{t("zone_reference")}
            <select value={layer[`${limit}Reference`] ?? "AGL"} onChange={(event) => set({ [`${limit}Reference`]: event.currentTarget.value })}>
              {REFERENCES.map((one) => <option key={one} value={one}>{t(`zone_ref_${one}`)}</option>)}
            </select>
          </label>
        </div>
      ))}
    </fieldset>
  );
}
