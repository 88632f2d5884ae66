// The sensors at a glance: state, rate, latency, and how much each has reported of late.
import { number } from "../format";
import { t, word } from "../i18n";
import { heard, now } from "../live";
import { lately } from "../series";
import { status } from "../state";
import type { SensorStatus } from "../wire";

export type Health = "good" | "poor" | "bad";

/** How a sensor's state is to be taken. */
export function health(sensor: SensorStatus | null | undefined): Health {
  if (!sensor) return "bad";
  return sensor.state === "online" ? "good" : sensor.state === "degraded" ? "poor" : "bad";
}

export function HealthMark({ of }: { of: Health }) {
  const shapes: Record<Health, string> = { good: "M8 3.5a4.5 4.5 0 1 0 .01 0Z", poor: "M8 2 14.5 13.5h-13Z", bad: "M3 3h10v10H3Z" };
  return (
    <svg class={`health ${of}`} viewBox="0 0 16 16" width="10" height="10" aria-hidden="true">
      <path d={shapes[of]} fill="currentColor" />
    </svg>
  );
}

export function Spark({ points, label }: { points: readonly (number | null)[]; label: string }) {
  const most = Math.max(...points.map((value) => value ?? 0), 1e-9);
  return (
    <svg class="spark" viewBox="0 0 80 12" width="80" height="12" role="img" aria-label={label} preserveAspectRatio="none">
      {points.map((value, i) => value !== null && (
        <rect key={i} x={i * 2} width={1.4} y={12 - Math.max(0.6, (12 * value) / most)} height={Math.max(0.6, (12 * value) / most)} fill="currentColor" />
      ))}
    </svg>
  );
}

export function SensorStrip() {
  const told = Object.entries(status.value?.sensors ?? {});
  const well = told.filter(([, one]) => health(one) === "good").length;
  return (
    <section class="sensors" aria-label={t("sensors")}>
      <header>
        <h2>{t("sensors")}</h2>
        <span class="count">{t("nominal", { well, all: told.length })}</span>
        <a href="#/sensors">{t("details")}</a>
      </header>
      <div class="scroll" tabIndex={0} role="region" aria-label={`${t("sensors")}: ${t("nominal", { well, all: told.length })}`}>
        <table>
          <thead>
            <tr>
              <th scope="col" class="wide">{t("sensor")}</th>
              <th scope="col" class="left">{t("state")}</th>
              <th scope="col">{t("rate")}</th>
              <th scope="col">{t("sensor_latency")}</th>
              <th scope="col">{t("last_10_min")}</th>
            </tr>
          </thead>
          <tbody>
            {told.map(([name, one]) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td class={`left ${health(one)}`}><HealthMark of={health(one)} /> {word("sensor_state", one.state)}</td>
                <td>{one.rate_hz ? `${number(one.rate_hz, 1)} Hz` : "—"}</td>
                <td>{one.latency_s === null || one.latency_s === undefined ? "—" : one.latency_s < 1 ? `${number(one.latency_s * 1000)} ms` : `${number(one.latency_s, 1)} s`}</td>
                <td class={health(one)}><Spark points={lately(heard.value, name, now.value)} label={t("detections_rate", { sensor: name })} /></td>
              </tr>
            ))}
          </tbody>
        </table>
        {told.length === 0 && <p class="empty">{t("no_status")}</p>}
      </div>
    </section>
  );
}
