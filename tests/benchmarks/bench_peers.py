"""Vigie beside a peer: Stone Soup's trackers on the peer's own scenarios, in one process, judged alike.

    vigie bench peers        (or PYTHONPATH=. python tests/benchmarks/bench_peers.py [--recordings DIRECTORY] [scenario ...])

Wants `pip install 'vigie[bench]'`. The cases are `ss-*` in a directory that is named or stands in RECORDINGS (a site file, a
recording, a truth each); without one, siblings of the same families are drawn (tests/benchmarks/siblings.py). We replay a recording
as it arrived, with the one default configuration; the peer gets it in the order of time, the true figures of noise, and a tuning for
each scenario. GOSPA is of simulators/scoring: c = 50 m each second, 100 m each half second where there is a polar radar. Times are
CPU time of this process from a look's detections to its tracks, the median of all looks.
"""

from __future__ import annotations

import argparse
import math
import os
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

import numpy as np

from fusion import recording
from fusion.assembly import assemble
from fusion.config_file import load
from fusion.messages import SECOND, Bearing, Polar, RawMessage
from fusion.replay import fed, write_down
from fusion.warming import warm_up
from simulators.earth import Place, ecef_from_wgs84
from simulators.scoring.reading import Reports, load_tracks, load_truths, origin
from simulators.scoring.score import score
from tests.benchmarks import siblings
from tests.benchmarks.peer_trackers import Tuning, looks, run

SEED = 100


class Scenario(NamedTuple):
    """How a scenario is judged, and what suits the peer there."""

    c: float
    step: float
    tuning: Tuning
    peers: tuple[str, ...]
    seconds: float = math.inf  # of the recording


PLACES, POLARS = ("GNN", "JPDA", "JPDA-LBP", "PHD", "LCC"), ("GNN", "JPDA", "JPDA-LBP")
SCENARIOS = {
    "easy": Scenario(50.0, 1.0, Tuning(q=0.1, points=2, coast=40.0), PLACES),
    "crossing": Scenario(50.0, 1.0, Tuning(q=0.3, coast=30.0, gate=3.5), PLACES),
    "drone-radar": Scenario(100.0, 0.5, Tuning(q=1.5, points=4, coast=100.0, silent=1.6), POLARS),
    "multi-sensor": Scenario(100.0, 0.5, Tuning(q=1.5, points=5, coast=60.0, silent=1.2, gate=3.5), POLARS),
    "dense": Scenario(50.0, 1.0, Tuning(q=0.5, births=1.0), ("GNN", "JPDA-LBP", "PHD"), seconds=20.0),
}
"""Point processes of the peer's begin a target from one wide Gaussian, which only a sensor of places can narrow."""


class Case(NamedTuple):
    """One case, read."""

    directory: Path
    inputs: list
    config: object
    truths: dict
    scans: list  # (s, sensor, detections as dicts)


class Row(NamedTuple):
    """What one tracker came to."""

    scenario: str
    who: str
    gospa: float
    cost: float  # µs a detection, median of looks


def read(directory, scenario):
    """Read a case up to its scenario's end."""
    config = load(directory / "site.toml", {})
    inputs = list(recording.read(directory / "recording.jsonl.gz"))
    begin = min(one.received for one in inputs if isinstance(one, RawMessage))
    last = begin + min(scenario.seconds, 1e6) * SECOND
    here = origin(config.site)
    truths = load_truths(directory / "truth.csv", here)
    until = last / SECOND
    truths = {name: _until(truth, until) for name, truth in truths.items() if truth.time[0] <= until}
    inputs = [one for one in inputs if isinstance(one, RawMessage) and one.received <= last]
    return Case(directory, inputs, config, truths, _scans(config, directory, inputs, here))


def _until(truth, until):
    """Leave out what is behind a time."""
    kept = truth.time <= until
    velocity = None if truth.velocity is None else truth.velocity[kept]
    return truth._replace(time=truth.time[kept], place=truth.place[kept], velocity=velocity)


def _scans(config, directory, inputs, here):
    """Give what the sensors told, decoded by our own adapters, in SI and the site's east, north, up."""
    pipeline = assemble(config, directory)
    found = []
    for message in inputs:
        scan = pipeline.intake.scan(message, pipeline.intake.tree.parse(message.topic))
        found.append((scan.time / SECOND, scan.sensor, [_plain(one, here) for one in scan.detections]))
    return found


def _plain(one, here):
    if isinstance(one, Polar):
        return {"range": one.range, "azimuth": one.azimuth, "elevation": one.elevation}
    if isinstance(one, Bearing):
        return {"azimuth": one.azimuth} | ({} if one.elevation is None else {"elevation": one.elevation})
    return {"place": here.enu(ecef_from_wgs84(one.latitude, one.longitude, one.altitude))}


def ours(case, scenario):
    """Replay a case and judge what was published; GOSPA and µs a detection."""
    pipeline = assemble(case.config, case.directory)
    costs = _stopwatch(pipeline.timeline)
    with tempfile.TemporaryDirectory() as out:
        write_down(fed(case.inputs, pipeline), Path(out))
        tracks = load_tracks(Path(out) / "tracks.jsonl", origin(case.config.site))
    return score(tracks, case.truths, c=scenario.c, step=scenario.step).gospa, float(np.median(costs))


def _stopwatch(timeline):
    """Time all that a look costs the tracker, late ones' reruns too; give the list of µs a detection."""
    insert, advance, costs = timeline.insert, timeline.advance, []
    waiting = [0.0, 0]

    def inserted(scan):
        begin = time.process_time()
        answer = insert(scan)
        waiting[0] += time.process_time() - begin
        waiting[1] += len(scan.detections)
        return answer

    def advanced():
        begin = time.process_time()
        advance()
        waiting[0] += time.process_time() - begin
        if waiting[1]:
            costs.append(1e6 * waiting[0] / waiting[1])
        waiting[:] = [0.0, 0]

    timeline.insert, timeline.advance = inserted, advanced
    return costs


def theirs(case, scenario, peer):
    """Run one of the peer's trackers on a case; GOSPA and µs a detection."""
    here = origin(case.config.site)
    sensors = {one.id: one for one in case.config.sensor}
    places = {one.id: _place(one, here) for one in case.config.sensor}
    heights = [one["place"][2] for _, _, found in case.scans for one in found if "place" in one]
    extent = float(np.ptp(heights)) if heights else math.nan
    done = run(peer, looks(case.scans, sensors, places), sensors, scenario.tuning, extent)
    tracks = {name: _reports(np.array(rows)) for name, rows in done.tracks.items()}
    return score(tracks, case.truths, c=scenario.c, step=scenario.step).gospa, float(np.median(done.costs))


def _place(sensor, here):
    at = Place(math.radians(sensor.latitude_deg), math.radians(sensor.longitude_deg), sensor.altitude_hae_m)
    return here.enu(ecef_from_wgs84(at.latitude, at.longitude, at.height))


def _reports(rows):
    return Reports(rows[:, 0].tolist(), rows[:, 1:4], rows[:, 4:7], (rows[:, 7] > 0).tolist(), [None] * len(rows))


def cases(names, directory, scratch):
    """Give (scenario, case directory): those of a directory, or siblings drawn into a scratch one."""
    for name in names:
        if directory is None:
            yield name, siblings.write(name, SEED, scratch / name)
        else:
            yield from ((name, found) for found in sorted(directory.glob(f"ss-{name}-*")))


def measure(names, directory):
    """Run us and every peer on every case; give rows as they come."""
    warm_up()
    with tempfile.TemporaryDirectory() as scratch:
        for name, found in cases(names, directory, Path(scratch)):
            scenario = SCENARIOS[name]
            case = read(found, scenario)
            yield Row(found.name, "Vigie", *ours(case, scenario))
            for peer in scenario.peers:
                yield Row(found.name, peer, *theirs(case, scenario, peer))


def chosen_directory(named):
    """Give where recordings stand, by argument or RECORDINGS; say so when nowhere."""
    named = named or os.environ.get("RECORDINGS")
    if not named:
        print(f"No recordings are named (--recordings, RECORDINGS): siblings are drawn, seed {SEED}.", flush=True)
    return Path(named) if named else None


def bounds():
    """Give (what, figure, bound, relation) of the must-hold, for each scenario."""
    found = defaultdict(list)
    for row in measure(list(SCENARIOS), chosen_directory(None)):
        found[row.scenario].append(row)
    for scenario, (us, *others) in found.items():
        best = min(others, key=lambda row: row.gospa)
        yield f"{scenario}: GOSPA over the peer's best, {best.who}", us.gospa / best.gospa, 1.0, "<="
        yield f"{scenario}: the peer's time over ours, {best.who}", best.cost / us.cost, 100.0, ">="


def main(arguments) -> int:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--recordings", help="where ss-* stand")
    words.add_argument("scenario", nargs="*", help=", ".join(SCENARIOS))
    chosen = words.parse_args(arguments)
    us = None
    for row in measure(chosen.scenario or list(SCENARIOS), chosen_directory(chosen.recordings)):
        us = row if row.who == "Vigie" else us
        beside = "" if row is us else f", {row.cost / us.cost:6.0f} × our time, our GOSPA {us.gospa / row.gospa:.3f} of it"
        print(f"{row.scenario:20} {row.who:9} GOSPA {row.gospa:7.2f} m, {row.cost:8.1f} µs a detection{beside}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
