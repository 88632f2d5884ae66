// Who is it: name and password, or the site's own sign-on.
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { type Key, language, speak, t } from "../i18n";
import { ask, get, Problem } from "../rest";
import { onward, route } from "../routes";
import { ended, session, turnedAway } from "../state";
import { Logo } from "../parts/icons";
import type { Session } from "../wire";

interface Methods {
  password: boolean;
  oidc: { name: string; url: string } | null;
}

export function Login() {
  const name = useRef<HTMLInputElement>(null);
  const password = useRef<HTMLInputElement>(null);
  const fault = useSignal("");
  const refused = useSignal<Key | null>(null);
  const busy = useSignal(false);
  const methods = useSignal<Methods>({ password: true, oidc: null });
  useEffect(() => {
    name.current?.focus();
    refused.value = turnedAway() ?? (ended.value ? "session_ended" : null); // after the page is there, so that a screen reader says it
    ended.value = false;
    void get<Methods>("/session/methods").then((told) => { methods.value = told; }, () => undefined);
  }, []);
  const enter = async (event: Event) => {
    event.preventDefault();
    busy.value = true;
    fault.value = "";
    refused.value = null;
    try {
      const told = await ask<Session>("POST", "/session", { name: name.current?.value ?? "", password: password.current?.value ?? "" });
      session.value = told.body;
      if (told.body.must_change_password) location.hash = "#/password";
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      fault.value = error.status === 401 ? t("login_wrong") : error.status === 429 ? t("login_wait", { seconds: error.retryAfter ?? 60 }) : error.status === 0 ? t("unreachable") : error.detail;
      password.current?.select();
    } finally {
      busy.value = false;
    }
  };
  const next = route.value && onward(location.pathname, location.hash);
  return (
    <main class="login">
      <form onSubmit={enter}>
        <h1><Logo /> Vigie</h1>
        <p class="dim">{t("tagline")}</p>
        {methods.value.password && (
          <>
            <label>{t("user_name")}<input ref={name} name="username" autoComplete="username" required maxLength={64} /></label>
            <label>{t("password")}<input ref={password} name="password" type="password" autoComplete="current-password" required maxLength={256} /></label>
            <button type="submit" class="press" disabled={busy.value}>{t("log_in")}</button>
          </>
        )}
        {methods.value.oidc && <a class="button" href={`${methods.value.oidc.url}?next=${encodeURIComponent(next)}`}>{t("log_in_with", { name: methods.value.oidc.name })}</a>}
        <p class="fault" role="alert">{fault.value || (refused.value && t(refused.value))}</p>
        <button type="button" class="plain" lang={language.value === "en" ? "fr" : "en"} onClick={() => speak(language.value === "en" ? "fr" : "en")}>{t("other_language")}</button>
      </form>
    </main>
  );
}
