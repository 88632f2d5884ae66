// Who may fly: the site's register and the permits that issuers signed; how one is brought and taken away. To sign is theirs alone.
import { useRef, useState } from "preact/hooks";
import { stamp, timeOf } from "../format";
import { language, t } from "../i18n";
import { Because } from "../parts/Modal";
import { useReading } from "../parts/reading";
import { Table } from "../parts/Table";
import { zoneTitle } from "../parts/words";
import { ask } from "../rest";
import { attempt, did, may, tell } from "../state";
import type { Permit, Permits as Told } from "../books";

interface Judged {
  permit: Permit | null;
  revokes: string | null;
  reasons: Record<string, string>;
}

export function Permits() {
  const { told, again } = useReading<Told>("/permits", "permits");
  const [leaving, setLeaving] = useState<string | null>(null);
  const withdraw = async (why: string) => {
    const done = await did(() => ask("DELETE", `/permits/${encodeURIComponent(leaving ?? "")}`, { why }));
    if (done) {
      tell(t("permit_withdrawn", { permit: leaving ?? "" }));
      void again();
    }
    return done;
  };
  const columns = [t("permit_drone"), t("permit_state"), t("permit_issuer"), t("permit_when"), t("permit_where"), t("permit_number"), t("permit_note")];
  return (
    <main class="page">
      <h1>{t("permits_title")}</h1>
      {told && <p class="dim">{told.issuers.length ? t("permits_issuers", { names: told.issuers.join(", ") }) : t("permits_no_issuers")}</p>}
      <Table
        title={t("permits_title")}
        columns={may("permits") ? [...columns, ""] : columns}
        rows={told && told.items.map((one, i) => <Row key={one.permit ?? i} permit={one} withdraw={setLeaving} />)}
        none={t("permits_none")}
      />
      {may("permits") && told !== null && told.issuers.length > 0 && <Bring done={() => void again()} />}
      <Table
        title={t("permits_revoked")}
        columns={[t("permit_number"), t("permit_issuer"), t("time")]}
        rows={told && told.revoked.map((one) => (
          <tr key={one.issued_by + one.permit}><th scope="row">{one.permit}</th><td>{one.issued_by}</td><td>{stamp(one.time)}</td></tr>
        ))}
        none={t("permits_none_revoked")}
      />
      {leaving !== null && (
        <Because title={t("permit_withdraw_title", { permit: leaving })} about={t("permit_withdraw_about")} verb={t("permit_withdraw")} send={withdraw} close={() => setLeaving(null)} />
      )}
    </main>
  );
}

/** A drone by the name that is on it, the most telling first. */
export function droneOf(permit: Permit): string {
  return permit.registration ?? permit.serial ?? permit.icao24 ?? permit.callsign ?? permit.operator ?? "—";
}

function when(permit: Permit): string {
  const [from, until] = [permit.valid_from, permit.valid_until];
  if (from && until) return `${timeOf(from, "full")} – ${stamp(until)}`;
  if (until) return t("permit_until", { time: stamp(until) });
  return from ? t("permit_since", { time: stamp(from) }) : t("permit_always");
}

function where(permit: Permit): string {
  const zones = permit.zones?.map(zoneTitle).join(", ");
  const volumes = permit.volumes?.length ? t("permit_volumes", { count: permit.volumes.length }) : "";
  return [zones, volumes].filter(Boolean).join(", ") || t("permit_everywhere");
}

function Row({ permit, withdraw }: { permit: Permit; withdraw: (number: string) => void }) {
  return (
    <tr>
      <th scope="row">{droneOf(permit)}{permit.friendly && <span class="count"> {t("permit_friendly")}</span>}</th>
      <td class={`permit-${permit.state}`}>{t(`permit_${permit.state}`)}</td>
      <td>{permit.issued_by || "—"}</td>
      <td class="wide">{when(permit)}</td>
      <td class="wide">{where(permit)}</td>
      <td>{permit.permit ?? t("permit_register")}</td>
      <td class="wide">{permit.note || "—"}</td>
      {may("permits") && (
        <td>{permit.permit !== null && <button type="button" onClick={() => withdraw(permit.permit as string)} aria-label={t("permit_withdraw_title", { permit: permit.permit })}>{t("permit_withdraw")}</button>}</td>
      )}
    </tr>
  );
}

/** A token is judged first, and what it is worth is read, before it can be put in force. */
function Bring({ done }: { done: () => void }) {
  const token = useRef<HTMLTextAreaElement>(null);
  const [judged, setJudged] = useState<{ token: string; said: Judged } | null>(null);
  const [publishing, setPublishing] = useState(false);
  const check = async (event: Event) => {
    event.preventDefault();
    const given = token.current?.value.trim() ?? "";
    const said = await attempt(() => ask<Judged>("POST", "/permits/check", { token: given }), t("unreachable"));
    setJudged(said && { token: given, said: said.body });
  };
  const publish = async (why: string) => {
    const given = await attempt(() => ask<{ permit: string }>("POST", "/permits", { token: judged?.token, why }), t("unreachable"));
    if (!given) return false;
    tell(t("permit_published", { permit: given.body.permit }));
    if (token.current) token.current.value = "";
    setJudged(null);
    done();
    return true;
  };
  const said = judged?.said;
  const good = said && (said.permit !== null || said.revokes !== null);
  return (
    <section class="panel inner" aria-label={t("permit_bring")}>
      <h2>{t("permit_bring")}</h2>
      <form onSubmit={check}>
        <label>{t("permit_token")}<textarea ref={token} rows={3} required spellcheck={false} class="code" onInput={() => setJudged(null)} /></label>
        <div class="row">
          <button type="submit">{t("permit_check")}</button>
          {good && <button type="button" class="press" onClick={() => setPublishing(true)}>{t("permit_publish")}</button>}
        </div>
        <p role="status">{said && verdict(said)}</p>
      </form>
      {publishing && <Because title={t("permit_publish")} {...(said ? { about: verdict(said) } : {})} verb={t("permit_publish")} send={publish} close={() => setPublishing(false)} />}
    </section>
  );
}

function verdict({ permit, revokes, reasons }: Judged): string {
  if (permit) return t("permit_good", { permit: permit.permit ?? "—", drone: droneOf(permit) });
  if (revokes) return t("permit_revokes", { permit: revokes });
  return t("permit_bad", { reason: reasons[language.value] ?? reasons["en"] ?? "" });
}
