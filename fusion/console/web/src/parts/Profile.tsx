// Height over the last three minutes and the next: with what the zone forbids, and how sure the forecast is.
import { number } from "../format";
import { t } from "../i18n";
import { now } from "../live";
import { ticks } from "../series";
import type { Limits } from "../map/outlines";
import { zoneTitle } from "./words";

export interface Height {
  readonly time: number; // ms
  readonly agl: number; // m
}

const PAST_S = 180;
const AHEAD_S = 60;
const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [330, 112, 34, 4, 6, 16];
/** m/s, how far a climb rate that is carried on may change over a minute, 95 %. */
const CLIMB_SIGMA = 0.5;

export function Profile({ heights, climb, sigma, limits, zone }: { heights: readonly Height[]; climb: number | null; sigma: number | null; limits: Limits | null; zone: string | null }) {
  const at = now.value;
  const last = heights[heights.length - 1];
  const upper = limits?.upper ?? null;
  const highest = Math.max(40, ...heights.map(({ agl }) => agl), last && climb ? last.agl + climb * AHEAD_S : 0);
  const heightsTold = ticks(Math.max(highest * 1.15, upper !== null && upper < highest * 2.5 ? upper * 1.2 : 0));
  const top = heightsTold[heightsTold.length - 1] as number;
  const x = (time: number) => LEFT + ((time - (at - PAST_S * 1000)) / ((PAST_S + AHEAD_S) * 1000)) * (WIDTH - LEFT - RIGHT);
  const y = (agl: number) => HEIGHT - BOTTOM - (Math.max(0, Math.min(top, agl)) / top) * (HEIGHT - TOP - BOTTOM);
  const shown = heights.filter(({ time }) => time >= at - PAST_S * 1000);
  const line = shown.map(({ time, agl }, i) => `${i ? "L" : "M"}${x(time).toFixed(1)} ${y(agl).toFixed(1)}`).join("");
  const ahead = last && climb !== null ? forecast(last, climb, sigma ?? 5, x, y) : null;
  const zoneTop = upper === null ? top : Math.min(upper, top);
  const zoneLow = limits?.lower ?? 0;
  return (
    <section>
      <h3>{t("profile")}<span class="right">{zone ? zoneTitle(zone) : ""}</span></h3>
      <svg class="profile" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={t("profile_label", { height: number(last?.agl), ceiling: upper === null ? "—" : number(upper) })}>
        {heightsTold.map((tick) => (
          <g key={tick}>
            <line class="grid" x1={LEFT} x2={WIDTH - RIGHT} y1={y(tick)} y2={y(tick)} />
            <text class="tick" x={LEFT - 5} y={y(tick) + 3.5} text-anchor="end">{number(tick)}</text>
          </g>
        ))}
        {limits && zoneLow < top && (
          <>
            <rect class="zone" x={LEFT} width={WIDTH - LEFT - RIGHT} y={y(zoneTop)} height={Math.max(0, y(zoneLow) - y(zoneTop))} />
            {upper !== null && upper <= top && <line class="ceiling" x1={LEFT} x2={WIDTH - RIGHT} y1={y(upper)} y2={y(upper)} />}
            <text class="tick" x={WIDTH - RIGHT - 2} y={Math.max(TOP + 9, y(zoneTop) + 10)} text-anchor="end">
              {t("zone_heights", { lower: number(zoneLow), upper: upper === null ? "∞" : number(upper) })}
            </text>
          </>
        )}
        {ahead && <path class="band" d={ahead.band} />}
        {ahead && <path class="ahead" d={ahead.line} />}
        <path class="line" d={line} />
        {last && <circle class="dot" cx={x(last.time)} cy={y(last.agl)} r={3} />}
        <line class="now" x1={x(at)} x2={x(at)} y1={TOP} y2={HEIGHT - BOTTOM} />
        {[-3, -2, -1, 0, 1].map((minute) => (
          <text key={minute} class="tick" x={x(at + minute * 60_000)} y={HEIGHT - 4} text-anchor={minute === -3 ? "start" : minute === 1 ? "end" : "middle"}>
            {minute === 0 ? t("now") : `${minute > 0 ? "+" : "−"}${Math.abs(minute)} min`}
          </text>
        ))}
      </svg>
    </section>
  );
}

/** The climb carried on, with twice the root of what is not known of height and climb. */
function forecast(last: Height, climb: number, sigma: number, x: (time: number) => number, y: (agl: number) => number) {
  const steps = [0, 15, 30, 45, AHEAD_S];
  const at = (seconds: number, sign: number) => {
    const spread = 2 * Math.hypot(sigma, CLIMB_SIGMA * seconds);
    return `${x(last.time + seconds * 1000).toFixed(1)} ${y(last.agl + climb * seconds + sign * spread).toFixed(1)}`;
  };
  return {
    line: `M${at(0, 0)}L${at(AHEAD_S, 0)}`,
    band: `M${steps.map((s) => at(s, 1)).join("L")}L${[...steps].reverse().map((s) => at(s, -1)).join("L")}Z`,
  };
}
