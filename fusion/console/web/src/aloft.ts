// Where sensors are now: one that moves is where the newest status has it, and what it covers turns with it.
import type { Sensor, Status } from "./wire";

/** Sensors as they stand now; the same array where none moves, so that nothing is drawn anew. */
export function standing(sensors: readonly Sensor[], status: Status | null): readonly Sensor[] {
  if (!sensors.some((sensor) => sensor.moves)) return sensors;
  return sensors.map((sensor) => {
    const health = status?.sensors?.[sensor.sensor] ?? sensor.health;
    const pose = health?.pose;
    if (!sensor.moves || !pose) return sensor;
    return {
      ...sensor, health, latitude_deg: pose.latitude_deg, longitude_deg: pose.longitude_deg, altitude_hae_m: pose.altitude_hae_m,
      coverage: { ...sensor.coverage, azimuth_deg: turned(sensor.coverage.azimuth_deg ?? [0, 360], sensor.directions === "body" ? (pose.heading_deg ?? 0) : 0) },
    };
  });
}

function turned([from, to]: [number, number], by: number): [number, number] {
  return Math.abs(to - from) >= 360 ? [from, to] : [(from + by) % 360, (to + by) % 360];
}

/** How old a sensor's place is, s, at a time in ms; null where it does not move or has not said yet. */
export function placeAge(status: Status | null, sensor: string, now: number): number | null {
  const age = status?.sensors?.[sensor]?.pose?.age_s;
  if (age === null || age === undefined) return null;
  return age + Math.max(0, (now - Date.parse(status?.time ?? "")) / 1000 || 0);
}
