// The keyboard: one letter a deed, off while something is typed or asked.
import { signal } from "@preact/signals";
import { asks } from "./alerts";
import { ordered, orders, silence } from "./live";
import { SILENCE_MS, silencedUntil } from "./sound";
import { focused, followed, selected } from "./state";
import { acknowledge, asking } from "./parts/dialog";
import { locate } from "./parts/AlertList";
import { toggle } from "./map/MapView";
import { watch } from "./live";
import type { Alert } from "./wire";

/** Single letters can be turned off, for those whom they get in the way of (WCAG 2.1.4). */
export const letters = signal(typeof localStorage === "undefined" || localStorage.getItem("vigie.letters") !== "off");

export function setLetters(on: boolean): void {
  letters.value = on;
  localStorage.setItem("vigie.letters", on ? "on" : "off");
}

/** The alert that a key is about: the one in focus, or the most pressing. */
export function current(): Alert | undefined {
  return ordered.value.find((alert) => alert.alert === focused.value) ?? ordered.value[0];
}

function step(by: 1 | -1): void {
  const list = ordered.value;
  if (list.length === 0) return;
  const at = list.findIndex((alert) => alert.alert === focused.value);
  const next = list[at < 0 ? (by > 0 ? 0 : list.length - 1) : (at + by + list.length) % list.length] as Alert;
  focused.value = next.alert;
  if (next.track) watch(next.track);
  requestAnimationFrame(() => {
    const card = document.getElementById(`alert-${next.alert}`);
    card?.focus({ preventScroll: true });
    card?.scrollIntoView({ block: "nearest" });
  });
}

function command(name: "shelve" | "reject" | "annotate"): void {
  const alert = current();
  if (alert && orders()) asking.value = { alert, name };
}

const DEEDS: Record<string, () => void> = {
  j: () => step(1),
  k: () => step(-1),
  ArrowDown: () => step(1),
  ArrowUp: () => step(-1),
  a: () => {
    const alert = current();
    if (alert && asks(alert) && orders()) void acknowledge(alert);
  },
  l: () => {
    const alert = current();
    if (alert) locate(alert);
  },
  s: () => command("shelve"),
  r: () => command("reject"),
  n: () => command("annotate"),
  f: () => {
    if (selected.value) followed.value = !followed.value;
  },
  m: () => silence(silencedUntil.value > Date.now() ? 0 : Date.now() + SILENCE_MS),
  "/": () => document.getElementById("filter")?.focus(),
  "?": () => {
    location.hash = "#/help";
  },
  Escape: () => watch(null),
  "1": () => toggle("zones"),
  "2": () => toggle("coverage"),
  "3": () => toggle("ellipses"),
  "4": () => toggle("trails"),
  "5": () => toggle("vectors"),
  "6": () => toggle("rings"),
  "7": () => toggle("labels"),
};

/** What to do for a key, or nothing. Pure, so that it can be tested. */
export function deed(key: string, modified: boolean, target: { tag: string; type: string; scrolls: boolean }, on: boolean): (() => void) | null {
  if (modified) return null;
  const typing = target.tag === "TEXTAREA" || target.tag === "SELECT" || (target.tag === "INPUT" && !["checkbox", "radio", "button"].includes(target.type));
  if (typing) return null;
  if ((key === "ArrowDown" || key === "ArrowUp") && target.scrolls) return null;
  const name = key.length === 1 ? key.toLowerCase() : key;
  if (name.length === 1 && !on) return null;
  return DEEDS[name] ?? null;
}

export function listenToKeys(): void {
  addEventListener("keydown", (event) => {
    if (asking.value || document.querySelector("dialog[open]")) return;
    const target = event.target as HTMLElement;
    const what = deed(
      event.key,
      event.ctrlKey || event.metaKey || event.altKey,
      { tag: target.tagName, type: target.getAttribute("type") ?? "text", scrolls: target.classList.contains("map-box") || target.classList.contains("scroll") },
      letters.value,
    );
    if (!what) return;
    event.preventDefault();
    what();
  });
}
