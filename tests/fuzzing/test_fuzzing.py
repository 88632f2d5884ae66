"""Every decoder bears what libFuzzer thinks of (atheris), and what was found once stays mended."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.fuzzing.decoders import DECODERS
from tests.fuzzing.running import GROWTH_BYTES, FoundError, fuzz

CPU_SECONDS = float(os.environ.get("VIGIE_FUZZ_CPU_SECONDS", "10"))
"""For each decoder; docs/fuzzing.md tells what was spent once."""

FOUND = [line.split() for line in Path(__file__).with_name("found.txt").read_text(encoding="ascii").splitlines()]


@pytest.mark.parametrize(("name", "payload"), FOUND)
def test_what_was_found_once_stays_mended(name, payload):
    DECODERS[name]().one(bytes.fromhex(payload))


@pytest.mark.parametrize("name", DECODERS)
def test_a_decoder_takes_its_seeds_and_their_halves(name):
    decoder = DECODERS[name]()
    assert decoder.seeds
    for seed in decoder.seeds:
        for payload in (seed, seed[: len(seed) // 2], seed[len(seed) // 2 :], seed + seed, b""):
            decoder.one(payload)


@pytest.mark.deep
@pytest.mark.parametrize("name", DECODERS)
def test_no_payload_crashes_hangs_grows_or_is_half_taken(name, tmp_path):
    told = fuzz(name, CPU_SECONDS, tmp_path)
    assert told.executions > 100 * CPU_SECONDS
    assert told.grown <= GROWTH_BYTES


@pytest.mark.deep
@pytest.mark.parametrize(("name", "told"), [("crashing", "ZeroDivisionError"), ("growing", "grew by")])
def test_a_decoder_that_errs_is_found(name, told, tmp_path):
    with pytest.raises(FoundError, match=told):
        fuzz(name, 2.0, tmp_path)
