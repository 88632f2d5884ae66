// The clock of a replay or a scenario: play, how fast, where in it, to the next alert, and a part of it as a file.
import { useState } from "preact/hooks";
import { priority } from "../alerts";
import { span, timeOf, zoneName } from "../format";
import { t, word } from "../i18n";
import { clock, hello, mode, steer } from "../live";
import { may } from "../state";
import { zoneTitle } from "./words";

const SPEEDS = [1, 2, 4, 8, 16] as const;
const STEP_MS = 10_000;

export function Player({ name }: { name: string }) {
  const span_ = hello.value?.clock;
  const told = clock.value;
  const [dragged, setDragged] = useState<number | null>(null);
  const [cut, setCut] = useState<{ from: number | null; to: number | null }>({ from: null, to: null });
  if (!span_) return null;
  const at = dragged ?? told?.t ?? span_.first;
  const speed = told?.speed ?? 1;
  const seeks = mode.value === "replay";
  const seek = (time: number) => steer({ type: "seek", time: Math.min(Math.max(time, span_.first), span_.last) });
  const share = (time: number) => ((time - span_.first) / Math.max(1, span_.last - span_.first)) * 1000;
  const clip = cut.from !== null && cut.to !== null && cut.to > cut.from
    ? `/api/v1/recordings/${encodeURIComponent(name)}/clip?from=${encodeURIComponent(new Date(cut.from).toISOString())}&to=${encodeURIComponent(new Date(cut.to).toISOString())}`
    : null;
  return (
    <section class="player" aria-label={t("player")}>
      <div class="row">
        <button type="button" class="press" onClick={() => steer(told?.playing ? { type: "pause" } : { type: "play", speed })} aria-pressed={told?.playing ?? false}>{t(told?.playing ? "player_pause" : "player_play")}</button>
        {seeks && <button type="button" onClick={() => seek(at - STEP_MS)} aria-label={`−10 s: ${t("player_back")}`}>−10 s</button>}
        {seeks && <button type="button" onClick={() => seek(at + STEP_MS)} aria-label={`+10 s: ${t("player_on")}`}>+10 s</button>}
        <span class="row" role="group" aria-label={t("player_speed")}>
          {SPEEDS.map((one) => <button key={one} type="button" aria-pressed={speed === one} onClick={() => steer({ type: "play", speed: one })}>{one}×</button>)}
        </span>
        <b class="player-time" data-at={Math.round(at)}>{timeOf(at, "full")} {zoneName()}</b>
        <span class="dim">{span((at - span_.first) / 1000)} / {span((span_.last - span_.first) / 1000)}</span>
        {told?.ended && <span class="dim">{t("player_ended")}</span>}
        <span class="gap" />
        {seeks && may("export") && (
          <>
            <button type="button" onClick={() => setCut({ ...cut, from: at })}>{t("player_from", { time: cut.from === null ? "…" : timeOf(cut.from) })}</button>
            <button type="button" onClick={() => setCut({ ...cut, to: at })}>{t("player_to", { time: cut.to === null ? "…" : timeOf(cut.to) })}</button>
            {clip && <a class="button" href={clip} download>{t("player_clip")}</a>}
          </>
        )}
      </div>
      <div class="track-line">
        <input
          type="range" min={0} max={1000} step={1} value={share(at)} disabled={!seeks} aria-label={t("player_where")} aria-valuetext={timeOf(at, "full")}
          onInput={(event) => setDragged(span_.first + (Number(event.currentTarget.value) / 1000) * (span_.last - span_.first))}
          onChange={(event) => { seek(span_.first + (Number(event.currentTarget.value) / 1000) * (span_.last - span_.first)); setDragged(null); }}
        />
        <svg viewBox="0 0 1000 8" preserveAspectRatio="none" aria-hidden="true">{span_.alerts.map((one) => <rect key={one.alert} class={`bar p${priority(one.severity)}`} x={share(one.raised) - 1.5} width={3} height={8} />)}</svg>
      </div>
      {span_.alerts.length > 0 && (
        <label class="row jump">{t("player_jump")}
          <select value="" onChange={(event) => { steer({ type: "jump", alert: event.currentTarget.value }); event.currentTarget.value = ""; }} disabled={!seeks}>
            <option value="">{t("player_alerts", { count: span_.alerts.length })}</option>
            {span_.alerts.map((one) => <option key={one.alert} value={one.alert}>{timeOf(one.raised)} P{priority(one.severity)} {word("rule", one.rule)} — {zoneTitle(one.zone)}</option>)}
          </select>
        </label>
      )}
    </section>
  );
}
