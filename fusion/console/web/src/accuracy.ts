// How well a sensor can tell where a track is: one figure for every kind of sensor, so that they can be set side by side.
import { type Place, RADIANS, towards } from "./geometry";
import type { Sensor } from "./wire";

/** m that light goes in a second: what a time difference is worth. */
const LIGHT = 299792458;

/** One sigma of where a sensor puts something at a place, m: its larger axis on the ground, where range and azimuth differ. Null where its site file gives none. */
export function accuracyAt(sensor: Sensor, place: Place | null): number | null {
  const told = sensor.accuracy ?? {};
  if (told.horizontal_m) return told.horizontal_m;
  if (told.tdoa_s) return LIGHT * told.tdoa_s;
  if (!told.azimuth_deg || !place || sensor.latitude_deg === null || sensor.longitude_deg === null) return null;
  const { distance } = towards({ latitude: sensor.latitude_deg, longitude: sensor.longitude_deg }, place);
  return Math.max(told.range_m ?? 0, distance * told.azimuth_deg * RADIANS);
}
