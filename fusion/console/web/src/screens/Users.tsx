// Who may use the console, as whom, and which programs may.
import { useRef, useState } from "preact/hooks";
import { stamp } from "../format";
import { t } from "../i18n";
import { Confirm, Modal } from "../parts/Modal";
import { useReading } from "../parts/reading";
import { Table } from "../parts/Table";
import { Tokens } from "../parts/Tokens";
import { ask, type List } from "../rest";
import { did, session, tell } from "../state";
import type { User } from "../books";
import type { Role } from "../wire";

const ROLES: readonly Role[] = ["viewer", "operator", "supervisor", "administrator"];
const PERSONAL = ["pilot", "friendly"] as const;

export function Users() {
  const { told, again } = useReading<List<User>>("/users");
  const [asked, setAsked] = useState<{ what: "add" | "change" | "remove"; user: User | null } | null>(null);
  const close = () => setAsked(null);
  const send = async (method: string, user: string, body?: object) => {
    const path = method === "POST" ? "/users" : `/users/${encodeURIComponent(user)}`;
    const done = await did(() => ask(method, path, body));
    if (done) {
      tell(t("user_done", { user }));
      void again();
    }
    return done;
  };
  return (
    <main class="page">
      <h1>{t("users_title")}</h1>
      <Table
        title={t("users_list")}
        columns={[t("name"), t("user_role"), t("user_state"), t("user_extra"), t("user_created"), ""]}
        rows={told && told.items.map((user) => <Row key={user.name} user={user} act={(what) => setAsked({ what, user })} />)}
        none={t("none_yet")}
      >
        <button type="button" class="right" onClick={() => setAsked({ what: "add", user: null })}>{t("user_add")}</button>
      </Table>
      <Tokens />
      {asked?.what === "remove" && asked.user && (
        <Confirm title={t("user_remove", { user: asked.user.name })} about={t("user_remove_about")} verb={t("remove")} send={() => send("DELETE", asked.user?.name ?? "")} close={close} />
      )}
      {(asked?.what === "add" || asked?.what === "change") && <Form user={asked.user} send={send} close={close} />}
    </main>
  );
}

function Row({ user, act }: { user: User; act: (what: "change" | "remove") => void }) {
  const extra = [...user.grants.map((one) => `${t(`user_${one}`)}: ${t("user_given")}`), ...user.denies.map((one) => `${t(`user_${one}`)}: ${t("user_refused")}`)];
  return (
    <tr>
      <th scope="row">{user.name}</th>
      <td>{t(`role_${user.role}`)}</td>
      <td>{user.disabled ? t("user_disabled") : user.must_change_password ? t("user_must_change") : t("user_active")}</td>
      <td>{extra.join(", ") || "—"}</td>
      <td>{stamp(user.created)}</td>
      <td>
        <button type="button" onClick={() => act("change")} aria-label={t("user_change", { user: user.name })}>{t("change")}</button>{" "}
        <button type="button" onClick={() => act("remove")} aria-label={t("user_remove", { user: user.name })} disabled={user.name === session.value?.name}>{t("remove")}</button>
      </td>
    </tr>
  );
}

/** One form for a new user and for one that is there. */
function Form({ user, send, close }: { user: User | null; send: (method: string, user: string, body: object) => Promise<boolean>; close: () => void }) {
  const form = useRef<HTMLFormElement>(null);
  const save = async (event: Event) => {
    event.preventDefault();
    const said = new FormData(form.current as HTMLFormElement);
    const password = String(said.get("password") ?? "");
    const body = {
      role: said.get("role"),
      grants: PERSONAL.filter((one) => said.get(one) === "given"),
      denies: PERSONAL.filter((one) => said.get(one) === "refused"),
      ...(password ? { password } : {}),
      ...(user ? { disabled: said.get("off") !== null } : { name: said.get("name") }),
    };
    if (await send(user ? "PATCH" : "POST", user?.name ?? String(said.get("name")), body)) close();
  };
  return (
    <Modal title={user ? t("user_change", { user: user.name }) : t("user_add")} onClose={close}>
      <form ref={form} onSubmit={save}>
        {!user && <label>{t("name")}<input name="name" required pattern="[A-Za-z0-9][A-Za-z0-9._@\-]{0,63}" autoComplete="off" /></label>}
        <label>{t("user_role")}
          <select name="role">{ROLES.map((role) => <option key={role} value={role} selected={role === (user?.role ?? "operator")}>{t(`role_${role}`)}</option>)}</select>
        </label>
        {PERSONAL.map((one) => (
          <label key={one}>{t(`user_${one}`)}
            <select name={one}>
              <option value="">{t("user_by_role")}</option>
              <option value="given" selected={user?.grants.includes(one) ?? false}>{t("user_given")}</option>
              <option value="refused" selected={user?.denies.includes(one) ?? false}>{t("user_refused")}</option>
            </select>
          </label>
        ))}
        <label>{t(user ? "user_new_password" : "user_password")}<input name="password" type="password" autoComplete="new-password" required={!user} minLength={12} maxLength={256} /></label>
        {user && <label class="check"><input name="off" type="checkbox" defaultChecked={user.disabled} /> {t("user_off")}</label>}
        <div class="row end">
          <button type="button" onClick={close}>{t("cancel")}</button>
          <button type="submit" class="press">{t("save")}</button>
        </div>
      </form>
    </Modal>
  );
}
