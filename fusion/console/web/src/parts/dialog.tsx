// Questions that need an answer before a command: why, until when. One at a time, in the browser's own modal dialog.
import { signal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { act, alerts, now } from "../live";
import { timeOf, zoneName } from "../format";
import { t } from "../i18n";
import { type CommandName, did, tell } from "../state";
import type { Alert } from "../wire";
import { Because } from "./Modal";
import { alertTitle, alertTrack } from "./words";

export const asking = signal<{ alert: Alert; name: Exclude<CommandName, "acknowledge"> } | null>(null);

/** Acknowledge at once: the one command that asks nothing. */
export async function acknowledge(alert: Alert): Promise<void> {
  if (await did(() => act(alert, "acknowledge"))) tell(t("done_acknowledge", { alert: alertTitle(alert) }));
}

/** ms until what is brought back returns: the core takes an end of the shelf that is still to come. */
const AT_ONCE = 1500;

/** Bring an alert back from the shelf: its time there ends now. */
export async function bringBack(alert: Alert): Promise<void> {
  const until = new Date(now.value + AT_ONCE).toISOString();
  if (await did(() => act(alert, "shelve", { why: t("brought_back"), until }))) tell(t("done_bring_back", { alert: alertTitle(alert) }));
}

const SHELF_MINUTES = [5, 15, 30, 60] as const;

export function Asking() {
  const wanted = asking.value;
  return wanted ? <Question key={wanted.alert.alert + wanted.name} {...wanted} /> : null;
}

function Question({ alert, name }: { alert: Alert; name: Exclude<CommandName, "acknowledge"> }) {
  const minutes = useRef<HTMLSelectElement>(null);
  const seen = useRef(alert); // and where it was told that it has changed, as it is now
  const send = async (why: string) => {
    const until = name === "shelve" ? { until: new Date(now.value + Number(minutes.current?.value) * 60_000).toISOString() } : {};
    const done = await did(() => act(seen.current, name, { why, ...until }));
    if (!done) seen.current = alerts.value.find((one) => one.alert === alert.alert) ?? alert;
    if (done) tell(t(`done_${name}`, { alert: alertTitle(alert) }));
    return done;
  };
  return (
    <Because
      of={alert.alert + name}
      title={t(`${name}_title`)}
      about={`${alertTitle(alert)} ${alertTrack(alert)}`}
      label={t(name === "annotate" ? "note" : "why")}
      verb={t(name)}
      send={send}
      close={() => { asking.value = null; }}
    >
      {name === "shelve" && (
        <label>
          {t("until")}
          <select ref={minutes}>
            {SHELF_MINUTES.map((one) => (
              <option key={one} value={one} selected={one === 15}>
                {t("minutes", { minutes: one })} ({timeOf(now.value + one * 60_000, "minute")} {zoneName()})
              </option>
            ))}
          </select>
        </label>
      )}
    </Because>
  );
}
