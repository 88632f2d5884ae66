// A new password, chosen by whom it belongs to.
import { useRef } from "preact/hooks";
import { t } from "../i18n";
import { ask } from "../rest";
import { attempt, session, tell } from "../state";

const LEAST = 12;

export function Password() {
  const old = useRef<HTMLInputElement>(null);
  const fresh = useRef<HTMLInputElement>(null);
  const again = useRef<HTMLInputElement>(null);
  const change = async (event: Event) => {
    event.preventDefault();
    if (fresh.current?.value !== again.current?.value) {
      tell(t("password_differs"), "failed");
      again.current?.focus();
      return;
    }
    const done = await attempt(() => ask("POST", "/session/password", { old: old.current?.value, new: fresh.current?.value }), t("unreachable"));
    if (!done) return;
    if (session.value) session.value = { ...session.value, must_change_password: false };
    tell(t("password_changed"));
    location.hash = "#/";
  };
  return (
    <main class="page narrow">
      <h1>{t("change_password")}</h1>
      {session.value?.must_change_password && <p>{t("password_must")}</p>}
      <form onSubmit={change}>
        <input type="text" autoComplete="username" value={session.value?.name ?? ""} hidden readOnly />
        <label>{t("password_old")}<input ref={old} type="password" autoComplete="current-password" required /></label>
        <label>{t("password_new")}<input ref={fresh} type="password" autoComplete="new-password" required minLength={LEAST} maxLength={256} /></label>
        <label>{t("password_again")}<input ref={again} type="password" autoComplete="new-password" required minLength={LEAST} maxLength={256} /></label>
        <button type="submit" class="press">{t("change_password")}</button>
      </form>
    </main>
  );
}
