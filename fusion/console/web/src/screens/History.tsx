// Which alarms came, how often, who took them: for the shift's report and for whoever tunes the site.
import { useState } from "preact/hooks";
import { priority } from "../alerts";
import { number, stamp } from "../format";
import { language, t, word } from "../i18n";
import { alerts } from "../live";
import { Mark } from "../parts/icons";
import { usePages, useReading } from "../parts/reading";
import { Table } from "../parts/Table";
import { alertTitle, alertTrack } from "../parts/words";
import { GRAVEST_FIRST, load, type Rates } from "../rates";
import type { Alert } from "../wire";

const SPANS = [1, 8, 24, 168] as const;

export function History() {
  const [hours, setHours] = useState<(typeof SPANS)[number]>(24);
  const [opened, setOpened] = useState(Date.now());
  const [severity, setSeverity] = useState("");
  const [text, setText] = useState("");
  const from = new Date(opened - hours * 3_600_000).toISOString();
  const list = usePages<{ alert: Alert }>(`/alerts?state=all&limit=200&from=${encodeURIComponent(from)}`);
  // What stands behind # is not sent: it only says that the question is a new one.
  const rates = useReading<Rates>(`/alerts/rates?hours=${hours}#${opened}`);
  const chosen = list.items?.map(({ alert }) => alert).filter((alert) => (!severity || alert.severity === severity) && fits(alert, text)).sort((a, b) => (a.raised < b.raised ? 1 : -1)) ?? null; // they come as they were told of last
  return (
    <main class="page">
      <h1>{t("history_title")}</h1>
      <div class="row filters">
        <label>{t("history_span")}
          <select value={hours} onChange={(event) => { setHours(Number(event.currentTarget.value) as typeof hours); setOpened(Date.now()); }}>
            {SPANS.map((one) => <option key={one} value={one}>{t(`history_${one}`)}</option>)}
          </select>
        </label>
        <label>{t("history_priority")}
          <select value={severity} onChange={(event) => setSeverity(event.currentTarget.value)}>
            <option value="">{t("all")}</option>
            {GRAVEST_FIRST.map((one) => <option key={one} value={one}>P{priority(one)} {t(`severity_${one}`)}</option>)}
          </select>
        </label>
        <label>{t("history_find")}
          <input type="search" value={text} onInput={(event) => setText(event.currentTarget.value)} />
        </label>
      </div>
      {rates.told && <Chart rates={rates.told} />}
      <Table
        title={t("history_list")}
        columns={[t("history_raised"), t("history_what"), t("history_track"), t("state"), t("history_taken"), t("history_updated")]}
        rows={chosen && chosen.map((alert) => <Row key={alert.alert} alert={alerts.value.find((one) => one.alert === alert.alert) ?? alert} />)}
        none={t("history_none")}
        more={list.more}
      />
    </main>
  );
}

function Row({ alert }: { alert: Alert }) {
  return (
    <tr>
      <th scope="row"><a href={`/incident/${encodeURIComponent(alert.alert)}`}>{stamp(alert.raised)}</a></th>
      <td><Mark level={priority(alert.severity)} hollow named /> {alertTitle(alert)}</td>
      <td>{alertTrack(alert)}</td>
      <td>{word("state", alert.state)}</td>
      <td>{alert.acknowledged_by ?? "—"}</td>
      <td>{stamp(alert.updated)}</td>
    </tr>
  );
}

/** Whether an alert has what is looked for in what can be read of it. */
function fits(alert: Alert, text: string): boolean {
  const wanted = text.trim().toLocaleLowerCase(language.value);
  if (!wanted) return true;
  return [alertTitle(alert), alertTrack(alert), alert.acknowledged_by ?? "", alert.zone, alert.alert].some((one) => one.toLocaleLowerCase(language.value).includes(wanted));
}

function Chart({ rates }: { rates: Rates }) {
  const { perStep, total, hourly, peak, flooded } = load(rates);
  const most = Math.max(peak, 1);
  const wide = 100 / perStep.length;
  return (
    <section class="panel rates" aria-label={t("history_rates")}>
      <header class="row"><h2>{t("history_rates")}</h2></header>
      <dl class="figures">
        <div><dd>{number(total)}</dd><dt>{t("history_total")}</dt></div>
        <div><dd>{number(hourly, 1)}</dd><dt>{t("history_hourly")}</dt></div>
        <div><dd>{number(peak)}</dd><dt>{t("history_peak")}</dt></div>
        <div><dd>{number(flooded * 100, 1)} %</dd><dt>{t("history_flooded")}</dt></div>
      </dl>
      <svg viewBox="0 0 100 40" preserveAspectRatio="none" role="img" aria-label={t("history_chart", { count: total, most: peak })}>
        {perStep.map((_, i) => {
          let below = 0;
          return GRAVEST_FIRST.map((severity) => {
            const count = rates.counts[severity][i] ?? 0;
            below += count;
            return count > 0 && <rect key={severity} class={`bar p${priority(severity)}`} x={i * wide} width={wide * 0.86} y={40 - (40 * below) / most} height={(40 * count) / most} />;
          });
        })}
      </svg>
      <p class="row dim"><span>{stamp(rates.from)}</span><span class="right">{stamp(rates.to)}</span></p>
      <p class="dim">{t("history_yardstick")}</p>
    </section>
  );
}
