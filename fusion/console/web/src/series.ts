// What was heard in each minute. Pure.

const MINUTE = 60_000;

/** Mean detections a second in each minute of the hour, null where this page was not listening. */
export function perMinute(series: Iterable<readonly { time: number; rate: number }[]>, end: number): (number | null)[] {
  const bars: (number | null)[] = Array.from({ length: 60 }, () => null);
  const sums = new Map<number, Map<number, number>>(); // minute -> time -> all sensors' rate then
  for (const one of series) {
    for (const { time, rate } of one) {
      const minute = 59 - Math.floor((end - time) / MINUTE);
      if (minute < 0 || minute > 59) continue;
      const there = sums.get(minute) ?? new Map<number, number>();
      there.set(time, (there.get(time) ?? 0) + rate);
      sums.set(minute, there);
    }
  }
  for (const [minute, there] of sums) bars[minute] = ([...there.values()].reduce((sum, rate) => sum + rate, 0) / there.size) * 60;
  return bars;
}

const ROUND = [1, 2, 2.5, 5, 10] as const;

/** Round figures from nought to a value or just above it, in three or four equal steps of one leading figure (2.5 beside): what an axis is told by. */
export function ticks(value: number): number[] {
  const decade = 10 ** Math.floor(Math.log10(Math.max(value, 1) / 4));
  const step = decade * (ROUND.find((one) => one * decade * 4 >= value) ?? 10);
  return Array.from({ length: Math.max(1, Math.ceil(value / step)) + 1 }, (_, i) => i * step);
}
