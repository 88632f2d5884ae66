// One incident on paper: what, when, where, who. Read on the screen, printed by the browser.
import { useEffect, useRef } from "preact/hooks";
import { priority } from "../alerts";
import { metres, placeName, timeOf, timeZone, zoneName } from "../format";
import { language, t, word } from "../i18n";
import { reasonsOf } from "../i18n/reasons";
import { type Drawing, drawing, type GeoFeature, type Happened, type Step, steps } from "../incident";
import { PALETTES } from "../palette";
import { Mark } from "../parts/icons";
import { useReading } from "../parts/reading";
import { alertTitle, alertTrack } from "../parts/words";
import { may, session, site, zones } from "../state";
import type { Alert } from "../wire";

const FILES = ["json", "csv", "geojson", "kml"] as const;

export function Incident({ name }: { name: string }) {
  const path = `/alerts/${encodeURIComponent(name)}`;
  const alert = useReading<Alert>(path);
  const life = useReading<{ items: Happened[] }>(`${path}/life`);
  const around = useReading<{ features: GeoFeature[] }>(may("export") ? `${path}/export?format=geojson` : null);
  const sheet = useRef<HTMLElement>(null);
  useEffect(() => {
    // Paper is light, whatever the theme of the console.
    for (const [key, value] of Object.entries(PALETTES.light)) sheet.current?.style.setProperty(`--${key}`, value);
  }, []);
  const found = alert.told;
  const happened = life.told?.items ?? [];
  const told = happened.flatMap(({ alert: one }) => (one?.track_state?.position ? [{ latitude: one.track_state.position.latitude_deg, longitude: one.track_state.position.longitude_deg }] : []));
  const ready = found !== null && life.told !== null && (around.told !== null || !may("export"));
  return (
    <main class="paper" ref={sheet} data-ready={ready}>
      <nav class="row noprint" aria-label={t("screens")}>
        <a href="/">{t("incident_back")}</a>
        <span class="right" />
        {may("export") && FILES.map((kind) => <a key={kind} class="button" href={`/api/v1${path}/export?format=${kind}`} download aria-label={`${t("incident_files")}: ${kind}`}>{kind.toUpperCase()}</a>)}
        <button type="button" class="press" onClick={() => print()}>{t("print")}</button>
      </nav>
      {found ? <Sheet alert={found} steps={steps(happened)} drawn={drawing(found, around.told?.features ?? [], told, zones.value)} exported={around.told !== null} /> : <p class="empty">{t("incident_missing")}</p>}
    </main>
  );
}

function Sheet({ alert, steps: taken, drawn, exported }: { alert: Alert; steps: Step[]; drawn: Drawing | null; exported: boolean }) {
  const level = priority(alert.severity);
  const place = alert.track_state?.position;
  const sentences = reasonsOf(alert);
  return (
    <>
      <header>
        <p class="dim">{t("incident_title")} · {site.value?.site}</p>
        <h1><Mark level={level} named /> {alertTitle(alert)}</h1>
        <p class="lead"><b>P{level} {t(`severity_${alert.severity}`)}</b> · {word("state", alert.state)} · {alertTrack(alert)}</p>
      </header>
      <dl class="facts">
        <div><dt>{t("incident_number")}</dt><dd class="code">{alert.alert}</dd></div>
        <div><dt>{t("incident_raised")}</dt><dd>{timeOf(alert.raised, "full")} {zoneName()}</dd></div>
        <div><dt>{t("incident_changed")}</dt><dd>{timeOf(alert.updated, "full")} {zoneName()}</dd></div>
        <div><dt>{t("history_taken")}</dt><dd>{alert.acknowledged_by ?? "—"}</dd></div>
        {place && <div><dt>{t("incident_position")}</dt><dd>{placeName(place.latitude_deg, place.longitude_deg)}, {metres(place.height_agl_m)}</dd></div>}
        {alert.pilot && <div><dt>{t("incident_pilot")}</dt><dd>{placeName(alert.pilot.latitude_deg, alert.pilot.longitude_deg)}</dd></div>}
      </dl>
      {sentences.length > 0 && (
        <section>
          <h2>{t("incident_reasons")}</h2>
          <ul class="reasons">{sentences.map(({ text, lang }) => <li key={text} lang={lang}>{text}</li>)}</ul>
        </section>
      )}
      <section>
        <h2>{t("incident_map")}</h2>
        {drawn ? <Plan drawn={drawn} exported={exported} /> : <p class="dim">{t("incident_map_none")}</p>}
      </section>
      <section>
        <h2>{t("incident_life")}</h2>
        <table>
          <thead><tr><th scope="col">{t("time")} ({zoneName()})</th><th scope="col">{t("history_what")}</th><th scope="col">{t("who")}</th></tr></thead>
          <tbody>{taken.map((step, i) => <Row key={i} step={step} />)}</tbody>
        </table>
      </section>
      <footer class="dim">{t("incident_made", { time: `${timeOf(Date.now(), "full", timeZone.value)} ${zoneName()}`, who: session.value?.name ?? "", site: site.value?.site ?? "" })}</footer>
    </>
  );
}

function Row({ step: { time, alert, command, same } }: { step: Step }) {
  const said = alert ? `${word("state", alert.state)}, P${priority(alert.severity)}, ${word("rule", alert.rule)}` : `${t("incident_ordered")}: ${command?.command ? word("command", command.command) : ""}`;
  const why = command?.why ?? "";
  return (
    <tr>
      <th scope="row">{timeOf(time, "full")}</th>
      <td class="wide">
        {said}{why && <> – {why}</>}
        {same > 0 && <span class="dim"> (+{same} {t("incident_same")})</span>}
      </td>
      <td>{command?.who ?? (alert?.state === "acknowledged" ? (alert.acknowledged_by ?? "") : "")}</td>
    </tr>
  );
}

function Plan({ drawn, exported }: { drawn: Drawing; exported: boolean }) {
  const unit = drawn.size / 400;
  return (
    <figure>
      <svg class="plan" viewBox={`0 0 ${drawn.size} ${drawn.size}`} role="img" aria-label={t(exported ? "incident_map_label" : "incident_map_plain")} lang={language.value}>
        {drawn.zones.map(({ name, own, path }) => <path key={name} class={own ? "zone" : "zone beside"} d={path} fill-rule="evenodd" stroke-width={unit} />)}
        {drawn.others.map((path, i) => <path key={i} class="other" d={path} stroke-width={unit} />)}
        <path class="own" d={drawn.own} stroke-width={2.4 * unit} />
        {drawn.marks.map(({ kind, x, y }) =>
          kind === "pilot" ? <rect key={kind} class="pilot" x={x - 5 * unit} y={y - 5 * unit} width={10 * unit} height={10 * unit} stroke-width={1.6 * unit} /> : <circle key={kind} class={kind} cx={x} cy={y} r={(kind === "alert" ? 9 : 3) * unit} stroke-width={1.8 * unit} />,
        )}
        <path class="north" d={`M${14 * unit} ${34 * unit}V${12 * unit}l${-4 * unit} ${8 * unit}m${4 * unit} ${-8 * unit}l${4 * unit} ${8 * unit}`} stroke-width={1.4 * unit} />
      </svg>
      <figcaption class="dim">{t(exported ? "incident_map_label" : "incident_map_plain")} {t("incident_scale", { length: metres(drawn.across_m) })}.</figcaption>
    </figure>
  );
}
