"""`vigie score`: one run, a scenario over many seeds, two runs compared."""

from __future__ import annotations

import contextlib
import json
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from fusion import recording
from fusion.assembly import assemble, read_zones
from fusion.config import Config
from fusion.config_file import load
from fusion.errors import RecordingError
from fusion.replay import fed, write_down
from simulators import scenario_file, true_sensors
from simulators.case import write_case
from simulators.jobs import bar, watched
from simulators.outcomes import load_alerts
from simulators.scoring import batch
from simulators.scoring.judgement import Asked, Judged, judge, plain
from simulators.scoring.page import Evidence, page
from simulators.scoring.pictures import save
from simulators.scoring.reading import load_tracks, load_truths, origin
from simulators.scoring.words import figure, lines, named

STAGES = 8
"""Reading tracks, reading truth, and what `judge` says of itself; the last is the report."""


class Files(NamedTuple):
    """What one run left, and what is wanted of it; None: look beside, or do without."""

    tracks: Path
    truth: Path
    site: Path | None = None
    recording: Path | None = None
    alerts: Path | None = None
    json: Path | None = None
    report: Path | None = None
    png: Path | None = None


def score_run(files: Files, asked: Asked) -> str:
    """Judge one run, write what is wanted, and say how it went."""
    with _watching() as watch:
        site = files.site or files.truth.with_name("site.toml")
        config = load(site, {})
        judged, heard = _judged(files, config, asked, watch)
        watch("report")
        wanted = [path for path in (files.json, files.report, files.png) if path]
        if files.json:
            _write(files.json, json.dumps(plain(judged.judgement), ensure_ascii=False))
        if files.report or files.png:
            evidence = _evidence(files, config, site, heard)
            if files.report:
                _write(files.report, page(judged, evidence))
            if files.png:
                save(judged, evidence, files.png)
    return "\n".join([lines(judged.judgement), *(f"{path}: written" for path in wanted)])


def _judged(files: Files, config: Config, asked: Asked, watch: Callable[[str], None]) -> tuple[Judged, Path | None]:
    here = origin(config.site)
    watch("reading tracks")
    tracks = load_tracks(files.tracks, here)
    watch("reading truth")
    truths = load_truths(files.truth, here)
    heard = files.recording or _beside(files.truth, "recording.jsonl.gz", "recording.jsonl", "recording.mcap")
    spared = named(truths, asked.indifferent)
    sensors = true_sensors.read(files.truth)
    return judge(tracks, truths, asked._replace(indifferent=spared), config, heard, watch, sensors), heard


def _evidence(files: Files, config: Config, site: Path, heard: Path | None) -> Evidence:
    alerts = files.alerts or _beside(files.tracks, "alerts.jsonl")
    return Evidence(
        title=config.site.name,
        config=config,
        zones=tuple(read_zones(config.zones.files, site.parent)),
        alerts=tuple(load_alerts(alerts)) if alerts else (),
        files=tuple(str(path) for path in (files.tracks, files.truth, site, heard, alerts) if path),
    )


def _beside(file: Path, *names: str) -> Path | None:
    return next((path for name in names if (path := file.with_name(name)).is_file()), None)


# --- Many seeds ----------------------------------------------------------------------------------------------------


def score_seeds(scenario: str, seeds: range, asked: Asked, *, jobs: int = 1, out: Path | None = None) -> str:
    """Fly, replay and judge a scenario with each seed; say each figure's mean and interval, and write them if asked."""
    path = scenario_file.find(scenario)
    tasks = [(path, seed, asked) for seed in seeds]
    runs = watched(f"{path.stem}, {len(seeds)} seeds", _seed, tasks, jobs)
    summed = batch.over_seeds(runs)
    if out:
        told = [{"seed": seed, "figures": run} for seed, run in zip(seeds, runs, strict=True)]
        _write(out, json.dumps(plain({"scenario": path.stem, "asked": asked, "runs": told, "figures": summed})))
    rows = [f"{path.stem}, {len(seeds)} seeds: mean (95 % interval)"]
    rows += [
        f"  {one.name:<26} {figure(mean.mean):>8} {one.unit:<2} ({figure(mean.low)} to {figure(mean.high)})"
        for one in batch.FIGURES
        if np.isfinite((mean := summed[one.name]).mean)
    ]
    return "\n".join([*rows, *([f"{out}: written"] if out else [])])


def _seed(task: tuple[Path, int, Asked]) -> dict[str, float]:
    """Fly, replay and judge one seed, in files that are thrown away."""
    scenario, seed, asked = task
    with tempfile.TemporaryDirectory(prefix="vigie-score-") as name:
        case = write_case(scenario_file.load(scenario).seeded(seed), Path(name)).directory
        config = load(case / "site.toml", {})
        write_down(fed(recording.read(case / "recording.jsonl.gz"), assemble(config, case)), case / "out")
        judged, _ = _judged(Files(case / "out" / "tracks.jsonl", case / "truth.csv"), config, asked, lambda _: None)
    return batch.figures(plain(judged.judgement))


# --- Two runs ------------------------------------------------------------------------------------------------------


def compare_runs(first: Path, second: Path) -> str:
    """Compare two files of `--json`; say each figure of both and whether the difference is more than chance."""
    rows = [f"{first} → {second}"]
    for change in batch.compare(first, second):
        if not np.isfinite(change.difference.mean):
            continue
        low, high = change.difference.low, change.difference.high
        span = f"({figure(low)} to {figure(high)}) {change.verdict}" if np.isfinite(low) else "(no interval)"
        both = f"{figure(change.first):>8} → {figure(change.second):>8} {change.figure.unit:<2}"
        rows.append(f"  {change.figure.name:<26} {both} {change.difference.mean:+.3g} {span}")
    return "\n".join(rows)


# --- What all of them need -----------------------------------------------------------------------------------------


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise RecordingError(f"{path}: cannot be written: {error.strerror}") from error


@contextlib.contextmanager
def _watching() -> Iterator[Callable[[str], None]]:
    with bar() as progress:
        task = progress.add_task("", total=STAGES)

        def next_is(what: str) -> None:
            progress.update(task, advance=1, description=what)

        yield next_is
