// Tokens for programs and wall displays: made, told once, taken back.
import { useRef, useState } from "preact/hooks";
import { stamp } from "../format";
import { t } from "../i18n";
import { ask, type List } from "../rest";
import { attempt, did, session, tell } from "../state";
import type { Token } from "../books";
import { Confirm, Modal } from "./Modal";
import { useReading } from "./reading";
import { Table } from "./Table";

export function Tokens() {
  const { told, again } = useReading<List<Token>>("/tokens");
  const [making, setMaking] = useState(false);
  const [leaving, setLeaving] = useState<Token | null>(null);
  const revoke = async () => {
    const done = await did(() => ask("DELETE", `/tokens/${encodeURIComponent(leaving?.id ?? "")}`));
    if (done) void again();
    return done;
  };
  return (
    <>
      <Table
        title={t("tokens_list")}
        columns={[t("name"), t("token_scopes"), t("token_by"), t("token_expires"), t("token_used"), ""]}
        rows={told && told.items.map((one) => (
          <tr key={one.id}>
            <th scope="row">{one.name}</th>
            <td>{one.scopes.join(", ")}</td>
            <td>{one.created_by}</td>
            <td>{stamp(one.expires)}</td>
            <td>{one.used ? stamp(one.used) : t("token_never")}</td>
            <td><button type="button" onClick={() => setLeaving(one)} aria-label={t("token_revoke_title", { name: one.name })}>{t("token_revoke")}</button></td>
          </tr>
        ))}
        none={t("none_yet")}
      >
        <button type="button" class="right" onClick={() => setMaking(true)}>{t("token_add")}</button>
      </Table>
      {making && <Making done={() => void again()} close={() => setMaking(false)} />}
      {leaving && <Confirm title={t("token_revoke_title", { name: leaving.name })} about={t("token_revoke_about")} verb={t("token_revoke")} send={revoke} close={() => setLeaving(null)} />}
    </>
  );
}

/** The form, and then the secret, which nobody can read again. */
function Making({ done, close }: { done: () => void; close: () => void }) {
  const form = useRef<HTMLFormElement>(null);
  const [made, setMade] = useState<(Token & { token: string }) | null>(null);
  const make = async (event: Event) => {
    event.preventDefault();
    const said = new FormData(form.current as HTMLFormElement);
    const body = { name: String(said.get("name")).trim(), scopes: said.getAll("scope"), days: Number(said.get("days")) };
    const answer = await attempt(() => ask<Token & { token: string }>("POST", "/tokens", body), t("unreachable"));
    if (!answer) return;
    setMade(answer.body);
    done();
  };
  if (made) {
    const copy = async () => {
      await navigator.clipboard?.writeText(made.token);
      tell(t("copied"));
    };
    return (
      <Modal title={t("tokens_list")} onClose={close}>
        <p>{t("token_secret", { name: made.name })}</p>
        <p><code class="secret" tabIndex={0}>{made.token}</code></p>
        <p class="dim">{t("token_kiosk")}</p>
        <p><code class="secret" tabIndex={0}>{`${location.origin}/kiosk#token=${made.token}`}</code></p>
        <div class="row end">
          <button type="button" onClick={() => void copy()}>{t("copy")}</button>
          <button type="button" class="press" onClick={close}>{t("close")}</button>
        </div>
      </Modal>
    );
  }
  return (
    <Modal title={t("token_add")} onClose={close}>
      <form ref={form} onSubmit={make}>
        <label>{t("token_name")}<input name="name" required maxLength={64} autoComplete="off" /></label>
        <label>{t("token_days")}<input name="days" type="number" min={1} max={3660} value={365} required /></label>
        <fieldset>
          <legend>{t("token_scopes")}</legend>
          {session.value?.permissions.map((one) => <label key={one} class="check"><input type="checkbox" name="scope" value={one} defaultChecked={one === "read"} /> {one}</label>)}
        </fieldset>
        <div class="row end">
          <button type="button" onClick={close}>{t("cancel")}</button>
          <button type="submit" class="press">{t("token_add")}</button>
        </div>
      </form>
    </Modal>
  );
}
