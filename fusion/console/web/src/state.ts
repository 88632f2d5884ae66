// What the screens share: who is logged in, what is shown, what is selected.
import { computed, signal } from "@preact/signals";
import { standing } from "./aloft";
import { priority } from "./alerts";
import { type Key, t, word } from "./i18n";
import { en } from "./i18n/en";
import { ask, get, type List, Problem, sentence } from "./rest";
import { refusal } from "./routes";
import type { Alert, Permission, Sensor, Session, Site, Status, Zone } from "./wire";

export const session = signal<Session | null | undefined>(undefined); // undefined: not known yet
export const site = signal<Site | null>(null);
export const status = signal<Status | null>(null);
export const sensors = signal<Sensor[]>([]);
/** The sensors as they stand now: some move. */
export const placed = computed(() => standing(sensors.value, sensors.value.some((sensor) => sensor.moves) ? status.value : null));
export const zones = signal<Zone[]>([]);
export const plan = signal<string | null>(null);

/** The track and the alert that the operator looks at. */
export const selected = signal<string | null>(null);
export const focused = signal<string | null>(null);
export const followed = signal(false);

/** One sentence for a moment: what was done, or why it could not be. */
export const notice = signal<{ text: string; kind: "done" | "failed" } | null>(null);
let fading: ReturnType<typeof setTimeout> | undefined;

export function tell(text: string, kind: "done" | "failed" = "done"): void {
  clearTimeout(fading);
  notice.value = { text, kind };
  fading = setTimeout(() => {
    notice.value = null;
  }, kind === "failed" ? 12_000 : 4_000);
}

/** Run what may fail and say why it did. */
export async function attempt<Made>(what: () => Promise<Made>, unreachable: string): Promise<Made | null> {
  try {
    return await what();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    tell(error.status === 0 ? unreachable : sentence(error), "failed");
    return null;
  }
}

/** Do what may fail and gives nothing; tell whether it was done. */
export async function did(what: () => Promise<unknown>): Promise<boolean> {
  return (await attempt(async () => ({ made: await what() }), t("unreachable"))) !== null;
}

export function may(permission: Permission): boolean {
  return session.value?.permissions.includes(permission) ?? false;
}

export const zoneNames = computed(() => new Map(zones.value.map((zone) => [zone.zone, zoneName(zone)])));

/** A zone's name in the language of the page where it has one. */
export function zoneName(zone: Zone, language = document.documentElement.lang): string {
  const names = zone.feature.properties.name ?? [];
  const own = names.find((name) => name.lang?.toLowerCase().startsWith(language));
  return own?.text ?? names[0]?.text ?? zone.zone;
}

export async function readZones(): Promise<void> {
  const told = await get<{ plan: string | null; items: Zone[] }>("/zones");
  zones.value = told.items;
  plan.value = told.plan;
}

export async function readSensors(): Promise<void> {
  sensors.value = (await get<List<Sensor>>("/sensors")).items;
}

/** Whether somebody was in whose session has ended: the login page says it, once. */
export const ended = signal(false);

/** The server says that nobody is logged in. */
export function shutOut(): void {
  if (session.peek()) ended.value = true;
  session.value = null;
}

/** Learn who is logged in; null where nobody is. */
export async function whoAmI(): Promise<Session | null> {
  try {
    session.value = await get<Session>("/session");
  } catch (error) {
    if (!(error instanceof Problem) || error.status !== 401) throw error;
    shutOut();
  }
  return session.value ?? null;
}

/** Say why the sign-on service's way in ended outside, once: it is taken out of the address, so that a reload does not say it again. */
export function turnedAway(): Key | null {
  const why = refusal(location.search);
  if (why === null) return null;
  history.replaceState(null, "", location.pathname + location.hash);
  const key = `refused_${why}`;
  return key in en ? (key as Key) : "refused_said_no";
}

/** Come in by the token that the address carries (`#token=…`), and take it out of the address; tell whether there was one that is good. */
export async function enterByToken(): Promise<boolean> {
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (!token) return false;
  history.replaceState(null, "", location.pathname);
  return did(async () => {
    session.value = (await ask<Session>("POST", "/session/token", { token })).body;
  });
}

export type CommandName = "acknowledge" | "shelve" | "reject" | "annotate";

/** An order that was meant for an alert as it no longer is: a colleague, or the core, has changed it. */
export class Changed extends Problem {
  constructor(readonly now: Alert) {
    const said = [word("state", now.state), `P${priority(now.severity)}`, word("rule", now.rule), now.acknowledged_by].filter(Boolean).join(", ");
    super(412, now.state === "closed" ? t("alert_closed") : t("alert_changed", { now: said }));
  }
}

/** Ask the core to do something with an alert as it was seen; the answer is the alert as it is then. */
export async function command(alert: Alert, name: CommandName, more: { why?: string; until?: string } = {}): Promise<Alert> {
  const path = `/alerts/${encodeURIComponent(alert.alert)}/commands`;
  const send = (revision: number) => ask<Alert>("POST", path, { command: name, ...more }, { "If-Match": `"${revision}"` });
  if (alert.state === "closed") throw new Changed(alert); // the server would call it done already
  try {
    return (await send(alert.revision)).body;
  } catch (error) {
    if (!(error instanceof Problem) || error.status !== 412) throw error;
    // It changed under our hand. A change of figures alone does not change what the operator meant; anything else does, but for a note.
    const now = await get<Alert>(`/alerts/${encodeURIComponent(alert.alert)}`);
    const same = now.state === alert.state && now.severity === alert.severity && now.rule === alert.rule;
    if (!same && (name !== "annotate" || now.state === "closed")) throw new Changed(now);
    return (await send(now.revision)).body;
  }
}
