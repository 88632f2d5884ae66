// The map: OpenLayers holds what lies still and the view, the overlay draws what moves.
import { useEffect, useRef } from "preact/hooks";
import { computed, effect, signal, untracked } from "@preact/signals";
import Feature from "ol/Feature";
import OlMap from "ol/Map";
import View from "ol/View";
import { defaults as interactions } from "ol/interaction/defaults";
import type BaseLayer from "ol/layer/Base";
import VectorLayer from "ol/layer/Vector";
import VectorSource from "ol/source/Vector";
import { drawn, alerts, onFrame, picture, truth, watch, watched, fresh } from "../live";
import { mercator, type Place, round125, scale } from "../geometry";
import { metres, number, placeName } from "../format";
import { language, t } from "../i18n";
import { type Drawn, speedOf } from "../picture";
import { followed, placed, selected, sensors, site, status, zones } from "../state";
import { palette } from "../theme";
import type { Sensor, Site } from "../wire";
import { coverageLayer, graticule, rings, sensorLayer, zoneFeatures } from "./base";
import { Overlay, worst } from "./overlay";
import { lay } from "./sheets";

export interface Shows {
  zones: boolean;
  coverage: boolean;
  ellipses: boolean;
  trails: boolean;
  vectors: boolean;
  rings: boolean;
  labels: boolean;
}

const KEPT = "vigie.layers";
const DEFAULT: Shows = { zones: true, coverage: true, ellipses: true, trails: true, vectors: true, rings: false, labels: true };

export const shows = signal<Shows>({ ...DEFAULT, ...kept() });

/** What was chosen before; nothing where it cannot be read: another version or a person wrote it. */
function kept(): Partial<Shows> {
  try {
    return JSON.parse(localStorage.getItem(KEPT) ?? "{}") as Partial<Shows>;
  } catch {
    return {};
  }
}

export function toggle(name: keyof Shows): void {
  shows.value = { ...shows.value, [name]: !shows.value[name] };
  localStorage.setItem(KEPT, JSON.stringify(shows.value));
}

/** What is known of a sensor last: what the stream says, which comes every few seconds, or what was read with the sensors. */
const healthOf = (sensor: Sensor) => status.value?.sensors?.[sensor.sensor] ?? sensor.health;

/** Every sensor's state in one text, so that the map is drawn anew where one changes and not with every word of the core. */
const states = computed(() => sensors.value.map((one) => `${one.sensor} ${healthOf(one)?.state}`).join());

/** Whose the base map is, as it must be told on it. */
const credits = signal<string[]>([]);

/** Whoever wants the map moved says where to. */
export const goTo = signal<{ place: Place; zoom?: number } | null>(null);

function figures(track: Drawn): string {
  const speed = speedOf(track);
  const climb = track.up === null || Math.abs(track.up) < 0.5 ? "" : track.up > 0 ? " ↑" : " ↓";
  return [track.agl === null ? "" : `${number(track.agl)} m${climb}`, speed === null ? "" : `${number(speed)} m/s`].filter(Boolean).join("  ");
}

/** Make the map of a site in an element; give what undoes it. */
export function makeMap(target: HTMLElement, at: Site, more: { drawing?: boolean } = {}): { map: OlMap; overlay: Overlay; end: () => void } {
  const places = new Map<string, Place>();
  const overlay = new Overlay(
    () =>
      picture && {
        tracks: [...picture.tracks.values()], alerts: alerts.value, palette: palette.value, selected: selected.value, watched: watched.value,
        sensors: places, show: shows.value, truth: truth.value?.up ?? [], figures, stale: fresh.value === "stale",
      },
    drawn,
  );
  const zoneLayer = new VectorLayer({ source: new VectorSource(), updateWhileInteracting: true });
  const map = new OlMap({
    target,
    controls: [],
    interactions: interactions({ altShiftDragRotate: false, pinchRotate: false, doubleClickZoom: !more.drawing }),
    view: new View({
      center: [...mercator({ latitude: at.latitude_deg, longitude: at.longitude_deg })], zoom: 14.6, minZoom: 7, maxZoom: 19, enableRotation: false,
    }),
    layers: [],
  });
  overlay.setZIndex(50);
  zoneLayer.setZIndex(20);
  map.addLayer(zoneLayer);
  map.addLayer(overlay);

  let themed: BaseLayer[] = [];
  credits.value = [];
  const dress = lay(map, at, () => palette.peek(), (told) => (credits.value = told));

  const undo = [
    effect(() => {
      void [palette.value, language.value];
      dress();
    }),
    effect(() => {
      const colours = palette.value;
      void language.value;
      for (const layer of themed) map.removeLayer(layer);
      void states.value;
      const stand = placed.value;
      const known = untracked(() => stand.map((one) => ({ ...one, health: healthOf(one) })));
      places.clear();
      for (const sensor of known) {
        if (sensor.latitude_deg !== null && sensor.longitude_deg !== null) places.set(sensor.sensor, { latitude: sensor.latitude_deg, longitude: sensor.longitude_deg });
      }
      const levels: [BaseLayer, number, boolean][] = [
        [graticule(colours), 1, true],
        [coverageLayer(known, colours), 5, shows.value.coverage],
        [rings(at, colours), 6, shows.value.rings],
        [sensorLayer(known, colours), 30, true],
      ];
      themed = levels.filter(([, , shown]) => shown).map(([layer, level]) => {
        layer.setZIndex(level);
        map.addLayer(layer);
        return layer;
      });
    }),
    effect(() => {
      const source = zoneLayer.getSource() as VectorSource<Feature>;
      source.clear(true);
      void language.value;
      if (shows.value.zones) source.addFeatures(zoneFeatures(zones.value, worstZones(), palette.value));
    }),
    effect(() => {
      void [selected.value, watched.value, palette.value, shows.value, alerts.value, fresh.value, truth.value];
      overlay.refresh();
    }),
    effect(() => {
      const wanted = goTo.value;
      if (!wanted) return;
      const zoom = Math.max(map.getView().getZoom() ?? 14, wanted.zoom ?? 0);
      const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
      map.getView().animate({ center: [...mercator(wanted.place)], zoom, duration: still ? 0 : 350 });
    }),
  ];
  onFrame(() => {
    const one = followed.peek() ? picture?.find(selected.peek()) : undefined;
    if (one && !one.ray) map.getView().setCenter([...one.at]);
    overlay.refresh();
  });
  const end = () => {
    onFrame(null);
    for (const one of undo) one();
    map.setTarget(undefined);
    map.dispose();
  };
  return { map, overlay, end };
}

/** The gravest alert of each zone. */
function worstZones() {
  return worst(alerts.value.map((alert) => ({ ...alert, track: alert.zone })));
}

export function MapView({ children }: { children?: preact.ComponentChildren }) {
  const box = useRef<HTMLDivElement>(null);
  const bar = useRef<HTMLDivElement>(null);
  const pointer = useRef<HTMLSpanElement>(null);
  const views = useRef<OlMap | null>(null);

  useEffect(() => {
    const at = site.value;
    if (!box.current || !at) return undefined;
    const { map, overlay, end } = makeMap(box.current, at);
    views.current = map;
    map.on("singleclick", (event) => {
      const [x = 0, y = 0] = event.pixel;
      watch(overlay.pick(x, y)?.track ?? null);
    });
    map.on("pointerdrag", () => {
      followed.value = false;
    });
    map.on("pointermove", (event) => {
      const [x = 0, y = 0] = event.pixel;
      (box.current as HTMLElement).style.cursor = overlay.pick(x, y) ? "pointer" : "";
      const [east = 0, north = 0] = event.coordinate;
      const latitude = (Math.atan(Math.sinh(north / 6378137)) * 180) / Math.PI;
      const longitude = (east / 6378137) * (180 / Math.PI);
      if (pointer.current) pointer.current.textContent = placeName(latitude, longitude);
    });
    const ruler = () => {
      const resolution = map.getView().getResolution() ?? 1;
      const ground = resolution / scale(at.latitude_deg)[0];
      const length = round125(110 * ground);
      if (!bar.current) return;
      bar.current.style.width = `${length / ground}px`;
      bar.current.textContent = metres(length);
    };
    map.getView().on("change:resolution", ruler);
    ruler();
    return end;
  }, [site.value]);

  const zoom = (by: number) => {
    const view = views.current?.getView();
    view?.animate({ zoom: (view.getZoom() ?? 14) + by, duration: 150 });
  };
  return (
    <section class="map" aria-label={t("map")}>
      <div class="map-box" ref={box} tabIndex={0} role="application" aria-label={t("map_help")} />
      <Toggles />
      <div class="map-zoom" role="group" aria-label={t("zoom")}>
        <button type="button" onClick={() => zoom(1)} aria-label={t("zoom_in")}>+</button>
        <button type="button" onClick={() => zoom(-1)} aria-label={t("zoom_out")}>−</button>
        <button type="button" onClick={() => site.value && (goTo.value = { place: { latitude: site.value.latitude_deg, longitude: site.value.longitude_deg } })} aria-label={t("zoom_site")}>
          <svg viewBox="0 0 16 16" width="15" height="15" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="1.5"><circle cx="8" cy="8" r="4.5" /><path d="M8 1v4m0 6v4M1 8h4m6 0h4" /></svg>
        </button>
      </div>
      <div class="map-foot" aria-hidden="true">
        <div class="ruler" ref={bar} />
        <span class="pointer" ref={pointer} />
      </div>
      <Credits />
      {children}
    </section>
  );
}

/** Whose the base map is. */
export function Credits() {
  return credits.value.length ? <p class="credits">{credits.value.join(" · ")}</p> : null;
}

const NAMES = ["zones", "coverage", "ellipses", "trails", "vectors", "rings", "labels"] as const;

function Toggles() {
  return (
    <div class="toggles" role="group" aria-label={t("layers")}>
      {NAMES.map((name) => (
        <button type="button" key={name} aria-pressed={shows.value[name]} onClick={() => toggle(name)}>
          {t(`layer_${name}`)}
        </button>
      ))}
    </div>
  );
}
