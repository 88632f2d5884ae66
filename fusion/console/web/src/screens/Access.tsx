// Who did what: the journal's access log, the newest first.
import { useState } from "preact/hooks";
import { stamp } from "../format";
import { t } from "../i18n";
import { usePages } from "../parts/reading";
import { Table } from "../parts/Table";

interface Access {
  time: string;
  who: string;
  what: string;
  subject: string;
  why: string;
  address: string;
}

export function AccessLog() {
  const [wanted, setWanted] = useState({ who: "", what: "" });
  const asked = Object.entries(wanted).filter(([, value]) => value).map(([name, value]) => `&${name}=${encodeURIComponent(value)}`).join("");
  const log = usePages<Access>(`/access?limit=200${asked}`);
  const set = (name: "who" | "what") => (event: Event) => setWanted({ ...wanted, [name]: (event.currentTarget as HTMLInputElement).value.trim() });
  return (
    <main class="page">
      <h1>{t("access_title")}</h1>
      <div class="row filters">
        <label>{t("access_who_label")}<input type="search" onChange={set("who")} /></label>
        <label>{t("access_what_label")}<input type="search" onChange={set("what")} /></label>
      </div>
      <Table
        title={t("access_title")}
        columns={[t("time"), t("who"), t("access_what"), t("access_subject"), t("access_why"), t("access_address")]}
        rows={log.items && log.items.map((one, i) => (
          <tr key={i}>
            <th scope="row">{stamp(one.time)}</th>
            <td>{one.who}</td>
            <td class="left" lang="en">{one.what}</td>
            <td>{one.subject || "—"}</td>
            <td class="wide">{one.why || "—"}</td>
            <td>{one.address || "—"}</td>
          </tr>
        ))}
        none={t("access_none")}
        more={log.more}
      />
    </main>
  );
}
