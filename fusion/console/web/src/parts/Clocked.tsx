// The live picture's twin with a clock: a replay or a scenario, in a window of its own so that nobody takes it for the sky.
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { t } from "../i18n";
import { clock, hello, listen, mode, problem, steer } from "../live";
import { MapView } from "../map/MapView";
import { AlertList } from "./AlertList";
import { Inspector } from "./Inspector";
import { Player } from "./Player";
import { TrackTable } from "./TrackTable";

export function Clocked({ title, name, query, banner, children }: { title: string; name: string; query: string; banner: string; children?: ComponentChildren }) {
  useEffect(() => {
    listen(query);
    return () => listen();
  }, [query]);
  useEffect(() => {
    // A connection that came back begins at the beginning: go on where it was.
    const was = clock.peek();
    if (mode.value !== "replay" || !was) return;
    steer({ type: "seek", time: was.t });
    if (was.playing) steer({ type: "play", speed: was.speed });
  }, [hello.value]);
  return (
    <main class="live replayed">
      <h1 class="unseen">{title}</h1>
      <div class="left">
        <AlertList />
        <TrackTable />
      </div>
      <MapView>
        <p class="not-live" role="status">{problem.value ?? (mode.value === "live" ? `${title} – ${t("preparing")}` : banner)}</p>
        {children}
      </MapView>
      <Inspector />
      <Player name={name} />
    </main>
  );
}
