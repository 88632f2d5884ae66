"""A recording of another day gives what it gave then; where the tracker was meant to change, `tests.replay.renew` says how."""

from __future__ import annotations

import pytest

from fusion.__main__ import main as vigie
from tests.replay.renew import HERE, SECONDS, quality


@pytest.mark.parametrize("name", SECONDS)
def test_a_golden_recording_replays_to_the_same(name, capsys, tmp_path):
    code = vigie(["replay", str(HERE / name / "recording.jsonl.gz"), "--compare", str(HERE / name), "--out", str(tmp_path)])
    assert code == 0, capsys.readouterr().out
    assert quality(HERE / name, tmp_path / "tracks.jsonl") == (HERE / name / "QUALITY.txt").read_text()
