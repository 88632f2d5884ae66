// Each sensor by itself: how often it speaks, how late, how far off it is, and how far it has really seen.
import { useEffect } from "preact/hooks";
import { number, signed, span } from "../format";
import { t, word } from "../i18n";
import { changed, now } from "../live";
import { polar } from "../polar";
import { health, HealthMark } from "../parts/SensorStrip";
import { attempt, readSensors, sensors, status } from "../state";
import type { Bias, Sensor, SensorStatus } from "../wire";

const AGAIN_MS = 5_000; // what was seen grows by the minute, not by the second

export function Sensors() {
  useEffect(() => {
    void attempt(readSensors, t("unreachable"));
    const again = setInterval(() => void readSensors().catch(() => undefined), AGAIN_MS);
    return () => clearInterval(again);
  }, [changed.value.what === "sensors" ? changed.value.times : 0]);
  return (
    <main class="page">
      <h1>{t("screen_sensors")}</h1>
      {sensors.value.length === 0 && <p class="empty">{t("sensors_none")}</p>}
      <div class="cards">
        {sensors.value.map((sensor) => <Card key={sensor.sensor} sensor={sensor} told={status.value?.sensors?.[sensor.sensor] ?? sensor.health} />)}
      </div>
    </main>
  );
}

function Card({ sensor, told }: { sensor: Sensor; told: SensorStatus | null }) {
  const furthest = Math.max(0, ...(sensor.seen?.range_m ?? []));
  return (
    <section class="panel card" aria-labelledby={`sensor-${sensor.sensor}`}>
      <header class="row">
        <h2 id={`sensor-${sensor.sensor}`}>{sensor.sensor}</h2>
        <span class="dim">{word("sensor_kind", sensor.kind)}</span>
        <span class={`right ${health(told)}`}><HealthMark of={health(told)} /> {word("sensor_state", told?.state ?? "unknown")}</span>
      </header>
      {told?.flooded && <p class="warned">{t("sensor_flooded")}</p>}
      <div class="halves">
        <dl class="facts">
          <Fact name={t("rate")} value={told?.rate_hz ? `${number(told.rate_hz, 2)} Hz` : "—"} />
          <Fact name={t("sensor_latency")} value={seconds(told?.latency_s)} />
          <Fact name={t("sensor_age")} value={told?.age_s === null || told?.age_s === undefined ? "—" : `${span(told.age_s + Math.max(0, (now.value - Date.parse(status.value?.time ?? "")) / 1000 || 0))}`} />
          <Fact name={t("sensor_looks")} value={number(told?.scans)} />
          <Fact name={t("sensor_detections")} value={number(told?.detections)} />
          <Fact name={t("sensor_rejected")} value={number(told?.rejected)} />
          <Fact name={t("sensor_late")} value={number(told?.late)} />
          <Fact name={t("sensor_gaps")} value={number(told?.gaps)} />
        </dl>
        <figure>
          <Reach sensor={sensor} furthest={furthest} />
          <figcaption class="dim">{t("sensor_seen_most", { range: furthest > 0 ? `${number(furthest / 1000, 2)} km` : "—" })}</figcaption>
        </figure>
      </div>
      <p class="biases"><span class="dim">{t("sensor_bias")}</span>{biases(told?.bias).map((one) => <span key={one}>{one}</span>)}</p>
    </section>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return <div><dt>{name}</dt><dd>{value}</dd></div>;
}

function seconds(value: number | null | undefined): string {
  if (value === null || value === undefined) return "—";
  return value < 1 ? `${number(value * 1000)} ms` : `${number(value, 1)} s`;
}

const PARTS = [["range_m", "range_sigma_m", "m", 1], ["azimuth_deg", "azimuth_sigma_deg", "°", 2], ["elevation_deg", "elevation_sigma_deg", "°", 2],
  ["time_s", "time_sigma_s", "s", 2], ["east_m", "east_sigma_m", "m", 1], ["north_m", "north_sigma_m", "m", 1], ["up_m", "up_sigma_m", "m", 1]] as const;

/** What a sensor is off by, with one standard deviation, part by part. */
function biases(bias: Bias | null | undefined): string[] {
  const told = PARTS.filter(([part]) => bias?.[part] !== null && bias?.[part] !== undefined).map(
    ([part, sigma, unit, digits]) => `${t(`sensor_bias_${part}`)} ${signed(bias?.[part], digits)} ± ${number(bias?.[sigma], digits)} ${unit}`,
  );
  return told.length ? told : [t("sensor_bias_none")];
}

/** What it should cover as a dashed line, what was really seen as a filled one; north is up. */
function Reach({ sensor, furthest }: { sensor: Sensor; furthest: number }) {
  const named = sensor.coverage.range_m?.[1] ?? 0;
  const most = Math.max(named, furthest, 1);
  const sectors = sensor.seen?.range_m ?? [];
  const [from, to] = sensor.coverage.azimuth_deg ?? [0, 360];
  return (
    <svg class="reach" viewBox="-104 -104 208 208" width="168" height="168" role="img" aria-label={`${t("sensor_seen", { sensor: sensor.sensor })}: ${t("sensor_seen_most", { range: `${number(furthest)} m` })}`}>
      <circle r="100" class="rim" />
      <circle r="50" class="rim" />
      <path d="M0-104V104M-104 0H104" class="rim" />
      {named > 0 && <path d={polar([[from, to, (100 * named) / most]])} class="named" />}
      <path d={polar(sectors.map((range, i) => [i * (sensor.seen?.sector_deg ?? 10), (i + 1) * (sensor.seen?.sector_deg ?? 10), (100 * range) / most]))} class="seen" />
    </svg>
  );
}
