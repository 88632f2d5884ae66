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

interface Asked {
  title: string;
  about?: string;
  verb: string;
  close: () => void;
  children?: ComponentChildren;
}

/** Ask whether something is really meant; `send` tells whether it was done, and then the dialog is over. */
export function Confirm({ title, about, verb, send, close, children }: Asked & { send: () => Promise<boolean> }) {
  const done = async (event: Event) => {
    event.preventDefault();
    if (await send()) close();
  };
  return (
    <Modal title={title} onClose={close}>
      {about && <p class="dim">{about}</p>}
      <form onSubmit={done}>
        {children}
        <div class="row end">
          <button type="button" onClick={close}>{t("cancel")}</button>
          <button type="submit" class="press">{verb}</button>
        </div>
      </form>
    </Modal>
  );
}

/** The same, and why it is to be done. */
export function Because({ label, send, children, ...asked }: Asked & { label?: string; send: (why: string) => Promise<boolean> }) {
  const why = useRef<HTMLTextAreaElement>(null);
  const told = async () => {
    const reason = why.current?.value.trim() ?? "";
    if (reason) return send(reason);
    why.current?.focus();
    return false;
  };
  return (
    <Confirm {...asked} send={told}>
      {children}
      <label>
        {label ?? t("why")}
        <textarea ref={why} required maxLength={500} rows={3} />
      </label>
    </Confirm>
  );
}
