"""`vigie replay` and `vigie index`: what a person may ask of a recording, and what comes of it."""

from __future__ import annotations

import contextlib
import gc
import itertools
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from fusion import biases, golden, recording_index
from fusion.assembly import assemble
from fusion.config import Config
from fusion.config_file import load
from fusion.errors import ConfigError, RecordingError
from fusion.messages import SECOND, Input, RawMessage, utc
from fusion.pipeline import Pipeline
from fusion.playback import Playback, moment, when
from fusion.recording import read
from fusion.recording_index import Index, Noted
from fusion.replay import Step, fed, write_down
from fusion.topics import matches

SHOWN = 20
"""Differences that a comparison prints; their number tells the rest."""

PATIENCE = 2.0
"""s before a replay shows how far it is."""

LEAD, TRAIL = 20 * SECOND, 40 * SECOND
"""ns before and after an alert's raising that `--alert` plays: how it came, and what became of it."""


class Wanted(NamedTuple):
    """What was asked for."""

    recording: Path
    site: Path
    begin: str | None = None
    end: str | None = None
    alert: str | None = None
    topics: tuple[str, ...] = ()
    out: Path | None = None
    golden: Path | None = None
    biases: Path | None = None


def replay(wanted: Wanted) -> int:
    """Run a recording through the core; 1 where it is not as the golden one."""
    if wanted.out is None and wanted.golden is None:
        raise ConfigError("replay: nothing to do with it; expected --out, --compare or --onto")
    config, build = _site(wanted.site)
    begin = _Beginning(config, build, wanted.biases)
    gc.freeze()  # what is there now stays: no collection looks through all of numba again
    with tempfile.TemporaryDirectory() as scratch:
        out = wanted.out or Path(scratch)
        done = write_down(_watched(_steps(wanted, config, begin)), out)
        if begin.built is not None:
            biases.write(out / biases.NAME, config, begin.built.learnt())
        said = f"{wanted.out}: " if wanted.out else ""
        print(f"{said}{done.messages} messages, {done.tracks} tracks, {done.alerts} alerts, {done.rejected} rejected")
        return 0 if wanted.golden is None else _compared(out, wanted.golden)


class _Beginning:
    """Builds cores that begin with the biases of a file, and remembers the last."""

    def __init__(self, config: Config, build: Callable[[], Pipeline], file: Path | None) -> None:
        self.build = build
        self.built: Pipeline | None = None
        self.fitting = None if file is None else biases.read(file, config)
        for reason in self.fitting.left_out if self.fitting else []:
            print(reason, file=sys.stderr)

    def __call__(self) -> Pipeline:
        self.built = self.build()
        if self.fitting is not None:
            self.built.adopt(self.fitting.learnt)
        return self.built


def make_index(recording: Path, site: Path) -> int:
    """Make the index of a recording, and print the alerts in it."""
    config, build = _site(site)
    playback = Playback(recording, build)
    with _progress() as heed:
        index = playback.make_index(
            recording_index.digest_of(recording), recording_index.digest_of_site(config, site.parent), heed
        )
    path = recording_index.write(index, recording)
    print(f"{path}: {index.count} inputs, {(index.last - index.first) / SECOND:.1f} s, {len(index.marks)} states")
    table = Table("#", "raised", "at, s", "severity", "rule", "zone", "alert", "track", box=None, header_style="")
    for number, one in enumerate(index.alerts, 1):
        at = f"{(one.raised - index.first) / SECOND:.1f}"
        raised = f"{utc(one.raised):%H:%M:%S.%f}"[:-5]
        table.add_row(str(number), raised, at, one.severity, one.rule, one.zone, one.alert, one.track)
    Console(width=None if sys.stdout.isatty() else 160).print(table)
    return 0


def selected(inputs: Iterable[Input], topics: tuple[str, ...]) -> Iterator[Input]:
    """Leave out the messages whose topic no filter matches; without filters, none."""
    return (one for one in inputs if not isinstance(one, RawMessage) or not topics or _wanted(one.topic, topics))


def span(wanted: Wanted, index: Index | None, first: int) -> tuple[int | None, int | None]:
    """Give where to begin and to end (ns)."""
    begin = None if wanted.begin is None else moment(wanted.begin, first)
    end = None if wanted.end is None else moment(wanted.end, first)
    if wanted.alert is not None:
        raised = _alert(wanted, index).raised
        begin, end = begin or raised - LEAD, end or raised + TRAIL
    if begin is not None and end is not None and end <= begin:
        raise RecordingError(f"--to {utc(end):%H:%M:%S} is not after --from {utc(begin):%H:%M:%S}")
    return begin, end


def _site(path: Path) -> tuple[Config, Callable[[], Pipeline]]:
    config = load(path, os.environ)
    return config, lambda: assemble(config, path.parent)


def _steps(wanted: Wanted, config: Config, build: Callable[[], Pipeline]) -> Iterator[Step]:
    """Give the steps that were asked for; those before are fed too, or restored from an index."""
    index = None if wanted.topics or wanted.biases else recording_index.find(wanted.recording, config, wanted.site.parent)
    if wanted.begin is None and wanted.end is None and wanted.alert is None:
        return fed(selected(read(wanted.recording), wanted.topics), build())
    playback = Playback(wanted.recording, build, index)
    begin, end = span(wanted, index, playback.first)
    if wanted.topics:
        steps = fed(selected(read(wanted.recording), wanted.topics), build())
        steps = itertools.dropwhile(lambda step: begin is not None and when(step[0]) < begin, steps)
        return itertools.takewhile(lambda step: end is None or when(step[0]) < end, steps)
    if begin is not None:
        playback.seek(begin)
    return playback.play(end)


def _wanted(topic: str, topics: tuple[str, ...]) -> bool:
    """Match filters against the whole topic and against what stands below the site: `sensor/radar-1/#`."""
    below = topic.split("/", 3)[-1]
    return any(matches(one, topic) or matches(one, below) for one in topics)


def _alert(wanted: Wanted, index: Index | None) -> Noted:
    if index is None:
        raise RecordingError(f"{wanted.recording}: has no index of its alerts for this site; `vigie index` makes it")
    number = int(wanted.alert) if wanted.alert and wanted.alert.isdigit() else 0
    chosen = [one for place, one in enumerate(index.alerts, 1) if place == number or one.alert == wanted.alert]
    if not chosen:
        raise RecordingError(f"--alert {wanted.alert}: there is none; expected 1 to {len(index.alerts)}, or an alert's id")
    return chosen[0]


def _compared(found: Path, expected: Path) -> int:
    differences = golden.compare(found, expected)
    shown = list(itertools.islice(differences, SHOWN))
    for one in shown:
        print(one)
    count = len(shown) + sum(1 for _ in differences)
    print(f"{expected}: the same" if not count else f"{expected}: {count} differences")
    return 1 if count else 0


def _watched(steps: Iterable[Step]) -> Iterator[Step]:
    with _progress() as heed:
        for step in steps:
            heed(when(step[0]))
            yield step


@contextlib.contextmanager
def _progress() -> Iterator[Callable[[int], None]]:
    """Show on a terminal how far a long replay is, by the times (ns) of its inputs."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda _time: None
        return
    begun, first, count = time.monotonic(), 0, 0
    with console.status("") as status:

        def heed(now: int) -> None:
            nonlocal first, count
            first, count = first or now, count + 1
            if count % 500 == 0 and (taken := time.monotonic() - begun) > PATIENCE:
                played = (now - first) / SECOND
                status.update(f"{played:.0f} s played in {taken:.0f} s, {played / taken:.0f} times real time")

        yield heed
