"""Writes a scenario as a case: its recording, its truth and its site, to replay and to judge."""

from __future__ import annotations

import csv
import gzip
import io
import math
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from operator import itemgetter
from pathlib import Path
from typing import IO, NamedTuple

import numpy as np

from fusion.errors import RecordingError
from fusion.messages import CLASSES, SECOND, Floats, Integers, RawMessage
from fusion.recording import line_of
from simulators import jobs, true_sensors
from simulators.earth import enu_from_ecef_matrix, wgs84_from_ecef
from simulators.publish import messages
from simulators.scenario_file import Stage
from simulators.targets import Target, targets

TRUTH_STEP = 0.2
"""s between rows of truth: between them a straight line is within a h²/8 = 2.5 cm at 5 m/s²."""

TRUTH_ROWS = 20_000
"""Rows that are written at once: some megabytes."""

EVENTS_HEAD = ("time_unix_s", "truth", "latitude_deg", "longitude_deg", "altitude_hae_m", "text")

TRUTH_HEAD = "time_unix_s,truth,latitude_deg,longitude_deg,altitude_hae_m,vx,vy,vz,class,identity,friend"
"""vx, vy, vz are m/s along true east, north and up at the place; what follows is the same in all rows of a target."""


class Case(NamedTuple):
    """What was written."""

    directory: Path
    messages: int
    truths: int
    seconds: float  # simulated


def write_case(stage: Stage, directory: Path) -> Case:
    """Write `recording.jsonl.gz`, `truth.csv` and `site.toml` (with the files that it names) into a directory.

    And `events.csv`, where the scenario notes what somebody does; `truth_sensors.json`, where the site was not told the truth.
    """
    directory.mkdir(parents=True, exist_ok=True)
    flown, seconds = targets(stage), stage.scenario.duration_s
    stream = jobs.passing(stage.scenario.name, messages(stage, flown), lambda one: (one.received - stage.start) / SECOND, seconds)
    count = write_recording(directory / "recording.jsonl.gz", stream)
    write_truth(directory / "truth.csv", stage, flown)
    true_sensors.write(directory / true_sensors.NAME, stage, flown)
    write_events(directory / "events.csv", stage, flown)
    write_site(stage, directory)
    return Case(directory, count, len(flown), seconds)


def write_site(stage: Stage, directory: Path) -> Path:
    """Write `site.toml` and the files that it names into a directory; give its path."""
    site = directory / "site.toml"
    shutil.copyfile(stage.site_path, site)
    keys = (issuer.key for issuer in stage.site.permits.issuer)
    for name in (*stage.site.zones.files, *filter(None, [stage.site.zones.register]), *keys):
        if (source := stage.site_path.parent / name).is_file() and not Path(name).is_absolute() and ".." not in Path(name).parts:
            (directory / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, directory / name)
    return site


def write_recording(path: Path, stream: Iterable[RawMessage]) -> int:
    """Write messages as JSON lines, compressed if the name ends in .gz; the same messages give the same bytes."""
    count = 0
    with _written(path) as file:
        for message in stream:
            file.write(line_of(message))
            count += 1
    return count


def write_truth(path: Path, stage: Stage, flown: tuple[Target, ...], step: float = TRUTH_STEP) -> None:
    """Write where every target truly is, a row a step while it flies, in the order of time."""
    with _written(path) as file:
        file.write(f"{TRUTH_HEAD}\n".encode())
        if flown:
            for text in _lines(stage, flown, step):
                file.write(text.encode())


def _lines(stage: Stage, flown: tuple[Target, ...], step: float) -> Iterator[str]:
    """Give the rows of truth, many at a time."""
    tables = [_rows(stage, target, step) for target in flown]
    steps = np.concatenate([numbers for numbers, _ in tables])
    values = np.concatenate([columns for _, columns in tables])
    whose = np.repeat(np.arange(len(flown)), [len(numbers) for numbers, _ in tables])
    line = [_line(target) for target in flown]
    order = np.argsort(steps, kind="stable")
    for begin in range(0, len(order), TRUTH_ROWS):
        rows = order[begin : begin + TRUTH_ROWS]
        yield "".join([line[i] for i in whose[rows].tolist()]) % tuple(values[rows].ravel().tolist())


def _rows(stage: Stage, target: Target, step: float) -> tuple[Integers, Floats]:
    """Give the numbers (n,) of the steps at which a target flies, and what is in the columns (n, 7) that change."""
    track = target.trajectory
    steps = np.arange(math.ceil(track.start / step), math.floor(min(track.end, stage.scenario.duration_s) / step) + 1)
    time = step * steps
    position, speed = track.motion(time)
    latitude, longitude, height = wgs84_from_ecef(position)
    velocity = np.einsum("nij,nj->ni", enu_from_ecef_matrix(latitude, longitude), speed)
    columns = [stage.start / SECOND + time, np.degrees(latitude), np.degrees(longitude), height, *velocity.T]
    return steps, np.stack(columns, axis=-1)


def _line(target: Target) -> str:
    """Give a target's row with room for its numbers; one `%` for many rows takes half the time of one for each."""
    key = target.identity.key if target.identity else None
    facts = f"{CLASSES[target.class_index]},{key.partition(':')[2] if key else ''},{'yes' if target.authorised else 'no'}"
    return f"%.3f,{_literal(target.id)},%.9f,%.9f,%.3f,%.4f,%.4f,%.4f,{_literal(facts)}\n"


def _literal(text: str) -> str:
    return text.replace("%", "%%")


def write_events(path: Path, stage: Stage, flown: tuple[Target, ...]) -> None:
    """Write what the scenario notes, in the order of time, with the place at which each does it; nothing where it notes nothing.

    What is no more in the air then does nothing.
    """
    notes = {actor.id: actor.notes for actor in stage.scenario.actor}
    told = [
        (note.at_s, target.id, note.text, target.trajectory.position(note.at_s))
        for target in flown
        for note in notes.get(target.actor, ())
        if target.trajectory.flying(note.at_s)
    ]
    if not told:
        return
    table = io.StringIO()
    rows = csv.writer(table, lineterminator="\n")
    rows.writerow(EVENTS_HEAD)
    for at, name, text, position in sorted(told, key=itemgetter(0, 1, 2)):
        latitude, longitude, height = (float(value) for value in wgs84_from_ecef(position))
        place = (f"{math.degrees(latitude):.9f}", f"{math.degrees(longitude):.9f}", f"{height:.3f}")
        rows.writerow([f"{stage.start / SECOND + at:.3f}", name, *place, text])
    with _written(path) as file:
        file.write(table.getvalue().encode())


@contextmanager
def _written(path: Path) -> Iterator[IO[bytes]]:
    """Open a file for writing, through gzip if the name says so, without a time stamp that would change its bytes."""
    try:
        with path.open("wb") as file:
            if path.suffix != ".gz":
                yield file
                return
            with gzip.GzipFile("", "wb", compresslevel=6, fileobj=file, mtime=0) as packed, io.BufferedWriter(packed) as buffered:
                yield buffered
    except OSError as error:
        raise RecordingError(f"{path}: cannot be written: {error.strerror}") from error
