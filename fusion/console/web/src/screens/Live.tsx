// The live picture: alerts and tracks on the left, the map, one track on the right, time and sensors below.
import { number, timeOf, zoneName } from "../format";
import { t } from "../i18n";
import { age, connected, fresh, link, mode, now } from "../live";
import { MapView } from "../map/MapView";
import { AlertList } from "../parts/AlertList";
import { Inspector } from "../parts/Inspector";
import { SensorStrip } from "../parts/SensorStrip";
import { Timeline } from "../parts/Timeline";
import { TrackTable } from "../parts/TrackTable";
import { status } from "../state";

export function Live() {
  return (
    <main class="live">
      <h1 class="unseen">{t("screen_live")}</h1>
      <div class="left">
        <AlertList />
        <TrackTable />
      </div>
      <MapView>
        <Stale />
      </MapView>
      <Inspector />
      <Timeline />
      <SensorStrip />
    </main>
  );
}

/** Says that the picture is not of now, and why, where nobody can miss it. */
export function Stale() {
  if (fresh.value !== "stale" || mode.value !== "live") return null;
  const old = age.value;
  const why = !connected.value ? t("no_connection") : link.value === "offline" ? t("service_offline") : t("service_silent");
  return (
    <div class="stale" role="alert">
      <strong>{t("stale")}</strong>
      <span>{why}</span>
      {old !== null && <span>{t("stale_age", { seconds: number(old / 1000, 0), time: `${timeOf(now.value - old)} ${zoneName()}` })}</span>}
    </div>
  );
}

/** What of the service is not well, in one line under the top bar. */
export function Degraded() {
  const told = status.value;
  const bad = Object.entries(told?.stores ?? {}).filter(([, store]) => store.state === "degraded");
  const lost = told?.broker?.state === "lost" ? told.broker : null;
  if (bad.length === 0 && !lost) return null;
  return (
    <div class="degraded" role="status">
      {lost && (
        <p>
          <strong>{t("broker_lost", { since: lost.since ? `${timeOf(lost.since)} ${zoneName()}` : "—" })}</strong> <span lang="en">{lost.reason}</span>
        </p>
      )}
      {bad.map(([name, store]) => (
        <p key={name}>
          <strong>{t(name === "journal" ? "journal_degraded" : "store_degraded", { store: name })}</strong> <span lang="en">{store.reason}</span>
        </p>
      ))}
    </div>
  );
}
