// What was heard in each minute. Pure.
import type { HeardTold } from "./wire";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** How long a step is (ms), and each sensor's detections a second by when a step begins. */
export interface Heard {
  readonly step: number;
  readonly steps: ReadonlyMap<number, Readonly<Record<string, number>>>;
}

export const NOTHING: Heard = { step: MINUTE, steps: new Map() };

/** Take what the server tells anew; what is more than an hour from it is forgotten. */
export function listened(before: Heard, told: HeardTold | null): Heard {
  if (!told) return before;
  const step = told.step_s * 1000;
  const many = Math.max(0, ...Object.values(told.rates_hz).map((rates) => rates.length));
  const last = told.from + many * step;
  const steps = new Map([...before.steps].filter(([begin]) => Math.abs(last - begin) <= HOUR));
  for (let i = 0; i < many; i += 1) {
    const known = Object.entries(told.rates_hz).map(([name, rates]) => [name, rates[i] ?? null] as const);
    const heard = known.filter((one): one is readonly [string, number] => one[1] !== null);
    if (heard.length > 0) steps.set(told.from + i * step, Object.fromEntries(heard));
  }
  return { step, steps };
}

/** Detections of all sensors in each minute of the hour, as if all of it was like what was listened to; null where none was. */
export function perMinute({ step, steps }: Heard, end: number): (number | null)[] {
  const rates: number[][] = Array.from({ length: 60 }, () => []);
  for (const [begin, each] of steps) {
    const minute = 59 - Math.floor((end - (begin + step / 2)) / MINUTE);
    rates[minute]?.push(Object.values(each).reduce((sum, rate) => sum + rate, 0));
  }
  return rates.map((there) => (there.length > 0 ? (there.reduce((sum, rate) => sum + rate, 0) / there.length) * 60 : null));
}

/** What one sensor reported a second in each step of the last ten minutes, the present one too; null where nobody listened. */
export function lately({ step, steps }: Heard, sensor: string, end: number): (number | null)[] {
  const many = (10 * MINUTE) / step;
  const first = Math.floor(end / step) - many + 1;
  return Array.from({ length: many }, (_, i) => steps.get((first + i) * step)?.[sensor] ?? null);
}

const ROUND = [1, 2, 2.5, 5, 10] as const;

/** Round figures from nought to a value or just above it, in three or four equal steps of one leading figure (2.5 beside): what an axis is told by. */
export function ticks(value: number): number[] {
  const decade = 10 ** Math.floor(Math.log10(Math.max(value, 1) / 4));
  const step = decade * (ROUND.find((one) => one * decade * 4 >= value) ?? 10);
  return Array.from({ length: Math.max(1, Math.ceil(value / step)) + 1 }, (_, i) => i * step);
}
