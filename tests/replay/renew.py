"""Writes the golden recordings anew: `python -m tests.replay.renew`, in a commit of its own that says why they moved.

A golden recording is a scenario's stream, what a replay of it said, and in `QUALITY.txt` how good that was: a review sees
quality move, figure by figure.
"""

from __future__ import annotations

import gzip
import shutil
import sys
import tempfile
from pathlib import Path

from msgspec.structs import replace

from fusion.__main__ import main as vigie
from fusion.golden import FILES
from simulators import scenario_file
from simulators.case import write_case
from simulators.scoring.command import Files, score_run
from simulators.scoring.judgement import Asked
from tests.e2e import stage as dash

HERE = Path(__file__).parent
SECONDS = {"dash": 16.0, "crossing": 60.0}


def write(name: str, directory: Path) -> None:
    """Write a scenario's stream, truth and site; tracks once a second, to keep what is compared small."""
    if name == "dash":
        stage = dash.write(
            directory / "scene", seconds=SECONDS[name], site=dash.SITE.replace("[publish]", "[publish]\ntracks_hz = 1.0")
        )
    else:
        found = scenario_file.load(scenario_file.find(name))
        stage = found._replace(scenario=replace(found.scenario, duration_s=SECONDS[name]))
    write_case(stage, directory)
    shutil.rmtree(directory / "scene", ignore_errors=True)
    if name != "dash":
        with (directory / "site.toml").open("a") as site:
            site.write("\n[publish]\ntracks_hz = 1.0\n")


def quality(directory: Path, tracks: Path) -> str:
    """Give the figures of a replay's tracks, as `vigie score` says them."""
    with tempfile.TemporaryDirectory() as name:
        truth = Path(name) / "truth.csv"
        truth.write_bytes(gzip.decompress((directory / "truth.csv.gz").read_bytes()))
        plain = Path(name) / "tracks.jsonl"
        plain.write_bytes(gzip.decompress(tracks.read_bytes()) if tracks.suffix == ".gz" else tracks.read_bytes())
        return score_run(Files(plain, truth, site=directory / "site.toml"), Asked()) + "\n"


def renew(name: str) -> None:
    """Write one golden recording."""
    directory = HERE / name
    shutil.rmtree(directory, ignore_errors=True)
    with tempfile.TemporaryDirectory() as scratch:
        case = Path(scratch)
        write(name, case)
        if vigie(["replay", str(case / "recording.jsonl.gz"), "--out", str(case / "out")]):
            sys.exit(f"{name}: its replay failed")
        directory.mkdir()
        for path in [*case.glob("*.toml"), *case.glob("*.json"), case / "recording.jsonl.gz"]:
            shutil.copyfile(path, directory / path.name)
        for path in [case / "truth.csv", *(case / "out" / one for one in FILES)]:
            (directory / f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes(), mtime=0))
    (directory / "QUALITY.txt").write_text(quality(directory, directory / "tracks.jsonl.gz"))


if __name__ == "__main__":
    for chosen in sys.argv[1:] or SECONDS:
        renew(chosen)
