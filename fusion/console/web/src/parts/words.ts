// Sentences about alerts and tracks, in the language that was chosen.
import { entryIn, likelihood } from "../alerts";
import { number, timeOf } from "../format";
import { t, word } from "../i18n";
import { picture } from "../live";
import { type Drawn, nameOf } from "../picture";
import { zoneNames } from "../state";
import type { Alert } from "../wire";

export function zoneTitle(zone: string): string {
  return zoneNames.value.get(zone) ?? zone;
}

export function alertTitle(alert: Alert): string {
  return [word("rule", alert.rule), alert.zone && zoneTitle(alert.zone)].filter(Boolean).join(" — ");
}

/** What an alert is about, by a name that a person can say. */
export function alertTrack(alert: Alert): string {
  if (!alert.track) return alert.sensor ?? "";
  return picture?.find(alert.track)?.name ?? nameOf(alert.track, alert.track_state?.identity);
}

export function alertAbout(alert: Alert): string {
  const track = picture?.find(alert.track);
  const kind = track?.class || alert.track_state?.class;
  const height = track?.agl ?? alert.track_state?.position?.height_agl_m;
  const likely = likelihood(alert);
  const parts = [
    kind ? word("class", kind) : "",
    height === undefined || height === null ? "" : `${number(height)} m`,
    likely === null ? "" : t("probability", { percent: number(likely * 100) }),
  ];
  return parts.filter(Boolean).join(", ");
}

export interface Note {
  readonly time: string;
  readonly who: string;
  readonly what: string;
}

/** `2026-07-26T17:30:00Z m.durand: acknowledged – seen on camera 4`, in its parts. */
export function readNote(note: string): Note {
  const found = /^(\S+) ([^:]+): ?(.*)$/s.exec(note);
  return found ? { time: found[1] as string, who: found[2] as string, what: found[3] as string } : { time: "", who: "", what: note };
}

/** Who has it, since when. */
export function alertTaken(alert: Alert): string {
  if (!alert.acknowledged_by) return "";
  const note = [...(alert.notes ?? [])].reverse().map(readNote).find(({ what }) => what.startsWith("acknowledged"));
  return `${t("state_acknowledged")} · ${alert.acknowledged_by}${note ? ` ${timeOf(note.time)}` : ""}`;
}

/** What is said aloud by a screen reader when an alert comes. */
export function spoken(alert: Alert, now: number): string {
  const entry = entryIn(alert, now);
  return [t(`severity_${alert.severity}`), alertTitle(alert), alertTrack(alert), entry === null ? "" : t("entry_in", { seconds: number(entry) })].filter(Boolean).join(", ");
}

export function trackKind(track: Drawn): string {
  return track.class ? word("class", track.class) : t("class_none");
}
