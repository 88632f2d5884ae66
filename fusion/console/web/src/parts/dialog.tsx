// Questions that need an answer before a command: why, until when. One at a time, in the browser's own modal dialog.
import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { act } from "../live";
import { timeOf, zoneName } from "../format";
import { t } from "../i18n";
import { attempt, type CommandName, tell } from "../state";
import type { Alert } from "../wire";
import { alertTitle, alertTrack } from "./words";

export const asking = signal<{ alert: Alert; name: Exclude<CommandName, "acknowledge"> } | null>(null);

export function Modal({ title, onClose, children }: { title: string; onClose: () => void; children: ComponentChildren }) {
  const box = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const before = document.activeElement as HTMLElement | null;
    box.current?.showModal();
    return () => before?.focus?.();
  }, []);
  return (
    <dialog ref={box} onClose={onClose} aria-labelledby="dialog-title">
      <h2 id="dialog-title">{title}</h2>
      {children}
    </dialog>
  );
}

/** Acknowledge at once: the one command that asks nothing. */
export async function acknowledge(alert: Alert): Promise<void> {
  const done = await attempt(async () => {
    await act(alert, "acknowledge");
    return true;
  }, t("unreachable"));
  if (done) tell(t("done_acknowledge", { alert: alertTitle(alert) }));
}

const SHELF_MINUTES = [5, 15, 30, 60] as const;

export function Asking() {
  const wanted = asking.value;
  return wanted ? <Question key={wanted.alert.alert + wanted.name} {...wanted} /> : null;
}

function Question({ alert, name }: { alert: Alert; name: Exclude<CommandName, "acknowledge"> }) {
  const why = useRef<HTMLTextAreaElement>(null);
  const minutes = useRef<HTMLSelectElement>(null);
  const close = () => {
    asking.value = null;
  };
  const send = async (event: Event) => {
    event.preventDefault();
    const reason = why.current?.value.trim() ?? "";
    if (!reason) {
      why.current?.focus();
      return;
    }
    const until = name === "shelve" ? { until: new Date(Date.now() + Number(minutes.current?.value) * 60_000).toISOString() } : {};
    const done = await attempt(async () => {
      await act(alert, name, { why: reason, ...until });
      return true;
    }, t("unreachable"));
    if (done) {
      tell(t(`done_${name}`, { alert: alertTitle(alert) }));
      close();
    }
  };
  return (
    <Modal title={t(`${name}_title`)} onClose={close}>
      <p class="dim">{alertTitle(alert)} {alertTrack(alert)}</p>
      <form onSubmit={send}>
        {name === "shelve" && (
          <label>
            {t("until")}
            <select ref={minutes}>
              {SHELF_MINUTES.map((one) => (
                <option key={one} value={one} selected={one === 15}>
                  {t("minutes", { minutes: one })} ({timeOf(Date.now() + one * 60_000, "minute")} {zoneName()})
                </option>
              ))}
            </select>
          </label>
        )}
        <label>
          {t(name === "annotate" ? "note" : "why")}
          <textarea ref={why} required maxLength={500} rows={3} />
        </label>
        <div class="row end">
          <button type="button" onClick={close}>{t("cancel")}</button>
          <button type="submit" class="press">{t(name)}</button>
        </div>
      </form>
    </Modal>
  );
}
