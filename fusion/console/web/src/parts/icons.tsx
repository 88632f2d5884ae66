// Small drawings: priorities, track symbols, the mark of Vigie.
import { useEffect, useRef } from "preact/hooks";
import type { Priority } from "../alerts";
import { t } from "../i18n";
import { drawSymbol, type Sprite } from "../map/symbols";
import type { Palette } from "../palette";
import { Cache } from "../sprites";
import { palette } from "../theme";
import type { Verdict } from "../wire";

const SHAPES: Record<Priority, string> = { 1: "M8 1.5 15 14H1Z", 2: "M8 1 15 8 8 15 1 8Z", 3: "M8 2.2a5.8 5.8 0 1 0 .01 0Z" };

/** A priority's shape: filled while it asks, hollow once somebody has it. P3 is a ring. */
export function Mark({ level, hollow = false, named = false }: { level: Priority; hollow?: boolean; named?: boolean }) {
  const spoken = named ? { role: "img" as const, "aria-label": t(`priority_${level}`) } : { "aria-hidden": true };
  return (
    <svg class={`mark p${level}`} viewBox="0 0 16 16" width="14" height="14" {...spoken}>
      <path d={SHAPES[level]} fill={hollow || level === 3 ? "none" : "currentColor"} stroke="currentColor" stroke-width={level === 3 ? 2.4 : 1.6} stroke-linejoin="round" />
    </svg>
  );
}

let kept: { key: string; sprites: Cache<Sprite> } | null = null;

/** One cache a theme, as tables have many rows of few kinds. */
function sprite(colours: Palette, verdict: Verdict, kind: string, size: number): Sprite {
  const ratio = Math.max(2, devicePixelRatio);
  const key = `${colours.ground}/${ratio}`;
  if (kept?.key !== key) {
    kept = {
      key,
      sprites: new Cache((name) => {
        const [of, what, big] = name.split("/") as [Verdict, string, string];
        return drawSymbol(colours, of, what, Number(big), ratio);
      }, 96),
    };
  }
  return kept.sprites.get(`${verdict}/${kind}/${size}`);
}

/** A track's symbol as on the map. */
export function Symbol({ verdict, kind, size = 13 }: { verdict: Verdict; kind: string; size?: number }) {
  const box = useRef<HTMLCanvasElement>(null);
  const colours = palette.value;
  useEffect(() => {
    const canvas = box.current;
    if (!canvas) return;
    const drawn = sprite(colours, verdict, kind, size);
    canvas.width = drawn.image.width;
    canvas.height = drawn.image.height;
    canvas.style.width = `${drawn.width}px`;
    canvas.style.height = `${drawn.height}px`;
    canvas.getContext("2d")?.drawImage(drawn.image, 0, 0);
  }, [verdict, kind, size, colours]);
  return <canvas class="symbol" ref={box} width={1} height={1} aria-hidden="true" />;
}

export function Logo() {
  return (
    <svg class="logo" viewBox="0 0 24 24" width="22" height="22" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="1.5">
      <circle cx="12" cy="12" r="9.5" />
      <circle cx="12" cy="12" r="4.5" opacity=".7" />
      <path d="M12 12 18.5 5.5" stroke-linecap="round" />
      <circle cx="15.2" cy="8.8" r="1.6" fill="currentColor" stroke="none" />
    </svg>
  );
}
