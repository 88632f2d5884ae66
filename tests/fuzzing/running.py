"""Fuzzes one decoder in a process of its own and says what came of it; then gives it all that was found again and again."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from tests.brokers import die_with_parent
from tests.fuzzing.decoders import decoder_of

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent

LONGEST_S = 120
"""s after which a payload is no slow one (`harness.LONGEST_S`) but one without end, on a machine that others use too."""

LONGEST_BYTES = 4096
"""Of a payload: longer ones have nothing new to say and take their time."""

MOST_MIB = 1024
"""Of memory, with the interpreter and the instrumented modules (about 150) and what libFuzzer keeps."""

WORD = re.compile(rb"[A-Za-z_][A-Za-z0-9_.:-]{2,40}")
COVERAGE = re.compile(r"cov: (\d+) ft: (\d+) corp: (\d+)/")

PASSES, GROWTH_BYTES = 40_000, 2 << 20
"""Payloads that a decoder is given once more, and what it may have grown by from the first half of them to the last: two MiB are
what an allocator does not give back; a hundred bytes kept of each payload would be as much."""


class FoundError(Exception):
    """Something was found: libFuzzer's report, with the payload that did it."""


class Figures(NamedTuple):
    """What a run amounted to."""

    executions: int
    cpu_s: float
    edges: int
    inputs: int  # kept because each did something new
    rss_warm: int  # bytes, after a fifth of the time
    rss_end: int
    grown: int  # bytes, by giving it what was found again


def fuzz(name: str, seconds: float, directory: Path) -> Figures:
    """Fuzz a decoder for so much CPU time; raise FoundError where it crashed, hung, grew or took half a message."""
    corpus, figures = directory / "corpus", directory / "figures.json"
    _seed(name, corpus, directory / "words")
    done = _run(
        "harness.py", name, seconds, figures, corpus, f"-dict={directory / 'words'}", f"-artifact_prefix={directory}/", f"-timeout={LONGEST_S}",
        f"-max_len={LONGEST_BYTES}", f"-rss_limit_mb={MOST_MIB}", "-handle_usr1=1", "-seed=1",
    )  # fmt: skip
    if done.returncode or not figures.exists():
        report = done.stderr.splitlines()
        raise FoundError("\n".join([f"{name}:", *done.stdout.splitlines()[-40:], *report[-12:]]))
    edges, _, inputs = map(int, (COVERAGE.findall(done.stderr) or [(0, 0, 0)])[-1])  # none where nothing is instrumented
    told = json.loads(figures.read_text(encoding="ascii"))
    return Figures(**told, edges=edges, inputs=inputs, grown=_grown(name, corpus))


def _seed(name: str, corpus: Path, words: Path) -> None:
    """Write what to begin with: the seeds, and the words in them."""
    seeds = decoder_of(name).seeds
    corpus.mkdir(exist_ok=True)
    for number, seed in enumerate(seeds):
        (corpus / f"seed-{number}").write_bytes(seed)
    found = sorted({word.decode() for seed in seeds for word in WORD.findall(seed)})
    words.write_text("".join(f'"{word}"\n' for word in found), encoding="ascii")


def _grown(name: str, corpus: Path) -> int:
    done = _run("again.py", name, corpus, PASSES)
    if done.returncode:
        raise FoundError(f"{name}, given again:\n{done.stderr}")
    grown = int(done.stdout)
    if grown > GROWTH_BYTES:
        raise FoundError(f"{name}: grew by {grown} bytes while it was given what it had been given before")
    return grown


def _run(program: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, HERE / program, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        preexec_fn=die_with_parent,
    )
