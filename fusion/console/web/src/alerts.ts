// The alert list: what asks for a person, in which order, how loudly, and how a flood is gathered. Pure: it is told the time.
import type { Alert, AlertFrame, Severity } from "./wire";

export type Priority = 1 | 2 | 3;

const PRIORITIES: Record<Severity, Priority> = { critical: 1, warning: 2, advisory: 3 };

export function priority(severity: Severity): Priority {
  return PRIORITIES[severity];
}

/** Whether an alert still asks for a person: nobody has taken it, or it has got worse since. */
export function asks(alert: Alert): boolean {
  return alert.state === "raised" || alert.state === "updated" || (alert.state === "cleared" && !alert.acknowledged_by);
}

/** Every alert that the server holds open, and where the stream stands: what a reconnect resumes from. */
export class AlertBook {
  readonly alerts = new Map<string, Alert>();
  epoch: string | null = null;
  last = 0;

  /** Take one frame; give the alerts that are news to the ear: new ones that ask, and those that ask again or worse. */
  apply(frame: AlertFrame): Alert[] {
    if (frame.reset) this.alerts.clear();
    const news: Alert[] = [];
    for (const { archived, alert } of frame.items) {
      const before = this.alerts.get(alert.alert);
      if (before && before.revision > alert.revision) continue;
      if (archived) {
        this.alerts.delete(alert.alert);
        continue;
      }
      this.alerts.set(alert.alert, alert);
      const worse = before !== undefined && priority(alert.severity) < priority(before.severity);
      if (asks(alert) && alert.state !== "cleared" && (!before || !asks(before) || worse)) news.push(alert);
    }
    this.epoch = frame.epoch;
    this.last = Math.max(frame.reset ? 0 : this.last, frame.last);
    return news;
  }

  /** Take an alert that a command's answer gave: the stream may be behind it. */
  take(alert: Alert): void {
    const before = this.alerts.get(alert.alert);
    if (!before || before.revision <= alert.revision) this.alerts.set(alert.alert, alert);
  }
}

/** Whoever asks comes first, then the graver, then the newer; what is over or shelved is not in the list. */
export function queue(alerts: Iterable<Alert>): Alert[] {
  return [...alerts]
    .filter((alert) => alert.state !== "shelved" && alert.state !== "closed")
    .sort(
      (a, b) =>
        Number(asks(b)) - Number(asks(a)) ||
        priority(a.severity) - priority(b.severity) ||
        Number(a.state === "cleared") - Number(b.state === "cleared") ||
        (a.raised < b.raised ? 1 : a.raised > b.raised ? -1 : a.alert < b.alert ? -1 : 1),
    );
}

export function shelved(alerts: Iterable<Alert>): Alert[] {
  return [...alerts]
    .filter((alert) => alert.state === "shelved")
    .sort((a, b) => ((a.shelved_until ?? "") < (b.shelved_until ?? "") ? -1 : 1));
}

/** How many there are of each priority: those that stand, and those that are over but still ask for a person. */
export function counts(alerts: Iterable<Alert>): Record<Priority, number> {
  const found: Record<Priority, number> = { 1: 0, 2: 0, 3: 0 };
  for (const alert of alerts) {
    if (alert.state !== "shelved" && alert.state !== "closed" && (alert.state !== "cleared" || asks(alert))) found[priority(alert.severity)] += 1;
  }
  return found;
}

/** Alerts that were raised in the last ten minutes. */
export function rate(alerts: Iterable<Alert>, now: number): number {
  let found = 0;
  for (const alert of alerts) if (now - Date.parse(alert.raised) <= 600_000) found += 1;
  return found;
}

/** More than this many that ask in ten minutes are a flood (ISA-18.2: more than 10 in 10 minutes to one operator). */
export const FLOOD = 10;

export interface Group {
  readonly zone: string;
  readonly head: Alert; // the most pressing
  readonly alerts: readonly Alert[];
}

/** One entry a zone and priority, the most pressing first, so that a swarm is one line to read and every alert is still in it. */
export function grouped(ordered: readonly Alert[]): Group[] {
  const groups = new Map<string, Alert[]>();
  for (const alert of ordered) {
    const key = `${Number(asks(alert))}/${alert.severity}/${alert.zone}`;
    const group = groups.get(key);
    if (group) group.push(alert);
    else groups.set(key, [alert]);
  }
  return [...groups.values()].map((alerts) => ({ zone: (alerts[0] as Alert).zone, head: alerts[0] as Alert, alerts }));
}

export function isFlood(ordered: readonly Alert[], now: number): boolean {
  return rate(ordered.filter(asks), now) > FLOOD;
}

/** Rules whose probability goes along with the track; that of any other is of the moment it was raised, and would mislead afterwards. */
const AHEAD: ReadonlySet<string> = new Set(["predicted_entry", "bearing"]);

/** How likely what an alert says is now; null where that is no question, or no longer. */
export function likelihood(alert: Alert): number | null {
  const told = AHEAD.has(alert.rule) ? (alert.probability ?? null) : null;
  return told !== null && told < 1 ? told : null;
}

/** Seconds until the predicted entry, as time has passed since it was reckoned; null where none is foretold. */
export function entryIn(alert: Alert, now: number): number | null {
  if (alert.time_to_entry_s === undefined || alert.rule !== "predicted_entry") return null;
  return Math.max(0, alert.time_to_entry_s - Math.max(0, now - Date.parse(alert.updated)) / 1000);
}

/** Within how many seconds of being raised somebody must have answered, by priority. */
export const DUE_S: Record<Priority, number> = { 1: 60, 2: 300, 3: 1800 };

export function dueIn(alert: Alert, now: number): number {
  return DUE_S[priority(alert.severity)] - (now - Date.parse(alert.raised)) / 1000;
}

/** What is heard: the worst that asks. P1 again and again, P2 once when it is news, P3 never. */
export type Tone = "alarm" | "chime" | null;

export function tone(alerts: Iterable<Alert>, news: readonly Alert[]): Tone {
  for (const alert of alerts) if (alert.severity === "critical" && asks(alert) && alert.state !== "cleared") return "alarm";
  return news.some((alert) => alert.severity === "warning") ? "chime" : null;
}
