// The last hour: detections a minute as far as the console has heard them, and when alerts were raised.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { type Priority, priority } from "../alerts";
import { number, timeOf, zoneName } from "../format";
import { t } from "../i18n";
import { alerts, heard, now } from "../live";
import { get, type List } from "../rest";
import type { Alert } from "../wire";
import { Mark } from "./icons";
import { perMinute } from "../series";
import { focused } from "../state";
import { alertTitle } from "./words";

const SPAN_MS = 3_600_000;
const MINUTE = 60_000;

export function Timeline() {
  const past = useSignal<Alert[]>([]);
  useEffect(() => {
    const read = async () => {
      const from = new Date(now.peek() - SPAN_MS).toISOString();
      const told = await get<List<{ alert: Alert }>>(`/alerts?state=all&from=${encodeURIComponent(from)}&limit=500`).catch(() => null);
      if (told) past.value = told.items.map(({ alert }) => alert);
    };
    void read();
    const again = setInterval(read, 60_000);
    return () => clearInterval(again);
  }, []);
  const end = Math.ceil(now.value / 1000) * 1000;
  const begin = end - SPAN_MS;
  const bars = perMinute(heard.value, end);
  const most = Math.max(1, ...bars.map((bar) => bar ?? 0));
  const known = new Map([...past.value, ...alerts.value].map((alert) => [alert.alert, alert]));
  const marks = [...known.values()].filter((alert) => Date.parse(alert.raised) >= begin).sort((a, b) => priority(b.severity) - priority(a.severity));
  const firstKnown = bars.findIndex((bar) => bar !== null);
  return (
    <section class="timeline" aria-label={t("timeline")}>
      <header>
        <h2>{t("timeline")}</h2>
        <span class="dim">{t("last_hour")}</span>
        <span class="gap" />
        <span class="legend"><i /> {t("detections_min", { most: number(most) })}</span>
        {([1, 2, 3] as Priority[]).map((level) => <span class="legend" key={level}><Mark level={level} /> P{level}</span>)}
        <b>{timeOf(now.value)} {zoneName()}</b>
      </header>
      <div class="chart">
        <svg viewBox="0 0 600 100" preserveAspectRatio="none" role="img" aria-label={t("timeline_label", { count: marks.length })}>
          {firstKnown !== 0 && <rect class="unheard" x={0} width={(firstKnown < 0 ? 60 : firstKnown) * 10} y={0} height={100} />}
          {bars.map((bar, i) => bar !== null && <rect key={i} class="bar" x={i * 10 + 1} width={8} y={100 - (86 * bar) / most} height={(86 * bar) / most} />)}
          {[0, 10, 20, 30, 40, 50].map((minute) => <line key={minute} class="grid" x1={minute * 10} x2={minute * 10} y1={0} y2={100} />)}
        </svg>
        <div class="marks">
          {marks.slice(-120).map((alert) => (
            <button
              type="button"
              key={alert.alert}
              class={`p${priority(alert.severity)}`}
              ref={(box) => { if (box) box.style.left = `${((Date.parse(alert.raised) - begin) / SPAN_MS) * 100}%`; }}
              title={`${timeOf(alert.raised)} ${alertTitle(alert)}`}
              aria-label={`${timeOf(alert.raised)} ${t(`priority_${priority(alert.severity)}`)} ${alertTitle(alert)}`}
              onClick={() => { focused.value = alert.alert; }}
            >
              <Mark level={priority(alert.severity)} />
            </button>
          ))}
        </div>
        {firstKnown !== 0 && <span class="unheard-note dim">{t("not_heard")}</span>}
      </div>
      <div class="axis" aria-hidden="true">
        {[60, 50, 40, 30, 20, 10, 0].map((minute) => <span key={minute}>{timeOf(end - minute * MINUTE, "minute")}</span>)}
      </div>
    </section>
  );
}
