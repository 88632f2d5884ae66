// Alarm rates as a shift is judged by them. Pure.
import { FLOOD } from "./alerts";
import type { Severity } from "./wire";

export interface Rates {
  from: string;
  to: string;
  step_s: number;
  counts: Record<Severity, number[]>;
}

export const GRAVEST_FIRST: readonly Severity[] = ["critical", "warning", "advisory"];

export interface Load {
  readonly perStep: number[];
  readonly total: number;
  readonly hourly: number;
  readonly peak: number;
  /** Part of the time with more than ten alarms in ten minutes, 0 … 1. */
  readonly flooded: number;
}

/** Sum up what came in each step: EEMUA 191 and ISA-18.2 judge by the mean an hour, the peak and the time in flood. */
export function load({ step_s, counts }: Rates): Load {
  const perStep = counts.critical.map((_, i) => GRAVEST_FIRST.reduce((sum, severity) => sum + (counts[severity][i] ?? 0), 0));
  const total = perStep.reduce((sum, count) => sum + count, 0);
  const hours = (perStep.length * step_s) / 3600;
  return {
    perStep,
    total,
    hourly: hours > 0 ? total / hours : 0,
    peak: Math.max(0, ...perStep),
    flooded: perStep.length > 0 ? perStep.filter((count) => count > FLOOD).length / perStep.length : 0,
  };
}
