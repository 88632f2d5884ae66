"""What `vigie replay` and `vigie index` do for the person who types them."""

from __future__ import annotations

import shutil

import msgspec
import pytest

from fusion.__main__ import main
from simulators.case import write_case
from tests.e2e.stage import write


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    """Write a short scene, its replay as the golden one, and its index."""
    directory = tmp_path_factory.mktemp("case")
    stage = write(directory / "scene", seconds=9.0)
    write_case(stage, directory)
    assert main(["replay", str(directory / "recording.jsonl.gz"), "--out", str(directory / "golden")]) == 0
    for name in ("site.toml", "zones.json", "register.toml"):
        shutil.copyfile(directory / name, directory / "golden" / name)
    assert main(["index", str(directory / "recording.jsonl.gz")]) == 0
    return directory


def lines(path) -> list[bytes]:
    return path.read_bytes().splitlines()


def replay(case, *more) -> int:
    return main(["replay", str(case / "recording.jsonl.gz"), *map(str, more)])


def test_the_same_code_gives_the_golden_replay(case, capsys):
    assert replay(case, "--compare", case / "golden") == 0
    assert "golden: the same" in capsys.readouterr().out


def test_a_difference_is_named_and_ends_with_one(case, tmp_path, capsys):
    shutil.copytree(case / "golden", tmp_path / "golden")
    tracks = lines(tmp_path / "golden" / "tracks.jsonl")
    one = msgspec.json.decode(tracks[7])
    one["status"], one["grid"]["easting_m"] = "deleted", one["grid"]["easting_m"] + 1e-9
    tracks[7] = msgspec.json.encode(one)
    (tmp_path / "golden" / "tracks.jsonl").write_bytes(b"\n".join(tracks) + b"\n")
    assert replay(case, "--compare", tmp_path / "golden") == 1
    said = capsys.readouterr().out
    assert "tracks.jsonl:8 status: expected deleted, found confirmed" in said
    assert "1 differences" in said


def test_a_part_is_a_part_of_the_whole(case, tmp_path):
    assert replay(case, "--from", "4", "--to", "17:30:06", "--out", tmp_path) == 0
    part, whole = lines(tmp_path / "tracks.jsonl"), lines(case / "golden" / "tracks.jsonl")
    assert 5 < len(part) < len(whole)
    place = whole.index(part[0])
    assert whole[place : place + len(part)] == part


def test_an_alert_is_played_by_its_number(case, tmp_path, capsys):
    assert replay(case, "--alert", "1", "--out", tmp_path) == 0
    assert msgspec.json.decode(lines(tmp_path / "alerts.jsonl")[0])["rule"]
    assert replay(case, "--alert", "99", "--out", tmp_path) == 2
    assert "there is none; expected 1 to" in capsys.readouterr().err


def test_a_filter_leaves_the_other_sensors_out(case, tmp_path):
    assert replay(case, "--topic", "sensor/radar-2/#", "--out", tmp_path) == 0
    seen = {name for line in lines(tmp_path / "tracks.jsonl") for name in msgspec.json.decode(line)["sensors"]}
    assert seen == {"radar-2"}


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ([], "nothing to do with it; expected --out, --compare or --onto"),
        (["--out", "o", "--from", "soon"], "'soon' is no moment"),
        (["--out", "o", "--from", "9", "--to", "3"], "is not after --from"),
    ],
)
def test_what_cannot_be_done_is_said(case, capsys, more, words):
    assert replay(case, *more) == 2
    assert words in capsys.readouterr().err
