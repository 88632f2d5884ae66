// A patrol's phone: the nearest alert, which way and how far, and where its pilot stands, for whom that is permitted.
import { signal } from "@preact/signals";
import { priority } from "../alerts";
import { metres, span } from "../format";
import type { Place } from "../geometry";
import { towards } from "../geometry";
import { t } from "../i18n";
import { reasonsOf } from "../i18n/reasons";
import { now, ordered, picture, tick } from "../live";
import { type Target, targets, wind } from "../patrol";
import { Logo, Mark } from "../parts/icons";
import { Clocks, Freshness } from "../parts/TopBar";
import { alertTitle, alertTrack } from "../parts/words";
import { may, site } from "../state";
import { Stale } from "./Live";

/** Where the phone is; undefined while nobody has asked it, null where it does not tell. */
const here = signal<(Place & { within: number }) | null | undefined>(undefined);
let following: number | null = null;

function locateMe(): void {
  if (following !== null || !navigator.geolocation) return;
  following = navigator.geolocation.watchPosition(
    ({ coords }) => {
      here.value = { latitude: coords.latitude, longitude: coords.longitude, within: coords.accuracy };
    },
    () => {
      here.value = null;
      following = null;
    },
    { enableHighAccuracy: true, maximumAge: 5_000 },
  );
}

export function Mobile() {
  void tick.value; // the picture moves under it
  const at = site.value;
  const from: Place = here.value ?? { latitude: at?.latitude_deg ?? 0, longitude: at?.longitude_deg ?? 0 };
  const [first, ...others] = targets(ordered.value, (track) => picture?.find(track), from);
  return (
    <>
      <header class="top mobile">
        <span class="brand"><Logo /><b>Vigie</b></span>
        <Freshness />
        <span class="gap" />
        <Clocks />
      </header>
      <main class="mobile">
        <h1 class="unseen">{t("mobile_title")}</h1>
        <Stale />
        {here.value ? (
          <p class="dim">{t("mobile_here", { metres: metres(here.value.within) })}</p>
        ) : (
          <p class="dim">{t(here.value === null ? "mobile_refused" : "mobile_from_site")} <button type="button" onClick={locateMe}>{t("mobile_locate")}</button></p>
        )}
        {first ? <Card target={first} from={from} /> : <p class="empty">{t("mobile_none")}</p>}
        {others.length > 0 && <h2>{t("mobile_others")}</h2>}
        <ol>{others.map((one) => <li key={one.alert.alert}><Line target={one} /></li>)}</ol>
      </main>
    </>
  );
}

function way(target: { distance: number | null; azimuth: number | null }): string {
  if (target.distance === null || target.azimuth === null) return t("mobile_no_place");
  return `${metres(target.distance)} ${wind(target.azimuth, t("compass"))}`;
}

function Card({ target, from }: { target: Target; from: Place }) {
  const { alert, azimuth } = target;
  const pilot = may("pilot") ? alert.pilot : undefined;
  const walk = pilot && towards(from, { latitude: pilot.latitude_deg, longitude: pilot.longitude_deg });
  const [said] = reasonsOf(alert);
  return (
    <article class={`nearest p${priority(alert.severity)}`} aria-label={`${t("mobile_nearest")}: ${alertTitle(alert)}`} data-alert={alert.alert}>
      <h2><Mark level={priority(alert.severity)} named /> {alertTitle(alert)}</h2>
      <p><b>{alertTrack(alert)}</b> <time dateTime={alert.raised}>{span((now.value - Date.parse(alert.raised)) / 1000)}</time></p>
      {azimuth !== null && (
        <svg class="needle" viewBox="-50 -50 100 100" width="150" height="150" role="img" aria-label={`${t("mobile_bearing")} ${Math.round(azimuth)}°`}>
          <circle r="47" /><path d="M0-47v8M0 47v-8M-47 0h8M47 0h-8" />
          <path class="hand" d="M0-38 11 20 0 12-11 20Z" transform={`rotate(${azimuth.toFixed(1)})`} />
        </svg>
      )}
      <dl class="facts">
        <div><dt>{t("mobile_distance")}</dt><dd>{way(target)}</dd></div>
        <div><dt>{t("mobile_bearing")}</dt><dd>{azimuth === null ? "—" : `${String(Math.round(azimuth) % 360).padStart(3, "0")}°`}</dd></div>
        <div><dt>{t("mobile_height")}</dt><dd>{metres(target.agl)}</dd></div>
      </dl>
      {said && <p lang={said.lang}>{said.text}</p>}
      {pilot && walk && (
        <section class="pilot">
          <h3>{t("mobile_pilot")}</h3>
          <p><b>{way(walk)}</b>, {Math.round(walk.azimuth)}° <small class="dim">{t("mobile_pilot_age", { time: span((now.value - Date.parse(pilot.time)) / 1000) })}</small></p>
          <a class="button" href={`geo:${pilot.latitude_deg.toFixed(6)},${pilot.longitude_deg.toFixed(6)}`}>{t("mobile_pilot_map")}</a>
        </section>
      )}
    </article>
  );
}

function Line({ target }: { target: Target }) {
  return (
    <p class={`p${priority(target.alert.severity)}`}><Mark level={priority(target.alert.severity)} named /> <b>{alertTitle(target.alert)}</b> {alertTrack(target.alert)} <span class="right">{way(target)}</span></p>
  );
}
