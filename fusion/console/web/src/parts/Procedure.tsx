// What is to be done for an alert, step by step. A step that is done is a note on the alert: in the journal, with who and when, on every console.
import { dueIn, type Priority, priority } from "../alerts";
import { span } from "../format";
import { CATALOGUES, type Key, t } from "../i18n";
import { act, mode, now } from "../live";
import { attempt, may } from "../state";
import type { Alert } from "../wire";
import { readNote } from "./words";

const STEPS: Record<Priority, readonly Key[]> = {
  1: ["step_visual", "step_call", "step_decide"],
  2: ["step_visual", "step_identify", "step_decide"],
  3: ["step_watch"],
};

/** Who has done a step, whichever language it was ticked off in. */
export function doneBy(alert: Alert, step: Key): string | null {
  const said = Object.values(CATALOGUES).map((catalogue) => catalogue[step]);
  const note = (alert.notes ?? []).map(readNote).find(({ what }) => said.some((text) => what === `✓ ${text}`));
  return note?.who ?? null;
}

export function Procedure({ alert }: { alert: Alert }) {
  const level = priority(alert.severity);
  const due = dueIn(alert, now.value);
  const open = STEPS[level].some((step) => doneBy(alert, step) === null);
  return (
    <section class="procedure">
      <h3>
        {t("procedure", { level })}
        {open && <span class={`right ${due < 0 ? "urgent" : ""}`}>{due >= 0 ? t("due_in", { time: span(due) }) : t("overdue_by", { time: span(-due) })}</span>}
      </h3>
      {STEPS[level].map((step) => {
        const who = doneBy(alert, step);
        return (
          <label key={step}>
            <input
              type="checkbox"
              checked={who !== null}
              disabled={who !== null || !may("command") || mode.value !== "live"}
              onChange={(event) => {
                const box = event.currentTarget;
                void attempt(() => act(alert, "annotate", { why: `✓ ${t(step)}` }), t("unreachable")).then(() => {
                  box.checked = doneBy(alert, step) !== null;
                });
              }}
            />
            {t(step)} {who && <span class="dim">{who}</span>}
          </label>
        );
      })}
    </section>
  );
}
