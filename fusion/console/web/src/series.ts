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
