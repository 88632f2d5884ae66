// What the next shift must know: notes in the journal, begun from how things stand.
import { useRef } from "preact/hooks";
import { priority } from "../alerts";
import { timeOf, zoneName } from "../format";
import { t } from "../i18n";
import { onShelf, ordered } from "../live";
import { usePages } from "../parts/reading";
import { health } from "../parts/SensorStrip";
import { alertTitle, alertTrack } from "../parts/words";
import { ask } from "../rest";
import { did, may, plan, session, status, tell } from "../state";

interface Note {
  time: string;
  who: string;
  text: string;
}

/** What each person has written and not left yet: an alarm, another page, the end of a session or a reload must not cost it. */
const KEPT = "vigie.handover ";
const begun = {
  get: (who: string): string => sessionStorage.getItem(KEPT + who) ?? "",
  set: (who: string, text: string): void => sessionStorage.setItem(KEPT + who, text),
  delete: (who: string): void => sessionStorage.removeItem(KEPT + who),
};

/** How things stand, as lines that a person goes on from. */
function draft(): string {
  const open = [...ordered.value, ...onShelf.value].map((alert) => {
    const held = alert.state === "shelved" && alert.shelved_until ? t("handover_shelved", { time: `${timeOf(alert.shelved_until)} ${zoneName()}` }) : (alert.acknowledged_by ?? t("handover_untaken"));
    return `- P${priority(alert.severity)} ${alertTitle(alert)} ${alertTrack(alert)} (${held})`;
  });
  const unwell = Object.entries(status.value?.sensors ?? {}).filter(([, one]) => health(one) !== "good").map(([name]) => name);
  return [
    t("handover_open", { count: open.length }),
    ...open,
    unwell.length ? t("handover_sensors", { names: unwell.join(", ") }) : t("handover_sensors_well"),
    ...(plan.value ? [t("handover_plan", { plan: plan.value })] : []),
    "",
  ].join("\n");
}

export function Handover() {
  const notes = usePages<Note>("/handover?limit=50", "handover");
  const text = useRef<HTMLTextAreaElement>(null);
  const who = session.value?.name ?? "";
  const leave = async (event: Event) => {
    event.preventDefault();
    const said = text.current?.value.trim() ?? "";
    if (said && (await did(() => ask("POST", "/handover", { text: said })))) {
      tell(t("handover_left"));
      begun.delete(who);
      if (text.current) text.current.value = "";
    }
  };
  const begin = () => {
    if (!text.current) return;
    text.current.value = `${draft()}${text.current.value}`;
    begun.set(who, text.current.value);
    text.current.focus();
  };
  return (
    <main class="page narrow">
      <h1>{t("handover_title")}</h1>
      {may("handover") && (
        <section class="panel inner" aria-label={t("handover_new")}>
          <h2>{t("handover_new")}</h2>
          <form onSubmit={leave}>
            <label>{t("handover_text")}<textarea ref={text} rows={8} required maxLength={10_000} defaultValue={begun.get(who)} onInput={(event) => { begun.set(who, event.currentTarget.value); }} /></label>
            <div class="row">
              <button type="submit" class="press">{t("handover_leave")}</button>
              <button type="button" onClick={begin}>{t("handover_draft")}</button>
            </div>
          </form>
        </section>
      )}
      <h2>{t("handover_notes")}</h2>
      {notes.items?.map((note) => (
        <article key={note.time + note.who} class="panel inner note">
          <p class="dim"><b>{note.who}</b> <time dateTime={note.time}>{timeOf(note.time, "full")} {zoneName()}</time></p>
          <p class="said">{note.text}</p>
        </article>
      ))}
      {notes.items?.length === 0 && <p class="empty">{t("none_yet")}</p>}
      {notes.more && <button type="button" onClick={() => void notes.more?.()}>{t("more")}</button>}
    </main>
  );
}
