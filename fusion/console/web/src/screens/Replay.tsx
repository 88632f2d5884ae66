// What was recorded, played again: the same picture with a clock, in a window of its own so that nobody takes it for the sky.
import { useEffect } from "preact/hooks";
import { bytes, timeOf } from "../format";
import { t } from "../i18n";
import { clock, hello, listen, mode, problem, steer } from "../live";
import { MapView } from "../map/MapView";
import { AlertList } from "../parts/AlertList";
import { Inspector } from "../parts/Inspector";
import { Player } from "../parts/Player";
import { useReading } from "../parts/reading";
import { Table } from "../parts/Table";
import { TrackTable } from "../parts/TrackTable";
import type { List } from "../rest";
import { route } from "../routes";
import type { Recording } from "../wire";

export function Replay() {
  const name = route.value.argument;
  return name ? <Played key={name} name={name} /> : <Recordings />;
}

function Recordings() {
  const { told } = useReading<List<Recording>>("/recordings", "recordings");
  return (
    <main class="page">
      <h1>{t("screen_replay")}</h1>
      <p class="dim">{t("replay_window")}</p>
      <Table
        title={t("replay_recordings")}
        columns={[t("name"), t("from"), t("to"), t("alerts"), t("replay_size"), t("replay_modified")]}
        rows={told && told.items.map((one) => (
          <tr key={one.name}>
            <th scope="row"><a href={`#/replay/${encodeURIComponent(one.name)}`} target="_blank" rel="noopener">{one.name}</a></th>
            <td>{one.first ? timeOf(one.first, "full") : t("replay_unindexed")}</td>
            <td>{one.last ? timeOf(one.last, "full") : "—"}</td>
            <td>{one.alerts ? one.alerts.length : "—"}</td>
            <td>{bytes(one.size)}</td>
            <td>{timeOf(one.modified, "full")}</td>
          </tr>
        ))}
        none={t("replay_none")}
      />
    </main>
  );
}

function Played({ name }: { name: string }) {
  useEffect(() => {
    listen(`?recording=${encodeURIComponent(name)}`);
    return () => listen();
  }, [name]);
  useEffect(() => {
    // A connection that came back begins at the beginning: go on where it was.
    const was = clock.peek();
    if (mode.value !== "replay" || !was) return;
    steer({ type: "seek", time: was.t });
    if (was.playing) steer({ type: "play", speed: was.speed });
  }, [hello.value]);
  return (
    <main class="live replayed">
      <h1 class="unseen">{t("screen_replay")}: {name}</h1>
      <div class="left">
        <AlertList />
        <TrackTable />
      </div>
      <MapView>
        <p class="not-live" role="status">{problem.value ?? (mode.value === "replay" ? t("replay_banner", { name }) : t("replay_preparing"))}</p>
      </MapView>
      <Inspector />
      <Player name={name} />
    </main>
  );
}
