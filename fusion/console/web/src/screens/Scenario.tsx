// A scenario of the library flown before one's eyes: the core's picture, the truth beneath it, and how good the one is of the other.
import { useEffect, useState } from "preact/hooks";
import { number, span } from "../format";
import { t } from "../i18n";
import { score, truth } from "../live";
import { goTo } from "../map/MapView";
import { Clocked } from "../parts/Clocked";
import { useReading } from "../parts/reading";
import { Table } from "../parts/Table";
import type { List } from "../rest";
import { route } from "../routes";

interface Told {
  name: string;
  title: string;
  duration_s: number;
  site: string;
}

export function Scenario() {
  const [name = "", seed = ""] = route.value.argument.split(":");
  return name ? <Flown key={route.value.argument} name={name} seed={seed} /> : <Library />;
}

function Library() {
  const { told } = useReading<List<Told>>("/scenarios");
  const [seed, setSeed] = useState("");
  return (
    <main class="page">
      <h1>{t("screen_scenario")}</h1>
      <p class="dim">{t("scenario_window")}</p>
      <div class="row filters"><label>{t("scenario_seed")}<input type="number" min={0} max={999_999_999_999_999} value={seed} onInput={(event) => setSeed(event.currentTarget.value)} /></label></div>
      <Table
        title={t("scenario_library")}
        columns={[t("name"), t("scenario_about"), t("scenario_lasts"), t("scenario_site")]}
        rows={told && told.items.map((one) => (
          <tr key={one.name}>
            <th scope="row"><a href={`#/scenario/${encodeURIComponent(one.name)}${seed ? `:${seed}` : ""}`} target="_blank" rel="noopener">{one.name}</a></th>
            <td class="wide" lang="en">{one.title}</td>
            <td>{span(one.duration_s)}</td>
            <td>{one.site}</td>
          </tr>
        ))}
        none={t("none_yet")}
      />
    </main>
  );
}

function Flown({ name, seed }: { name: string; seed: string }) {
  const flies = truth.value?.up[0];
  const there = flies !== undefined;
  useEffect(() => {
    // Where it plays is its own business: the map goes to what flies first.
    if (flies) goTo.value = { place: { latitude: flies[1] / 1e7, longitude: flies[2] / 1e7 } };
  }, [there]);
  const query = `?scenario=${encodeURIComponent(name)}${seed ? `&seed=${encodeURIComponent(seed)}` : ""}`;
  return (
    <Clocked title={`${t("screen_scenario")}: ${name}`} name={name} query={query} banner={t("scenario_banner", { name })}>
      <Score />
    </Clocked>
  );
}

const FIGURES = [["gospa_m", 1], ["missed", 0], ["false", 0], ["identity_switches", 0]] as const;

function Score() {
  const told = score.value;
  return (
    <dl class="score" aria-label={t("score")}>
      {FIGURES.map(([name, digits]) => <div key={name} data-figure={name}><dt>{t(`score_${name}`)}</dt><dd>{number(told?.[name], digits)}</dd></div>)}
      <div><dt>{t("score_truth")}</dt><dd>{number(truth.value?.up.length)}</dd></div>
    </dl>
  );
}
