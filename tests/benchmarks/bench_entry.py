"""Predicted entry, judged by what the drones then did: is 70 % right seven times in ten, is it soon enough, do birds set it off?

    vigie bench entry [seeds]      (or PYTHONPATH=. python tests/benchmarks/bench_entry.py)

Each seed draws skies over one circular zone (radius 300 m, up to 250 m) with a 3-D radar in it (5 m, 0.5°, 0.7°, 1 Hz, pD 0.9,
ten false alarms a look), in wind with gusts, flown by the test range and run through the whole core:

- **mixed**: forty flights that are aimed at the zone or past it, by up to 900 m, at 4 to 19 m/s, at heights up to and above its
  ceiling; half of them fly straight, half turn once on their way (their turns nobody can foresee). Each second, of each track
  that is outside, the forecast for the next 60 s is held against whether that drone was in the zone within them.
- **approaches**: twenty-five, each alone, straight at 15 m/s from 1 km before the zone: how long before the true entry the first
  alert came.

Entry is told by the true path alone: geodesic distance to the zone's middle (pyproj) and height. Then the library's starlings (the
concert, 200 of them) fly their round again and again without the drone: alerts of predicted entry about a bird or nobody, an hour.
Expected calibration error: ten bins of equal width, Σ n_b/n |mean forecast − share that entered|; Brier: mean squared difference.
"""

from __future__ import annotations

import math
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import numpy as np
from pyproj import Geod

from fusion.assembly import assemble
from fusion.messages import SECOND, AlertMessage
from fusion.replay import fed
from fusion.warming import warm_up
from fusion.zones.rules import survey
from simulators import scenario_file
from simulators.earth import ecef_from_wgs84, wgs84_from_ecef
from simulators.outcomes import raised
from simulators.publish import messages
from simulators.targets import targets
from tests.benchmarks.bench_birds import STARLINGS, fly

LATITUDE, LONGITUDE, GROUND, UNDULATION = 48.7500, 2.1000, 160.0, 44.6
RADIUS, CEILING = 300.0, 250.0
HORIZON = 60.0
GEOD = Geod(ellps="WGS84")
NEAR = 100.0
"""m from a track to the drone that it is of: what is further off is of nobody, and judged as one that never enters."""

APPROACHES = 25

WIND = 2.0
"""m/s at 10 m, with gusts: above a town it is nearly twice that at a hundred, and 15 m/s through the air stay about that."""

SITE = f"""
[site]
name = "entry"
latitude_deg = {LATITUDE}
longitude_deg = {LONGITUDE}
ground_amsl_m = {GROUND}
geoid_undulation_m = {UNDULATION}
[zones]
files = ["zones.json"]
[[sensor]]
id = "radar-1"
kind = "radar"
altitude_hae_m = {GROUND + UNDULATION + 10.0}
period_s = 1.0
accuracy = {{ range_m = 5.0, azimuth_deg = 0.5, elevation_deg = 0.7 }}
detection_probability = 0.9
false_alarms_per_scan = 10
coverage = {{ azimuth_deg = [0, 360], elevation_deg = [-5, 80], range_m = [20, 5000] }}
"""

ZONES = f"""{{"type": "FeatureCollection", "features": [{{"type": "Feature", "properties": {{
"identifier": "ENTRY", "country": "FRA", "type": "PROHIBITED", "variant": "COMMON",
"zoneAuthority": [{{"purpose": "AUTHORIZATION", "name": [{{"text": "nobody", "lang": "en-GB"}}]}}],
"extendedProperties": {{"vigie": {{"severity": "warning", "kind": "core"}}}}}},
"geometry": {{"type": "Point", "coordinates": [{LONGITUDE}, {LATITUDE}], "extent": {{"subType": "Circle", "radius": {RADIUS:g}}},
"layer": {{"upper": {CEILING:g}, "upperReference": "AGL", "lower": 0, "lowerReference": "AGL", "uom": "m"}}}}}}]}}"""


class Sky(NamedTuple):
    """What one sky told."""

    forecast: np.ndarray  # (n) probability of being inside within the horizon
    entered: np.ndarray  # (n) whether it was so
    straight: np.ndarray  # (n) whether the flight never turns
    lead: list[float]  # s from the first alert to the true entry, each flight that enters; −inf where none came before


def place(east: float, north: float) -> tuple[float, float]:
    """Give latitude and longitude of a point so far from the zone's middle, m."""
    azimuth, away = math.degrees(math.atan2(east, north)), math.hypot(east, north)
    longitude, latitude, _ = GEOD.fwd(LONGITUDE, LATITUDE, azimuth, away)
    return latitude, longitude


def actor(name: str, speed: float, start: float, route: list[tuple[float, float, float]]) -> str:
    """Give a flight in the scenario's words; route: east, north, height above ground, m."""
    points = [(*place(east, north), height) for east, north, height in route]
    told = ", ".join(f"{{ latitude_deg = {a:.7f}, longitude_deg = {b:.7f}, height_agl_m = {h:.1f} }}" for a, b, h in points)
    return f'[[actor]]\nid = "{name}"\nkind = "multirotor"\nspeed_mps = {speed:.2f}\ntake_off_s = {start:.1f}\nroute = [{told}]\n'


def mixed(rng: np.random.Generator) -> tuple[str, float]:
    """Draw forty flights at the zone or past it; those with an odd number turn once."""
    told, lasts = [], 260.0
    for k in range(40):
        way, offset, height = rng.uniform(0, math.tau), rng.uniform(-900, 900), rng.uniform(30, 330)
        speed, far = rng.uniform(4, 19), rng.uniform(900, 2000)
        along, across = np.array([math.sin(way), math.cos(way)]), np.array([math.cos(way), -math.sin(way)])
        at = [offset * across - far * along, offset * across + 1500.0 * along]
        if k % 2:
            bend = rng.uniform(0.2, 0.9)
            middle = at[0] + bend * (at[1] - at[0])
            turned = way + rng.choice([-1.0, 1.0]) * rng.uniform(0.5, 2.5)
            at[1:] = [middle, middle + 1500.0 * np.array([math.sin(turned), math.cos(turned)])]
        name = f"{'bent' if k % 2 else 'straight'}-{k}"
        told.append(actor(name, speed, rng.uniform(0, 100), [(*point, height) for point in at]))
    return "\n".join(told), lasts


def approach(rng: np.random.Generator) -> tuple[str, float]:
    """Draw one straight approach at 15 m/s that begins 1 km before the zone: alone, for thirty at once are a flood of alarms."""
    way, height = rng.uniform(0, math.tau), rng.uniform(40, 150)
    out = np.array([math.sin(way), math.cos(way)])
    return actor("straight", 15.0, 5.0, [(*((RADIUS + 1000.0) * out), height), (*(-200.0 * out), height)]), 110.0


def stage_of(text: str, lasts: float, seed: int, directory: Path):
    """Write a scenario with its site, and read it as the test range does."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "site.toml").write_text(SITE)
    (directory / "zones.json").write_text(ZONES)
    head = f'name = "entry"\nsite = "site.toml"\nstart = 2026-07-26T10:00:00Z\nduration_s = {lasts}\nseed = {seed}\n'
    path = directory / "scenario.toml"
    path.write_text(f"{head}\n[wind]\nspeed_mps = {WIND:g}\nfrom_deg = 240\n\n{text}\n")
    return scenario_file.load(path)


def truths(flown, lasts: float) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Give of each flight whether it is inside, each tenth of a second: times (s), truth."""
    found = {}
    for target in flown:
        times = np.arange(0.0, lasts, 0.1)
        times = times[[target.trajectory.flying(t) for t in times]]
        lat, lon, height = (np.array(one) for one in zip(*(inside_of(target, t) for t in times), strict=True))
        away = GEOD.inv(lon, lat, np.full(len(lon), LONGITUDE), np.full(len(lat), LATITUDE))[2]
        found[target.id] = times, (away <= RADIUS) & (height >= 0.0) & (height <= CEILING)
    return found


def inside_of(target, time: float) -> tuple[float, float, float]:
    """Give latitude, longitude (degrees) and height above ground of a drone."""
    latitude, longitude, height = (float(one) for one in wgs84_from_ecef(target.trajectory.position(time)))
    return math.degrees(latitude), math.degrees(longitude), height - GROUND - UNDULATION


def run(stage) -> Sky:
    """Fly a sky through the core, and hold its forecasts and alerts against the truth."""
    flown, lasts = targets(stage), stage.scenario.duration_s
    inside = truths(flown, lasts)
    core = assemble(stage.site, stage.site_path.parent)
    samples, alerts, due = [], [], stage.start + SECOND
    for _, outputs in fed(messages(stage, flown), core):
        alerts += [one.alert for one in outputs if isinstance(one, AlertMessage) and not one.archived]
        if core.now >= due and (due - stage.start) / SECOND + HORIZON <= lasts:  # later, nobody knows what came of it
            due += SECOND
            samples += forecasts(core, stage, flown, inside)
    told = raised(alerts, stage, flown)
    lead = []
    for name, (times, within) in inside.items():
        if within.any() and not within[0]:
            entry, first = times[within.argmax()], min((one.after_s for one in told if one.actor == name), default=math.inf)
            lead.append(entry - first)
    forecast, entered, straight = (np.array(column) for column in zip(*samples, strict=True))
    return Sky(forecast, entered, straight, lead)


def forecasts(core, stage, flown, inside):
    """Give (forecast, whether it came true, whether the flight is straight) of each judged track that is outside now."""
    at = max(core.timeline.newest, core.now)
    table = core.timeline.tracker.table(at)
    now = (at - stage.start) / SECOND
    seen = survey(table, core.zones, core.permits.register, core.now, core.config.rules)
    rows = {int(row): m for m, row in enumerate(seen.row)}
    there = [(target.id, target.trajectory.position(now)) for target in flown if target.trajectory.flying(now)]
    places = np.array([one for _, one in there]).reshape(-1, 3)
    for row in np.flatnonzero(seen.suspect).tolist():
        m = rows.get(row)
        if m is not None and seen.gap[m] <= 0.0:
            continue
        p = 0.0 if m is None else float(seen.forecast.entering[m])
        latitude, longitude, height = core.frame.wgs84_from_grid(table.state[row, :3])
        away = (
            np.linalg.norm(places - ecef_from_wgs84(latitude, longitude, height), axis=1) if len(places) else np.array([np.inf])
        )
        name = there[int(away.argmin())][0] if away.min() <= NEAR else None
        came = False
        if name is not None:
            times, within = inside[name]
            came = bool(within[(times >= now) & (times <= now + HORIZON)].any())
        yield p, came, name is not None and name.startswith("straight")


def calibration(forecast, entered):
    """Give the Brier score, the expected calibration error, and the rows of the reliability curve (bin, n, forecast, share)."""
    bins = np.minimum((forecast * 10).astype(int), 9)
    rows = [(b, int((bins == b).sum()), float(forecast[bins == b].mean()), float(entered[bins == b].mean()))
            for b in range(10) if (bins == b).any()]  # fmt: skip
    error = sum(n * abs(p - share) for _, n, p, share in rows) / len(forecast)
    return float(((forecast - entered) ** 2).mean()), float(error), rows


def measure(seeds: int):
    """Fly so many seeds; give the forecasts of all, straight flights and all, the leads, and the birds' alerts and hours."""
    warm_up()
    with tempfile.TemporaryDirectory() as scratch:
        skies, leads, flagged, hours = [], [], 0, 0.0
        for seed in range(seeds):
            rng = np.random.default_rng([seed, 60])
            skies.append(run(stage_of(*mixed(rng), seed, Path(scratch) / f"mixed-{seed}")))
            for k in range(APPROACHES):
                leads += run(stage_of(*approach(rng), 1000 * seed + k, Path(scratch) / f"approach-{seed}-{k}")).lead
            found = fly(STARLINGS, seed)
            flagged, hours = flagged + found.alerts, hours + found.hours
        columns = [np.concatenate([getattr(sky, name) for sky in skies]) for name in ("forecast", "entered", "straight")]
    return (*columns, np.array(leads), flagged, hours)


def bounds():
    """Give (what, figure, bound, relation) of the must-hold."""
    forecast, entered, _, leads, flagged, hours = measure(2)
    yield "predicted entry: expected calibration error", calibration(forecast, entered)[1], 0.05, "<="
    yield "approaches at 15 m/s from 1 km: share flagged 15 s before entry", float((leads >= 15.0).mean()), 0.95, ">="
    yield "starlings: alerts of predicted entry an hour", flagged / hours, 1.0, "<="


def main(arguments: list[str]) -> int:
    forecast, entered, straight, leads, flagged, hours = measure(int(arguments[0]) if arguments else 4)
    for what, kept in (("all", np.ones(len(straight), bool)), ("straight", straight), ("that turn, or of nobody", ~straight)):
        brier, error, rows = calibration(forecast[kept], entered[kept])
        base = float(entered[kept].mean())
        print(f"flights, {what}: {kept.sum()} forecasts, Brier {brier:.4f} (always the mean: {base * (1 - base):.4f}), "
              f"expected calibration error {error:.4f}")  # fmt: skip
        print(
            "\n".join(
                f"  {b / 10:.1f}–{b / 10 + 0.1:.1f}: {n:6d} forecasts, mean {p:.3f}, entered {share:.3f}"
                for b, n, p, share in rows
            )
        )
    print(f"approaches: {len(leads)}, flagged {np.min(leads):.1f} s before entry at the latest, "
          f"{np.quantile(leads, 0.05):.1f} s in 95 %; {100 * (leads >= 15.0).mean():.1f} % at least 15 s")  # fmt: skip
    print(f"starlings: {flagged} alerts of predicted entry in {hours:.2f} h")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
