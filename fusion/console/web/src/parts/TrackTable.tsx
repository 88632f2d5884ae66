// The map's twin: every track as a row, for those who cannot see the map and those who look for one name.
import { useSignal } from "@preact/signals";
import { number } from "../format";
import { t } from "../i18n";
import { alerts, now, picture, tick, watch } from "../live";
import { goTo } from "../map/MapView";
import { outlines, toEdge } from "../map/outlines";
import { worst } from "../map/overlay";
import { type Drawn, speedOf } from "../picture";
import { selected, zones } from "../state";
import type { Verdict } from "../wire";
import { Symbol } from "./icons";

const ROW = 25; // px
const VERDICTS: readonly Verdict[] = ["unauthorised", "unknown", "friendly", "authorised"];
const FIGURE_MS = 1500; // an age below this is not worth a second look

export interface Near {
  readonly inside: string | null; // the smallest zone in force that it is in, seen from above
  readonly next: string | null; // the nearest that it is not in
  readonly distance: number | null; // m to that
}

/** How a track lies to the zones in force. */
export function nearest(track: Drawn): Near {
  let [inside, next, distance, depth] = [null as string | null, null as string | null, null as number | null, Number.POSITIVE_INFINITY];
  if (track.ray) return { inside, next, distance };
  for (const zone of zones.value) {
    if (!zone.active) continue;
    const away = Math.min(...outlines(zone.state?.geometry ?? zone.feature.geometry, zone.state?.grown_m ?? 0).map((outline) => toEdge(outline, track.place)));
    if (away < 0 && -away < depth) [inside, depth] = [zone.zone, -away];
    else if (away >= 0 && (distance === null || away < distance)) [next, distance] = [zone.zone, away];
  }
  return { inside, next, distance };
}

export function TrackTable() {
  void tick.value;
  const filter = useSignal("");
  const only = useSignal<Verdict | null>(null);
  const from = useSignal(0);
  const room = useSignal(20);
  const all = [...(picture?.tracks.values() ?? [])];
  const alarms = worst(alerts.value);
  const rank = (track: Drawn) => alarms.get(track.track) ?? 4 + VERDICTS.indexOf(track.verdict) + (track.class === "bird" ? 0.5 : 0);
  const words = filter.value.trim().toLowerCase();
  const rows = all
    .filter((track) => (only.value === null || track.verdict === only.value) && (!words || [track.name, track.class, track.identity?.serial, track.identity?.operator, ...track.sensors].some((part) => part?.toLowerCase().includes(words))))
    .sort((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : a.name > b.name ? 1 : a.n - b.n));
  const first = Math.max(0, Math.min(from.value, rows.length - 1));
  const shown = rows.slice(first, first + room.value + 4);
  return (
    <section class="tracks" aria-label={t("tracks")}>
      <header>
        <h2>{t("tracks")}</h2>
        <span class="count">{number(all.length)}</span>
        <input id="filter" type="search" value={filter.value} placeholder={t("filter")} aria-label={t("filter_tracks")} onInput={(event) => { filter.value = event.currentTarget.value; }} />
      </header>
      <div class="chips" role="group" aria-label={t("verdict")}>
        {VERDICTS.map((verdict) => (
          <button type="button" key={verdict} aria-pressed={only.value === verdict} onClick={() => { only.value = only.value === verdict ? null : verdict; }}>
            <Symbol verdict={verdict} kind="" size={8} />
            {t(`verdict_${verdict}`)} <b>{number(all.filter((track) => track.verdict === verdict).length)}</b>
          </button>
        ))}
      </div>
      <div
        class="scroll"
        tabIndex={0}
        role="region"
        aria-label={`${t("tracks")}: ${number(rows.length)}`}
        onScroll={(event) => {
          from.value = Math.max(0, Math.floor(event.currentTarget.scrollTop / ROW) - 2);
          room.value = Math.ceil(event.currentTarget.clientHeight / ROW);
        }}
      >
        <table aria-rowcount={rows.length + 1}>
          <thead>
            <tr>
              <th scope="col" class="wide">{t("track")}</th>
              <th scope="col">{t("col_alt")}</th>
              <th scope="col">m/s</th>
              <th scope="col">{t("col_zone")}</th>
              <th scope="col">{t("age")}</th>
            </tr>
          </thead>
          <tbody>
            {first > 0 && <tr aria-hidden="true" class="pad" ref={(row) => { if (row) row.style.height = `${first * ROW}px`; }}><td colSpan={5} /></tr>}
            {shown.map((track, i) => <Row key={track.track} track={track} index={first + i} alarm={alarms.get(track.track)} />)}
            {rows.length > first + shown.length && <tr aria-hidden="true" class="pad" ref={(row) => { if (row) row.style.height = `${(rows.length - first - shown.length) * ROW}px`; }}><td colSpan={5} /></tr>}
          </tbody>
        </table>
        {rows.length === 0 && <p class="empty">{t(all.length ? "no_match" : "no_tracks")}</p>}
      </div>
    </section>
  );
}

function Row({ track, index, alarm }: { track: Drawn; index: number; alarm: number | undefined }) {
  const away = nearest(track);
  const old = (now.value - track.time) / 1000;
  const chosen = selected.value === track.track;
  return (
    <tr
      class={[chosen ? "chosen" : "", alarm ? `p${alarm}` : ""].join(" ")}
      aria-rowindex={index + 2}
      data-track={track.track}
      onClick={() => watch(track.track)}
      onDblClick={() => { if (!track.ray) goTo.value = { place: track.place, zoom: 15 }; }}
    >
      <th scope="row">
        <Symbol verdict={track.verdict} kind={track.class} size={11} />
        <button type="button" aria-pressed={chosen} onClick={() => watch(track.track)}>{track.name}</button>
        <span class="dim">{track.status === "coasting" ? t("coast") : track.class === "bird" ? t("bird_q") : track.ray ? t("bearing_only") : ""}</span>
      </th>
      <td>{number(track.agl)}</td>
      <td>{number(speedOf(track), 1)}</td>
      <td>{number(away.distance)}</td>
      <td class={old * 1000 > FIGURE_MS ? "old" : ""}>{number(Math.max(0, old), 1)}</td>
    </tr>
  );
}
