// One track in full: figures, height profile, classes, who sees it, who flies it, what happened, what is to be done.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { accuracyAt } from "../accuracy";
import { asks, entryIn, priority } from "../alerts";
import { towards } from "../geometry";
import { course, metres, number, signed, span, timeOf } from "../format";
import { t, word } from "../i18n";
import { reason } from "../i18n/reasons";
import { alerts, mode, now, picture, tick, watch, watched } from "../live";
import { goTo } from "../map/MapView";
import { limits, type Limits } from "../map/outlines";
import { courseOf, type Drawn, speedOf } from "../picture";
import { get } from "../rest";
import { followed, may, placed, selected, site, zones } from "../state";
import type { Alert, Track } from "../wire";
import { Mark, Symbol } from "./icons";
import { Profile, type Height } from "./Profile";
import { Procedure } from "./Procedure";
import { type Near, nearest } from "./TrackTable";
import { asking } from "./dialog";
import { alertTitle, readNote, trackKind, zoneTitle } from "./words";

const CLASSES = ["multirotor", "fixed_wing", "bird", "manned", "other"] as const;

interface History {
  t0: number;
  columns: string[];
  rows: (number | null)[][];
}

/** Heights of the last three minutes, read anew every five seconds. */
function useHeights(track: string | null): Height[] {
  const heights = useSignal<Height[]>([]);
  useEffect(() => {
    heights.value = [];
    if (!track || mode.value !== "live") return undefined;
    let gone = false;
    const read = async () => {
      const told = await get<History>(`/tracks/${track}/history?seconds=180`).catch(() => null);
      if (gone || !told) return;
      const [dt, agl] = [told.columns.indexOf("dt"), told.columns.indexOf("agl")];
      heights.value = told.rows.filter((row) => row[agl] !== null).map((row) => ({ time: told.t0 + (row[dt] as number), agl: (row[agl] as number) * 0.1 }));
    };
    void read();
    const again = setInterval(read, 5_000);
    return () => {
      gone = true;
      clearInterval(again);
    };
  }, [track]);
  return heights.value;
}

export function Inspector() {
  void tick.value;
  const id = selected.value;
  const heights = useHeights(id);
  const track = picture?.find(id);
  if (!id || !track) {
    return (
      <aside class="inspector" aria-label={t("inspector")}>
        <p class="empty">{t(id ? "track_gone" : "choose_track")}</p>
      </aside>
    );
  }
  const about = alerts.value.filter((alert) => alert.track === id && alert.state !== "closed").sort((a, b) => priority(a.severity) - priority(b.severity));
  const full = watched.value?.track === id ? watched.value : null;
  const zone = nearest(track);
  const ceiling = zoneLimits(about[0]?.zone ?? zone.inside ?? zone.next);
  return (
    <aside class="inspector scroll" tabIndex={0} aria-label={t("inspector")}>
      <header>
        <Symbol verdict={track.verdict} kind={track.class} size={22} />
        <div>
          <h2>{track.name}</h2>
          <p class="dim">{trackKind(track)}{track.status === "coasting" ? ` · ${t("coasting")}` : ""}</p>
        </div>
        <div class="right">
          <b class={`verdict ${track.verdict}`}>{t(`verdict_${track.verdict}`)}</b>
          <p class="dim">{t("existence", { value: number(track.existence, 2) })}</p>
        </div>
        <button type="button" class="close" aria-label={t("close")} onClick={() => watch(null)}>×</button>
      </header>
      <Figures track={track} zone={zone} alert={about[0]} />
      {about[0] && (asks(about[0]) || about[0].acknowledged_by) && <Procedure alert={about[0]} />}
      {!track.ray && <Profile heights={withNow(heights, track)} climb={track.up} sigma={track.sigmaHeight} limits={ceiling} zone={about[0]?.zone ?? zone.inside ?? zone.next} />}
      <Classes full={full} />
      <Reasons full={full} track={track} />
      <Sensors full={full} track={track} />
      <Events alerts={about} track={track} />
      <footer class="row">
        <button type="button" aria-pressed={followed.value} onClick={() => { followed.value = !followed.value; if (!track.ray) goTo.value = { place: track.place }; }}>{t("follow")} <kbd>F</kbd></button>
        {about[0] && may("command") && mode.value === "live" && (
          <>
            <button type="button" onClick={() => { asking.value = { alert: about[0] as Alert, name: "annotate" }; }}>{t("annotate")} <kbd>N</kbd></button>
            <button type="button" onClick={() => { asking.value = { alert: about[0] as Alert, name: "reject" }; }}>{t("reject")} <kbd>R</kbd></button>
          </>
        )}
      </footer>
    </aside>
  );
}

function withNow(heights: readonly Height[], track: Drawn): Height[] {
  const last = heights[heights.length - 1];
  return track.agl === null || (last && last.time >= track.time) ? [...heights] : [...heights, { time: track.time, agl: track.agl }];
}

function zoneLimits(name: string | null): Limits | null {
  const zone = zones.value.find((one) => one.zone === name);
  if (!zone || !site.value) return null;
  const geometry = zone.state?.geometry ?? zone.feature.geometry;
  return limits(geometry.layer ?? geometry.geometries?.[0]?.layer ?? null, site.value);
}

function Figure({ name, value, unit = "", urgent = false }: { name: string; value: string; unit?: string; urgent?: boolean }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd class={urgent ? "urgent" : ""}>{value}{unit && <small> {unit}</small>}</dd>
    </div>
  );
}

function Figures({ track, zone, alert }: { track: Drawn; zone: Near; alert: Alert | undefined }) {
  const entry = alert ? entryIn(alert, now.value) : null;
  if (track.ray) {
    return (
      <dl class="figures">
        <Figure name={t("sensor")} value={track.ray.sensor} />
        <Figure name={t("azimuth")} value={number(track.ray.azimuth, 1)} unit="°" />
        <Figure name="± 1 σ" value={number(track.ray.sigma, 1)} unit="°" />
      </dl>
    );
  }
  return (
    <dl class="figures">
      <Figure name={t("height_agl")} value={number(track.agl)} unit={`m ± ${number(track.sigmaHeight === null ? null : 1.96 * track.sigmaHeight)}`} />
      <Figure name={t("speed")} value={number(speedOf(track), 1)} unit="m/s" />
      <Figure name={t("course")} value={course(courseOf(track))} unit="°" />
      <Figure name={t("distance_zone")} value={number(zone.distance)} unit={zone.distance === null ? "" : "m"} />
      <Figure name={t("zone_entry")} value={entry === null ? "—" : span(entry)} urgent={entry !== null} />
      <Figure name={t("climb")} value={signed(track.up)} unit="m/s" />
      {zone.inside && <div class="wide"><dt>{t("inside_zone")}</dt><dd>{zoneTitle(zone.inside)}</dd></div>}
    </dl>
  );
}

function Classes({ full }: { full: Track | null }) {
  const classes = full?.classes ?? {};
  return (
    <section>
      <h3>{t("classification")}</h3>
      {Object.keys(classes).length === 0 && <p class="dim">{t("class_none")}</p>}
      {CLASSES.filter((name) => classes[name] !== undefined).map((name) => (
        <div class="bar" key={name}>
          <span>{word("class", name)}</span>
          <meter min={0} max={1} value={classes[name] as number} aria-label={word("class", name)} />
          <b>{number(classes[name] as number, 2)}</b>
        </div>
      ))}
    </section>
  );
}

function Reasons({ full, track }: { full: Track | null; track: Drawn }) {
  const reasons = full?.reasons ?? track.reasons;
  const identity = full?.identity ?? track.identity;
  if (reasons.length === 0 && !identity) return null;
  const parts = identity ? ([["serial", identity.serial], ["registration", identity.registration], ["icao24", identity.icao24], ["callsign", identity.callsign], ["operator", identity.operator]] as const).filter(([, value]) => value) : [];
  return (
    <section>
      <h3>{t(identity ? "identity" : "why")}{identity && <span class={`strength ${identity.strength}`}>{t(`strength_${identity.strength}`)}</span>}</h3>
      {parts.map(([name, value]) => <p key={name}><span class="dim">{t(`identity_${name}`)}</span> {value}</p>)}
      <ul class="reasons">
        {reasons.map((one) => {
          const said = reason(one);
          return <li key={one} lang={said.lang}>{said.text}</li>;
        })}
      </ul>
    </section>
  );
}

/** One sigma as it is written; to the metre, but where it is less than ten. */
function within(sigma: number | null): string {
  return sigma === null ? "" : `± ${number(sigma, sigma < 10 ? 1 : 0)} m`;
}

function Sensors({ full, track }: { full: Track | null; track: Drawn }) {
  const seen = Object.entries(full?.sensors ?? {}).sort((a, b) => (a[1] < b[1] ? 1 : -1));
  const names = seen.length ? seen : track.sensors.map((name) => [name, ""] as [string, string]);
  const size = track.major !== null && track.minor !== null ? `${number(2 * track.major)} × ${number(2 * track.minor)} m` : "";
  const accuracies = new Map(placed.value.map((sensor) => [sensor.sensor, within(accuracyAt(sensor, track.ray ? null : track.place))]));
  const at = site.value ? { latitude: site.value.latitude_deg, longitude: site.value.longitude_deg } : null;
  const away = track.pilot && !track.ray ? towards(track.place, track.pilot) : null;
  return (
    <section>
      <h3>{t("contributing")}<span class="right">{size && t("uncertainty", { size })}</span></h3>
      {names.map(([name, time]) => (
        <p class="line" key={name}>
          <span>{name}</span>
          <span class="dim" title={t("accuracy_here")}>{[accuracies.get(name), time && `${number(Math.max(0, (now.value - Date.parse(time)) / 1000), 1)} s`].filter(Boolean).join(" · ")}</span>
        </p>
      ))}
      {names.length === 0 && at && <p class="dim">—</p>}
      {may("pilot") && (
        <p class="line">
          <span>{track.pilot ? t("pilot") : t("no_pilot")}</span>
          {track.pilot && away && (
            <button type="button" class="plain" onClick={() => { goTo.value = { place: track.pilot as NonNullable<Drawn["pilot"]> }; }}>
              {metres(away.distance)}, {course(away.azimuth)}°
            </button>
          )}
        </p>
      )}
    </section>
  );
}

function Events({ alerts: about, track }: { alerts: readonly Alert[]; track: Drawn }) {
  const lines = [
    ...about.map((alert) => ({ time: alert.raised, text: alertTitle(alert), level: priority(alert.severity) })),
    ...about.flatMap((alert) => (alert.notes ?? []).map(readNote).map(({ time, who, what }) => ({ time, text: `${who}: ${what}`, level: null }))),
    ...(track.born ? [{ time: track.born, text: t("first_detection"), level: null }] : []),
  ].sort((a, b) => (a.time < b.time ? 1 : -1));
  return (
    <section>
      <h3>{t("events")}{about[0] && <a class="right" href={`/incident/${about[0].alert}`} target="_blank" rel="noopener">{t("incident_page")}</a>}</h3>
      <ol class="events">
        {lines.map((line, i) => (
          <li key={line.time + String(i)}>
            <time dateTime={line.time}>{timeOf(line.time)}</time> {line.level && <Mark level={line.level} named />} {line.text}
          </li>
        ))}
      </ol>
    </section>
  );
}

