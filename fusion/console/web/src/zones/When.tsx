// When a zone is in force as it is published.
import { t } from "../i18n";
import { DAYS, type Draft, type Hours } from "./draft";

/** What a date field writes (`2026-07-26T17:30`, meant as UTC) and what the wire takes; a year of five digits, of which a field takes six, is none. */
export const toWire = (field: string): string => (/^\d{4}-/.test(field) ? `${field.slice(0, 16)}:00Z` : "");
export const toField = (wire: string): string => (Number.isNaN(Date.parse(wire)) ? "" : new Date(wire).toISOString().slice(0, 16));
/** The last that a date field takes: it keeps a browser from asking for years of six digits. */
export const LAST = "9999-12-31T23:59";

export function When({ draft, change }: { draft: Draft; change: (more: Partial<Draft>) => void }) {
  const { span, weekly } = draft;
  const choices: Hours[] = draft.of && draft.hours === "kept" ? ["always", "span", "weekly", "kept"] : ["always", "span", "weekly"];
  return (
    <>
      <label>{t("zone_when")}
        <select value={draft.hours} onChange={(event) => change({ hours: event.currentTarget.value as Hours })}>
          {choices.map((one) => <option key={one} value={one}>{t(`zone_when_${one}`)}</option>)}
        </select>
      </label>
      {draft.hours === "span" && (
        <div class="pair">
          {(["start", "end"] as const).map((end) => (
            <label key={end}>{t(`zone_${end}`)}<input type="datetime-local" max={LAST} value={toField(span[end])} onInput={(event) => change({ span: { ...span, [end]: toWire(event.currentTarget.value) } })} /></label>
          ))}
        </div>
      )}
      {draft.hours === "weekly" && (
        <>
          <fieldset class="days">
            <legend>{t("zone_days")}</legend>
            {DAYS.map((day) => (
              <label key={day} class="check"><input type="checkbox" checked={weekly.days.includes(day)} onChange={(event) => change({ weekly: { ...weekly, days: DAYS.filter((one) => (one === day ? event.currentTarget.checked : weekly.days.includes(one))) } })} />{t(`day_${day}`)}</label>
            ))}
          </fieldset>
          <div class="pair">
            {(["start", "end"] as const).map((end) => (
              <label key={end}>{t(`zone_${end}`)}<input type="time" required value={weekly[end]} onInput={(event) => change({ weekly: { ...weekly, [end]: event.currentTarget.value } })} /></label>
            ))}
          </div>
        </>
      )}
    </>
  );
}
