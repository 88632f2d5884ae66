// A question in the browser's own modal dialog, and the one that is asked most: why.
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { t } from "../i18n";

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

/** Ask why something is to be done; `send` tells whether it was, and then the dialog is over. */
export function Because(asked: {
  title: string;
  about?: string;
  label?: string;
  verb: string;
  most?: number;
  send: (why: string) => Promise<boolean>;
  close: () => void;
  children?: ComponentChildren;
}) {
  const why = useRef<HTMLTextAreaElement>(null);
  const send = async (event: Event) => {
    event.preventDefault();
    const reason = why.current?.value.trim() ?? "";
    if (!reason) why.current?.focus();
    else if (await asked.send(reason)) asked.close();
  };
  return (
    <Modal title={asked.title} onClose={asked.close}>
      {asked.about && <p class="dim">{asked.about}</p>}
      <form onSubmit={send}>
        {asked.children}
        <label>
          {asked.label ?? t("why")}
          <textarea ref={why} required maxLength={asked.most ?? 500} rows={3} />
        </label>
        <div class="row end">
          <button type="button" onClick={asked.close}>{t("cancel")}</button>
          <button type="submit" class="press">{asked.verb}</button>
        </div>
      </form>
    </Modal>
  );
}

/** Ask whether something is really meant. */
export function Confirm(asked: { title: string; about: string; verb: string; send: () => Promise<boolean>; close: () => void }) {
  const send = async (event: Event) => {
    event.preventDefault();
    if (await asked.send()) asked.close();
  };
  return (
    <Modal title={asked.title} onClose={asked.close}>
      <p class="dim">{asked.about}</p>
      <form onSubmit={send}>
        <div class="row end">
          <button type="button" onClick={asked.close}>{t("cancel")}</button>
          <button type="submit" class="press">{asked.verb}</button>
        </div>
      </form>
    </Modal>
  );
}
