// How old the picture is, by the server's clock as far as it can be known, and whether it may be called live.

export type Freshness = "live" | "late" | "stale";

/** A picture older than this is never shown as live. */
export const STALE_MS = 1_000;
/** Above this the age is shown in amber: two frames are missing. */
export const LATE_MS = 500;

export function freshness(age: number | null, connected: boolean): Freshness {
  if (!connected || age === null || age > STALE_MS) return "stale";
  return age > LATE_MS ? "late" : "live";
}

/**
 * The server's clock, guessed from pings.
 *
 * The answer with the shortest way there and back says it best: it is wrong by at most half that way. Old answers lose their weight as
 * clocks drift (at most 100 ppm of a quartz apart), so that a better one of long ago gives way in the end. Times are of a clock that
 * only goes forward (performance.now()).
 */
export class ServerClock {
  private offset: number | null = null; // ms, server minus ours
  private doubt = Number.POSITIVE_INFINITY; // ms
  private asked = 0; // when the best answer came

  pong(sent: number, received: number, server: number): void {
    const half = (received - sent) / 2;
    if (half < 0) return;
    const faded = this.doubt + (received - this.asked) * 1e-4;
    if (half <= faded) {
      this.offset = server - (sent + half);
      this.doubt = half;
      this.asked = received;
    }
  }

  /** A message with the server's time: it was sent before now, so the server's clock is at least there. Only until a ping is answered. */
  heard(received: number, server: number): void {
    if (this.doubt === Number.POSITIVE_INFINITY) {
      this.offset = this.offset === null ? server - received : Math.max(this.offset, server - received);
    }
  }

  now(local: number): number | null {
    return this.offset === null ? null : local + this.offset;
  }
}
