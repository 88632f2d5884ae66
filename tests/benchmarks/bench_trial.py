"""Registration on a real trial: how far off tracks are without, with earlier, and with half a flight of cooperative reports.

    vigie bench trial        (or PYTHONPATH=. python tests/benchmarks/bench_trial.py [directory of recordings])

RECORDINGS, or the argument, names a directory with `nato-1_*/{site.toml, recording.jsonl.gz, truth.csv}`: a 2-D drone radar
that is some degrees off and direction finders, recorded with the drone's own log. The log stands in for Remote ID, once a
second, with a satellite receiver's errors added; what is judged is the horizontal error, each second, of the nearest track
within 50 m, its newest report no older than 2.5 s and led on along its velocity.

1. raw: nobody says where anything is. 2. learnt elsewhere: biases from the other flights, with reports, then this one without.
3. half: reports in the first half of this flight, judged in the second; beside it the same second half raw.
"""

from __future__ import annotations

import bisect
import csv
import os
import sys
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
from msgspec.structs import replace

import sensors
from fusion import recording
from fusion.config import Accuracy, Sensor
from fusion.config_file import load
from fusion.messages import SECOND, RawMessage, TracksMessage, utc
from fusion.pipeline import Pipeline
from fusion.zones.permits import Register
from fusion.zones.zones import ZoneSet

LASTING, WHITE, LASTS = 3.0, 1.0, 100.0
"""m, m, s: what a satellite receiver is off by for minutes, each axis, and from report to report."""

OLD, CUT = 2.5, 50.0
"""s, m: the judge's limits."""

REMOTE = Sensor(id="trial-rid", kind="remote_id", period_s=1.0, accuracy=Accuracy(horizontal_m=4.0, vertical_m=10.0),
                detection_probability=0.9, false_alarms_per_scan=0.001, reports="detections-only")  # fmt: skip


class Flight(NamedTuple):
    """One recording and the log of its drone."""

    name: str
    config: object
    inputs: list
    time: np.ndarray  # (n) s
    place: np.ndarray  # (n, 3) rad, rad, m
    grid: np.ndarray  # (n, 3)


def read(case):
    """Read one recording with its log."""
    config = load(case / "site.toml", {})
    with (case / "truth.csv").open() as file:
        rows = sorted([float(row[key]) for key in ("time_unix_s", "latitude_deg", "longitude_deg", "altitude_hae_m")]
                      for row in csv.DictReader(file))  # fmt: skip
    log = np.array(rows)
    place = np.column_stack([np.radians(log[:, 1:3]), log[:, 3]])
    grid = config.site.frame().grid_from_wgs84(place[:, 0], place[:, 1], place[:, 2])
    return Flight(case.name, config, list(recording.read(case / "recording.jsonl.gz")), log[:, 0], place, grid)


def reports(flight, seed, until=np.inf):
    """Give the drone's own reports, once a second, with a receiver's errors: a Gauss-Markov process and white noise."""
    rng = np.random.default_rng(seed)
    frame, fade = flight.config.site.frame(), np.exp(-1.0 / LASTS)
    topic = f"{flight.config.mqtt.root}/{flight.config.site.name}/sensor/{REMOTE.id}/scan"
    off = LASTING * rng.standard_normal(3)
    for k, at in enumerate(np.arange(flight.time[0], min(flight.time[-1], until), 1.0)):
        off = fade * off + np.sqrt(1.0 - fade**2) * LASTING * rng.standard_normal(3)
        at_grid = [np.interp(at, flight.time, flight.grid[:, axis]) for axis in range(3)]
        lat, lon, height = frame.wgs84_from_grid(at_grid + off + WHITE * rng.standard_normal(3))
        time = round(at * SECOND)
        said = {"latitude_deg": float(np.degrees(lat)), "longitude_deg": float(np.degrees(lon)), "altitude_m": float(height), "altitude_datum": "hae",
                "identity": {"serial": "TRIAL-DRONE"}}  # fmt: skip
        payload = msgspec.json.encode({"time": utc(time), "sequence": k, "detections": [said]})
        yield RawMessage(topic=topic, payload=payload, received=time + SECOND // 4)


def fly(flight, known=None, seed=None, until=np.inf):
    """Feed one flight; give its tracks' reports and what was learnt. With a seed the drone reports its place."""
    config = replace(flight.config, sensor=(*flight.config.sensor, REMOTE))
    pipeline = Pipeline(config, sensors.load(), ZoneSet.of([], config.site.frame()), Register())
    if known is not None:
        pipeline.timeline.tracker.registration.adopt(known)
    inputs = flight.inputs
    if seed is not None:
        inputs = sorted([*inputs, *reports(flight, seed, until)], key=lambda one: one.received)
    tracks = {}
    for item in recording.with_ticks(inputs):
        for output in pipeline.feed(item):
            if isinstance(output, TracksMessage):
                for track in output.tracks:
                    tracks.setdefault(track.track, []).append(track)
    return tracks, pipeline.timeline.tracker.registration


class Judged(NamedTuple):
    """The errors of a flight's matched seconds (n, 2) m, east and north, where the drone was then, and the share of seconds missed."""

    error: np.ndarray
    place: np.ndarray
    missed: float

    @property
    def rmse(self):
        return float(np.sqrt((self.error**2).sum(axis=1).mean())) if len(self.error) else np.nan


def judge(flight, tracks, begin=-np.inf):
    """Judge as the shared judge does with `--horizontal --c 50 --step 1`, from a time on."""
    frame = flight.config.site.frame()
    known = [_column(frame, reports) for reports in tracks.values()]
    error, places, count = [], [], 0
    for at in np.arange(flight.time[0], flight.time[-1] + 1e-6, 1.0):
        if at < begin:
            continue
        count += 1
        true = np.array([np.interp(at, flight.time, flight.grid[:, axis]) for axis in range(2)])
        found = [where for one in known if (where := _at(one, at)) is not None]
        if found:
            off = np.array(found) - true
            nearest = off[np.argmin((off**2).sum(axis=1))]
            if np.hypot(*nearest) < CUT:
                error.append(nearest)
                places.append(true)
    return Judged(np.array(error).reshape(-1, 2), np.array(places).reshape(-1, 2), 1.0 - len(error) / count)


def _column(frame, reports):
    """Give times, places and velocities of one track's reports, and which say that it is over."""
    reports = sorted((one for one in reports if one.position is not None and one.status != "tentative"), key=lambda one: one.time)
    times = [one.time.timestamp() for one in reports]
    where = [one.position for one in reports]
    lat, lon = (np.radians([getattr(one, name) for one in where]) for name in ("latitude_deg", "longitude_deg"))
    place = np.asarray(frame.grid_from_wgs84(lat, lon, np.zeros(len(where)))).reshape(-1, 3)[:, :2]
    rate = np.array([(one.velocity.east_mps, one.velocity.north_mps) if one.velocity else (0.0, 0.0) for one in reports]).reshape(
        -1, 2
    )
    return times, place, rate, [one.status == "deleted" for one in reports]


def _at(column, at):
    """Give where a track is at a time by its newest report, None where that is too old or says that it is over."""
    times, place, rate, over = column
    i = bisect.bisect_right(times, at + 1e-3) - 1
    if i < 0 or over[i] or at - times[i] > OLD:
        return None
    return place[i] + rate[i] * (at - times[i])


def chain(flights):
    """Learn from flight after flight, each with the drone's reports."""
    known = None
    for number, flight in enumerate(flights):
        known = fly(flight, known, seed=number)[1].learnt()
    return known


def main(directory):
    """Print the table, and how near the biases are that each way learnt."""
    cases = sorted(path.parent for path in Path(directory).glob("nato-1_*/truth.csv")) if directory else []
    if not cases:
        print("trial: no recordings; name their directory (nato-1_*) as the argument or in RECORDINGS")
        return
    flights = [read(case) for case in cases]
    print("horizontal RMSE, m (seconds missed)     raw          learnt elsewhere   2nd half: raw       after reports in the 1st")
    for flight in flights:
        middle = (flight.time[0] + flight.time[-1]) / 2.0
        raw = fly(flight)[0]
        known = chain([other for other in flights if other is not flight])
        told, _ = fly(flight, known)
        half, _ = fly(flight, None, seed=17, until=middle)
        columns = [judge(flight, raw), judge(flight, told), judge(flight, raw, middle), judge(flight, half, middle)]
        print(f"{flight.name:36s}" + "".join(f"{one.rmse:6.1f} ({100 * one.missed:3.0f} %)    " for one in columns), flush=True)
        elvira = known._replace(names=()) if known is None else known
        print("    learnt: " + ", ".join(f"{sensor} {part} {value:.3f} ± {sigma:.3f}" for (sensor, part), value, sigma
              in zip(elvira.names, elvira.b, np.sqrt(np.diag(elvira.B)), strict=True)))  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("RECORDINGS"))
