// The stream's state: the picture, the alert list, freshness. One at a time: live, a replay or a scenario.
import { batch, computed, signal } from "@preact/signals";
import { type Freshness, freshness, ServerClock } from "./age";
import { AlertBook, queue, shelved, tone } from "./alerts";
import { Picture } from "./picture";
import { type Heard, listened, NOTHING } from "./series";
import { arm, hear, silencedUntil } from "./sound";
import { Changed, command as post, type CommandName, may, readSensors, readZones, selected, sensors, status, whoAmI, zones } from "./state";
import { route } from "./routes";
import { Stream } from "./stream";
import type { Alert, ClockFrame, Hello, ServerMessage, Track } from "./wire";

export const mode = signal<"live" | "replay" | "scenario">("live");
export const hello = signal<Hello | null>(null);
export const connected = signal(false);
/** Whether what was asked for, a recording or a scenario, is still being made ready by the server. */
export const preparing = signal(false);
export const link = signal<"online" | "stale" | "offline">("online");
/** Every open alert, in no order; replaced as a whole when one changes. */
export const alerts = signal<Alert[]>([]);
export const ordered = computed(() => queue(alerts.value));
export const onShelf = computed(() => shelved(alerts.value));
/** The watched track as the core publishes it. */
export const watched = signal<Track | null>(null);
/** The server's time as known here, ms; goes on five times a second. */
export const now = signal(Date.now());
/** Age of the picture that is on the screen, ms; null before the first. */
export const age = signal<number | null>(null);
export const fresh = computed<Freshness>(() => freshness(age.value, connected.value && link.value === "online"));
/** Goes up twice a second with the picture: what tables are drawn by. */
export const tick = signal(0);
/** How much the sensors reported in the last hour. */
export const heard = signal<Heard>(NOTHING);
export const clock = signal<ClockFrame | null>(null);
export const truth = signal<{ t: number; up: [string, number, number, number, string][] } | null>(null);
export const score = signal<Record<string, number> | null>(null);
export const framesHz = signal(0);
/** ms from a frame's sending to its drawing. */
export const latency = signal<number | null>(null);
export const changed = signal<{ what: string; times: number }>({ what: "", times: 0 });
export const problem = signal<string | null>(null);

export let picture: Picture | null = null;
let book = new AlertBook();
let serverClock = new ServerClock();
let stream: Stream | null = null;
let drawnT: number | null = null;
let lastFrame: { time: number; t: number } | null = null;
let frames = 0;
let redraw: (() => void) | null = null;

/** The map asks to be told when there is something to draw. */
export function onFrame(draw: (() => void) | null): void {
  redraw = draw;
}

/** The map says that what had come is on the screen. */
export function drawn(): void {
  if (lastFrame) {
    drawnT = lastFrame.t;
    const here = serverClock.now(performance.now());
    if (here !== null) latency.value = Math.max(0, here - lastFrame.time);
  }
  stream?.drawn();
  measure();
}

function measure(): void {
  const here = serverClock.now(performance.now());
  if (mode.value !== "live") now.value = drawnT ?? clock.value?.t ?? now.value;
  else if (here !== null) now.value = here;
  if (mode.value === "live") age.value = drawnT === null || here === null ? null : Math.max(0, here - drawnT);
  else age.value = connected.value && drawnT !== null ? 0 : null;
  document.documentElement.dataset["fresh"] = fresh.value;
}

function receive(message: ServerMessage): void {
  switch (message.type) {
    case "hello":
      return begin(message);
    case "frame":
      frames += 1;
      picture?.apply(message);
      serverClock.heard(performance.now(), message.time);
      lastFrame = message;
      if (redraw && !document.hidden) redraw();
      else drawn();
      return;
    case "alerts": {
      const news = book.apply(message);
      alerts.value = [...book.alerts.values()];
      if (news.some((alert) => alert.severity === "critical")) silencedUntil.value = 0;
      if (mode.value === "live") hear(tone(alerts.value, news), Date.now());
      return;
    }
    case "status":
      status.value = message.status;
      heard.value = listened(heard.value, message.heard);
      return;
    case "heard":
      heard.value = listened(heard.value, message.heard);
      return;
    case "link":
      link.value = message.state;
      return;
    case "track":
      watched.value = message.track;
      return;
    case "zone":
      zones.value = zones.value.map((zone) =>
        zone.zone === (message.state?.zone ?? message.zone) ? { ...zone, state: message.state } : zone,
      );
      return;
    case "changed":
      changed.value = { what: message.what, times: changed.value.times + 1 };
      if (message.what === "zones") void readZones().catch(() => undefined);
      return;
    case "clock":
      clock.value = message;
      return;
    case "truth":
      truth.value = message;
      return;
    case "score":
      score.value = message.figures;
      return;
    case "problem":
      problem.value = message.detail;
      return;
    case "pong":
    case "rejected":
      return;
  }
}

function begin(message: Hello): void {
  const known = picture;
  picture = new Picture(message);
  if (known && mode.value === "live") picture.inherit(known);
  lastFrame = null;
  batch(() => {
    hello.value = message;
    mode.value = message.mode;
    preparing.value = false;
    link.value = "online";
    problem.value = null;
  });
  if (selected.value) stream?.send({ type: "watch", track: selected.value });
}

/** Begin to listen; what was listened to before ends. */
export function listen(query = ""): void {
  stream?.close();
  picture = null;
  drawnT = null;
  lastFrame = null;
  book = new AlertBook();
  serverClock = new ServerClock();
  batch(() => {
    connected.value = false;
    preparing.value = query !== "";
    alerts.value = [];
    watched.value = null;
    clock.value = null;
    heard.value = NOTHING;
    truth.value = null;
    score.value = null;
    age.value = null;
    selected.value = null;
  });
  hear(null, Date.now());
  stream = new Stream(query, {
    message: receive,
    connected: (yes, code) => {
      connected.value = yes;
      preparing.value = false;
      measure();
      if (yes && mode.value === "scenario") {
        // A scenario has a site of its own: ours would be drawn where it is not.
        zones.value = [];
        sensors.value = [];
      } else if (yes) void Promise.all([readZones(), readSensors()]).catch(() => undefined);
      else if (code === 4401 || code === 1006) void whoAmI().catch(() => undefined);
    },
    resume: () => ({ epoch: book.epoch, alerts: book.last }),
    pong: (sent, received, server) => serverClock.pong(sent, received, server),
  });
  stream.open();
}

export function hush(): void {
  stream?.close();
  stream = null;
  connected.value = false;
  hear(null, Date.now());
}

export function watch(track: string | null): void {
  if (selected.value !== track) watched.value = null;
  selected.value = track;
  stream?.send({ type: "watch", track });
}

export function steer(message: object): void {
  stream?.send(message);
}

/** Whether this page may order anything of an alert: a wall does not, whoever opened it. */
export function orders(): boolean {
  return may("command") && mode.value === "live" && route.value.page !== "kiosk";
}

/** Give a command and show its outcome at once, or what the alert has become meanwhile; the stream confirms it to everybody. */
export async function act(alert: Alert, name: CommandName, more: { why?: string; until?: string } = {}): Promise<void> {
  try {
    take(await post(alert, name, more));
  } catch (error) {
    if (error instanceof Changed) take(error.now);
    throw error;
  }
}

function take(alert: Alert): void {
  book.take(alert);
  alerts.value = [...book.alerts.values()];
  hear(tone(alerts.value, []), Date.now());
}

/** Silence the alarm for a while, or let it sound again. */
export function silence(until: number): void {
  silencedUntil.value = until;
  hear(tone(alerts.value, []), Date.now());
}

export function beginBeat(): void {
  let count = 0;
  setInterval(() => {
    count += 1;
    measure();
    if (count % 3 === 0) tick.value += 1;
    if (count % 5 === 0) {
      framesHz.value = frames;
      frames = 0;
      if (silencedUntil.value !== 0 && Date.now() >= silencedUntil.value) silence(0);
    }
  }, 200);
  for (const gesture of ["pointerdown", "keydown"] as const) addEventListener(gesture, arm, { capture: true });
}
