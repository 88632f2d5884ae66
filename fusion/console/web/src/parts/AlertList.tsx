// The alert list: what asks is on top, what is taken below, the shelf at the end; a flood is gathered by zone.
import { useSignal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import { asks, dueIn, entryIn, grouped, isFlood, priority } from "../alerts";
import { number, span, timeOf } from "../format";
import { t } from "../i18n";
import { reasonsOf } from "../i18n/reasons";
import { now, onShelf, ordered, orders, picture, watch } from "../live";
import { goTo } from "../map/MapView";
import { focused } from "../state";
import type { Alert } from "../wire";
import { acknowledge, asking, bringBack } from "./dialog";
import { Mark } from "./icons";
import { alertAbout, alertTaken, alertTitle, alertTrack } from "./words";

/** Show an alert's track: select it and bring the map there. */
export function locate(alert: Alert): void {
  focused.value = alert.alert;
  if (!alert.track) return;
  watch(alert.track);
  const track = picture?.find(alert.track);
  const told = alert.track_state?.position;
  const place = track && !track.ray ? track.place : told ? { latitude: told.latitude_deg, longitude: told.longitude_deg } : null;
  if (place) goTo.value = { place, zoom: 15 };
}

export function AlertList() {
  const list = ordered.value;
  const waiting = list.filter(asks).length;
  const flood = isFlood(list, now.value);
  const open = useSignal<ReadonlySet<string>>(new Set());
  const rows = useRef<HTMLOListElement>(null);
  const asked = useRef<string | null>(null);
  const focus = list.find((alert) => alert.alert === focused.value);
  // An alert that was answered goes down the list, and the browser would follow its keyboard focus there: away from those that still ask.
  useLayoutEffect(() => {
    if (focus && !asks(focus) && focus.alert === asked.current) rows.current?.scrollTo({ top: 0 });
    asked.current = focus && asks(focus) ? focus.alert : null;
  });
  const groups = flood ? grouped(list) : list.map((alert) => ({ zone: alert.zone, head: alert, alerts: [alert] }));
  return (
    <section class="alerts" aria-label={t("alerts")}>
      <header>
        <h2>{t("alerts")}</h2>
        {waiting > 0 && <span class="count urgent">{t("to_acknowledge", { count: waiting })}</span>}
        {flood && <span class="count">{t("flood")}</span>}
        <a href="#/history">{t("history")}</a>
      </header>
      <ol class="scroll" ref={rows} tabIndex={0} aria-label={t("alerts")}>
        {groups.map(({ head, alerts }) => (
          <li key={head.alert}>
            <Card alert={head} />
            {alerts.length > 1 && (
              <>
                <button
                  type="button"
                  class="more"
                  aria-expanded={open.value.has(head.zone + head.severity)}
                  onClick={() => {
                    const next = new Set(open.value);
                    if (!next.delete(head.zone + head.severity)) next.add(head.zone + head.severity);
                    open.value = next;
                  }}
                >
                  {t("more_in_zone", { count: alerts.length - 1 })}
                </button>
                {open.value.has(head.zone + head.severity) && alerts.slice(1).map((alert) => <Card key={alert.alert} alert={alert} />)}
              </>
            )}
          </li>
        ))}
        {list.length === 0 && <li class="empty">{t("no_alerts")}</li>}
        {onShelf.value.map((alert) => (
          <li key={alert.alert}>
            <Shelved alert={alert} />
          </li>
        ))}
      </ol>
    </section>
  );
}

function Card({ alert }: { alert: Alert }) {
  const level = priority(alert.severity);
  const wants = asks(alert);
  const entry = entryIn(alert, now.value);
  const due = dueIn(alert, now.value);
  const may_ = orders();
  const classes = ["alert", `p${level}`, wants ? "asks" : "taken", alert.state, focused.value === alert.alert ? "focused" : ""].join(" ");
  const [said] = reasonsOf(alert);
  return (
    <article
      class={classes}
      id={`alert-${alert.alert}`}
      tabIndex={-1}
      aria-label={`${t(`priority_${level}`)}: ${alertTitle(alert)}`}
      data-alert={alert.alert}
      data-state={alert.state}
      onClick={() => {
        focused.value = alert.alert;
        if (alert.track) watch(alert.track);
      }}
    >
      <div class="alert-head">
        <Mark level={level} hollow={!wants} named />
        <h3>{alertTitle(alert)}</h3>
        <time dateTime={alert.raised} title={timeOf(alert.raised, "full")}>{span((now.value - Date.parse(alert.raised)) / 1000)}</time>
      </div>
      <p>
        <strong>{alertTrack(alert)}</strong> {alertAbout(alert)}
      </p>
      {said && <p class="dim" lang={said.lang}>{said.text}</p>}
      {alert.state === "cleared" && <p class="dim">{t("cleared_unseen")}</p>}
      {alert.acknowledged_by && <p class="dim">{alertTaken(alert)}</p>}
      <div class="row">
        {wants && may_ && (
          <button type="button" class={level === 1 ? "press" : ""} onClick={(event) => { event.stopPropagation(); void acknowledge(alert); }}>
            {t("acknowledge")}
            {focused.value === alert.alert && <kbd>A</kbd>}
          </button>
        )}
        {alert.track && (
          <button type="button" onClick={(event) => { event.stopPropagation(); locate(alert); }}>{t("locate")}</button>
        )}
        {may_ && alert.state !== "cleared" && (
          <button type="button" onClick={(event) => { event.stopPropagation(); asking.value = { alert, name: "shelve" }; }}>{t("shelve")}</button>
        )}
        {entry !== null && alert.state !== "cleared" ? (
          <span class="due">{t("in")} <b>{span(entry)}</b></span>
        ) : (
          wants && level < 3 && due < 0 && <span class="due">{t("overdue")} <b>{span(-due)}</b></span>
        )}
      </div>
    </article>
  );
}

function Shelved({ alert }: { alert: Alert }) {
  const left = alert.shelved_until ? (Date.parse(alert.shelved_until) - now.value) / 1000 : null;
  return (
    <article class="alert shelf" id={`alert-${alert.alert}`} tabIndex={-1} data-alert={alert.alert} data-state={alert.state} onClick={() => { focused.value = alert.alert; }} aria-label={`${t("state_shelved")}: ${alertTitle(alert)}`}>
      <p>
        <strong>{t("state_shelved")}</strong> {alertTrack(alert)} {alertTitle(alert)}
        {left !== null && <span class="dim"> {t("returns_in", { time: left >= 0 ? span(left) : number(0) })}</span>}
      </p>
      {orders() && (
        <div class="row">
          <button type="button" onClick={(event) => { event.stopPropagation(); void bringBack(alert); }}>{t("bring_back")}</button>
        </div>
      )}
    </article>
  );
}
