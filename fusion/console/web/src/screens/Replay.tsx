// What was recorded, played again.
import { bytes, stamp } from "../format";
import { t } from "../i18n";
import { Clocked } from "../parts/Clocked";
import { useReading } from "../parts/reading";
import { Table } from "../parts/Table";
import type { List } from "../rest";
import { route } from "../routes";
import type { Recording } from "../books";

export function Replay() {
  const name = route.value.argument;
  if (!name) return <Recordings />;
  const query = `?recording=${encodeURIComponent(name)}`;
  return <Clocked key={name} title={`${t("screen_replay")}: ${name}`} name={name} query={query} banner={t("replay_banner", { name })} />;
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
            <td>{one.first ? stamp(one.first) : t("replay_unindexed")}</td>
            <td>{one.last ? stamp(one.last) : "—"}</td>
            <td>{one.alerts ? one.alerts.length : "—"}</td>
            <td>{bytes(one.size)}</td>
            <td>{stamp(one.modified)}</td>
          </tr>
        ))}
        none={t("replay_none")}
      />
    </main>
  );
}
