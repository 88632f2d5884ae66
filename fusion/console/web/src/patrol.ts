// What a patrol on foot needs of an alert: how far, in which direction, how high, where the pilot stands. Pure.
import { asks, priority } from "./alerts";
import { type Place, towards } from "./geometry";
import type { Drawn } from "./picture";
import type { Alert } from "./wire";

export interface Target {
  readonly alert: Alert;
  readonly at: Place | null;
  readonly agl: number | null;
  readonly distance: number | null; // m
  readonly azimuth: number | null; // ° from true north
}

/** Where an alert's track is: as the picture has it now, or else as the alert last said. */
export function placeOf(alert: Alert, track: Drawn | undefined): { at: Place | null; agl: number | null } {
  if (track && !track.ray) return { at: track.place, agl: track.agl };
  const told = alert.track_state?.position;
  return told ? { at: { latitude: told.latitude_deg, longitude: told.longitude_deg }, agl: told.height_agl_m } : { at: null, agl: null };
}

/** Every open alert as seen from a place: those that ask first, then the graver, then the nearer. */
export function targets(alerts: readonly Alert[], find: (track: string) => Drawn | undefined, here: Place): Target[] {
  return alerts
    .map((alert) => {
      const { at, agl } = placeOf(alert, find(alert.track));
      const way = at && towards(here, at);
      return { alert, at, agl, distance: way ? way.distance : null, azimuth: way ? way.azimuth : null };
    })
    .sort(
      (a, b) =>
        Number(asks(b.alert)) - Number(asks(a.alert)) || priority(a.alert.severity) - priority(b.alert.severity) ||
        (a.distance ?? Number.POSITIVE_INFINITY) - (b.distance ?? Number.POSITIVE_INFINITY),
    );
}

/** The wind's name of a direction, of eight in a row of words. */
export function wind(azimuth: number, names: string): string {
  const all = names.split(" ");
  return all[Math.round(azimuth / (360 / all.length)) % all.length] ?? "";
}
