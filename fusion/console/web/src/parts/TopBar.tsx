// The top bar: which mode, how old the picture, how many alarms, sound, language, time, who.
import { useSignal } from "@preact/signals";
import { counts, type Priority, rate } from "../alerts";
import { number, timeOf, timeZone, zoneName } from "../format";
import { language, speak, t } from "../i18n";
import { age, alerts, connected, fresh, framesHz, latency, mode, now, ordered, preparing, silence } from "../live";
import { type Answer, ask, Problem } from "../rest";
import { armed, arm, SILENCE_MS, silencedUntil, sounding } from "../sound";
import { attempt, focused, may, session, site } from "../state";
import { theme, wear } from "../theme";
import { hush } from "../live";
import { Logo, Mark } from "./icons";
import { priority } from "../alerts";
import { route, SCREENS } from "../routes";

export function TopBar() {
  return (
    <header class="top">
      <a class="brand" href="#/" aria-label="Vigie">
        <Logo />
        <b>Vigie</b>
        <span>{site.value?.site}</span>
      </a>
      <Navigation />
      <Freshness />
      <span class="gap" />
      <Counts />
      <Sound />
      <Preferences />
      <Clocks />
      <Who />
    </header>
  );
}

function Navigation() {
  const here = route.value.screen;
  return (
    <nav aria-label={t("screens")}>
      {SCREENS.filter(({ needs }) => may(needs)).map(({ name }) => (
        <a key={name} href={name === "live" ? "#/" : `#/${name}`} aria-current={here === name ? "page" : undefined} class={name === "live" ? `live ${fresh.value}` : ""}>
          {t(`screen_${name}`)}
        </a>
      ))}
    </nav>
  );
}

export function Freshness() {
  if (mode.value !== "live") return null;
  if (preparing.value) return <div class="fresh" role="status"><b>{t("preparing")}</b></div>;
  const old = age.value;
  const text = !connected.value ? t("no_connection") : old === null ? "—" : `${number(old / 1000, 1)} s`;
  return (
    <div class={`fresh ${fresh.value}`} data-age={old === null ? "" : Math.round(old)}>
      <span><b>{number(framesHz.value)}</b> Hz</span>
      <span>{t("latency")} <b>{latency.value === null ? "—" : `${number(latency.value)} ms`}</b></span>
      <span>{t("picture_age")} <b class="age">{text}</b></span>
    </div>
  );
}

export function Counts() {
  const found = counts(alerts.value);
  const next = (level: Priority) => {
    const one = ordered.value.find((alert) => priority(alert.severity) === level);
    if (!one) return;
    focused.value = one.alert;
    location.hash = "#/";
    requestAnimationFrame(() => document.getElementById(`alert-${one.alert}`)?.scrollIntoView({ block: "nearest" }));
  };
  return (
    <div class="counts" role="group" aria-label={t("alerts")}>
      {([1, 2, 3] as const).map((level) => (
        <button type="button" key={level} class={found[level] ? `some p${level}` : ""} onClick={() => next(level)} aria-label={`${found[level]} P${level}: ${t("count_of", { count: found[level], priority: t(`priority_${level}`) })}`}>
          <Mark level={level} /> <b>{found[level]}</b> <small>P{level}</small>
        </button>
      ))}
      <span class="dim rate">{t("rate_10_min", { count: rate(alerts.value, now.value) })}</span>
    </div>
  );
}

function Sound() {
  const quiet = silencedUntil.value > Date.now();
  const text = !armed.value ? t("sound_unarmed") : quiet ? t("sound_silenced") : sounding.value ? t("sound_now") : t("sound_armed");
  return (
    <button
      type="button"
      class={`sound ${!armed.value || quiet ? "off" : sounding.value ? "ringing" : ""}`}
      aria-pressed={quiet}
      title={text}
      aria-label={text}
      onClick={() => {
        arm();
        silence(quiet ? 0 : Date.now() + SILENCE_MS);
      }}
    >
      <svg viewBox="0 0 20 20" width="18" height="18" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="1.6">
        <path d="M3 8v4h3l4 3.5v-11L6 8Z" fill="currentColor" />
        {!armed.value || quiet ? <path d="m13 8 4 4m0-4-4 4" /> : <path d="M13 7.5a4 4 0 0 1 0 5M15.2 5.5a7 7 0 0 1 0 9" />}
      </svg>
    </button>
  );
}

function Preferences() {
  return (
    <>
      <button type="button" class="small" onClick={() => speak(language.value === "en" ? "fr" : "en")} aria-label={`${language.value.toUpperCase()}: ${t("other_language")}`} lang={language.value === "en" ? "fr" : "en"}>
        {language.value.toUpperCase()}
      </button>
      <button type="button" class="small" onClick={() => wear(theme.value === "dark" ? "light" : "dark")} aria-label={t(theme.value === "dark" ? "theme_light" : "theme_dark")}>
        <svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true"><circle cx="8" cy="8" r="6" fill="none" stroke="currentColor" stroke-width="1.6" /><path d="M8 2a6 6 0 0 1 0 12Z" fill="currentColor" /></svg>
      </button>
    </>
  );
}

export function Clocks() {
  const other = timeZone.value === "utc" ? "local" : "utc";
  return (
    <button
      type="button"
      class="clocks"
      title={t("time_switch")}
      onClick={() => {
        timeZone.value = other;
        localStorage.setItem("vigie.time", other);
      }}
    >
      <b>{timeOf(now.value)}</b> <small>{zoneName()}</small>
      <span class="dim">{timeOf(now.value, "time", other)} {zoneName(other)}</span>
    </button>
  );
}

function outAlready(error: unknown): Answer<null> {
  if (error instanceof Problem && error.status === 401) return { body: null, etag: null };
  throw error;
}

function Who() {
  const open = useSignal(false);
  const who = session.value;
  if (!who) return null;
  const leave = async () => {
    const left = await attempt(() => ask<{ url: string } | null>("DELETE", "/session").catch(outAlready), t("log_out_failed"));
    if (!left) return; // the session goes on, and with it whoever comes to this desk next
    hush();
    session.value = null;
    if (left.body) location.assign(left.body.url); // still logged in there
  };
  return (
    <div class="who" onKeyDown={(event) => { if (event.key === "Escape") open.value = false; }}>
      <button type="button" aria-expanded={open.value} aria-haspopup="true" onClick={() => { open.value = !open.value; }}>
        <b>{who.name}</b>
        <small>{who.role ? t(`role_${who.role}`) : t("kind_token")}</small>
      </button>
      {open.value && (
        <div class="menu">
          {who.kind === "user" && <a href="#/password" onClick={() => { open.value = false; }}>{t("change_password")}</a>}
          <a href="#/help" onClick={() => { open.value = false; }}>{t("keys")}</a>
          <button type="button" onClick={leave}>{t("log_out")}</button>
        </div>
      )}
    </div>
  );
}
