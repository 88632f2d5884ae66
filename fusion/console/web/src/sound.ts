// What is heard: a two-tone alarm that repeats while a critical alert asks, one calm chime for a warning. The browser wants a gesture first.
import { signal } from "@preact/signals";
import type { Tone } from "./alerts";

/** Whether the browser lets us sound. */
export const armed = signal(false);
/** Silenced until then (ms of Date.now()). Silencing is not acknowledging: it ends by itself and with the next news. */
export const silencedUntil = signal(0);
/** What sounds now, for the eye (the button) and for tests. */
export const sounding = signal<Tone>(null);

export const SILENCE_MS = 60_000;
const REPEAT_MS = 1_600;

let context: AudioContext | null = null;
let repeating: ReturnType<typeof setInterval> | undefined;

/** Called by any gesture: from then on sound is possible. */
export function arm(): void {
  context ??= new AudioContext();
  const ready = () => {
    armed.value = context?.state === "running";
  };
  context.onstatechange = ready;
  void context.resume().then(ready, () => undefined);
  ready();
}

/** One note with soft edges, so that it rings and does not click. */
function note(frequency: number, at: number, length: number, volume: number, shape: OscillatorType): void {
  if (!context) return;
  const begin = context.currentTime + at;
  const oscillator = new OscillatorNode(context, { frequency, type: shape });
  const gain = new GainNode(context, { gain: 0 });
  gain.gain.setValueAtTime(0, begin);
  gain.gain.linearRampToValueAtTime(volume, begin + 0.015);
  gain.gain.setValueAtTime(volume, begin + length - 0.05);
  gain.gain.linearRampToValueAtTime(0, begin + length);
  oscillator.connect(gain).connect(context.destination);
  oscillator.start(begin);
  oscillator.stop(begin + length);
}

/** IEC 60601-1-8's way: bursts of harmonic-rich notes between 500 and 1000 Hz for what is urgent, soft low ones for what is not. */
function alarm(): void {
  for (const [i, frequency] of [660, 880, 660, 880, 988].entries()) note(frequency, i * 0.17, 0.15, 0.35, "triangle");
}

function chime(): void {
  note(523, 0, 0.25, 0.12, "sine");
  note(659, 0.22, 0.4, 0.12, "sine");
}

/** Say what is to be heard from now on. */
export function hear(tone: Tone, now: number): void {
  if (tone === "chime" && now >= silencedUntil.value) chime();
  const loud = tone === "alarm" && now >= silencedUntil.value;
  sounding.value = loud ? "alarm" : null;
  if (loud && repeating === undefined) {
    alarm();
    repeating = setInterval(alarm, REPEAT_MS);
  } else if (!loud && repeating !== undefined) {
    clearInterval(repeating);
    repeating = undefined;
  }
}
