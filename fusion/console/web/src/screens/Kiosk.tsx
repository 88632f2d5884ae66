// The picture for a wall: nothing to press, everything to see; it comes in by its token and stays.
import { Counts, Clocks, Freshness } from "../parts/TopBar";
import { AlertList } from "../parts/AlertList";
import { Logo } from "../parts/icons";
import { MapView } from "../map/MapView";
import { t } from "../i18n";
import { site } from "../state";
import { Degraded, Stale } from "./Live";

export function Kiosk() {
  return (
    <>
      <header class="top">
        <span class="brand"><Logo /><b>Vigie</b><span>{site.value?.site}</span></span>
        <Freshness />
        <span class="gap" />
        <Counts />
        <Clocks />
      </header>
      <Degraded />
      <main class="kiosk">
        <h1 class="unseen">{t("kiosk_title")}</h1>
        <div class="left"><AlertList /></div>
        <MapView><Stale /></MapView>
      </main>
    </>
  );
}
