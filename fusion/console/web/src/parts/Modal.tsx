// A question in the browser's own modal dialog, and the one that is asked most: why.
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { t } from "../i18n";
import { notice, session } from "../state";

export function Modal({ title, onClose, children }: { title: string; onClose: () => void; children: ComponentChildren }) {
  const box = useRef<HTMLDialogElement>(null);
  const told = useRef(notice.value); // before this question
  const failed = notice.value?.kind === "failed" && notice.value !== told.current ? notice.value.text : "";
  useEffect(() => {
    const before = document.activeElement as HTMLElement | null;
    box.current?.showModal();
    return () => before?.focus?.();
  }, []);
  return (
    <dialog ref={box} onClose={onClose} aria-labelledby="dialog-title">
      <h2 id="dialog-title">{title}</h2>
      {children}
      <p class="fault" role="alert">{failed}</p>
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

/** What each person has written to a question and neither sent nor dropped yet: the end of a session must not cost it. */
const begun = new Map<string, string>();

/** The same, and why it is to be done; `of` names the question where its title does not. */
export function Because({ label, of, send, children, ...asked }: Asked & { label?: string; of?: string; send: (why: string) => Promise<boolean> }) {
  const why = useRef<HTMLTextAreaElement>(null);
  const mine = useRef(`${session.value?.name} ${of ?? asked.title}`).current;
  const told = async () => {
    const reason = why.current?.value.trim() ?? "";
    if (reason) return send(reason);
    why.current?.focus();
    return false;
  };
  const close = () => {
    begun.delete(mine);
    asked.close();
  };
  return (
    <Confirm {...asked} send={told} close={close}>
      {children}
      <label>
        {label ?? t("why")}
        <textarea ref={why} required maxLength={500} rows={3} defaultValue={begun.get(mine) ?? ""} onInput={(event) => { begun.set(mine, event.currentTarget.value); }} />
      </label>
    </Confirm>
  );
}
