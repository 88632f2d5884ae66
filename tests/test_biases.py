"""What sensors were found to be off by outlives snapshots, and is believed of the same sensors alone."""

import gzip
import json
from pathlib import Path

import msgspec
import numpy as np
import pytest
from msgspec.structs import replace

from fusion import biases
from fusion.assembly import assemble
from fusion.config import Accuracy, BiasSigma, Config, Sensor, Site
from fusion.errors import ConfigError
from fusion.messages import SECOND
from fusion.tracking.registration import Learnt

TIME = 1_785_000_000 * SECOND
EAST = Sensor(id="east", kind="radar", latitude_deg=48.86, longitude_deg=2.3, altitude_hae_m=90.0,
              accuracy=Accuracy(range_m=5.0, azimuth_deg=1.0), bias_sigma=BiasSigma(range_m=5.0, azimuth_deg=2.0))  # fmt: skip
WEST = replace(EAST, id="west", longitude_deg=2.28, bias_sigma=BiasSigma(azimuth_deg=1.0))
CONFIG = Config(site=Site(name="paris", latitude_deg=48.8582, longitude_deg=2.2945), sensor=(EAST, WEST))


def learnt() -> Learnt:
    names = assemble(CONFIG, Path()).learnt().names
    root = np.random.default_rng(3).normal(0, 0.1, (len(names), len(names)))
    return Learnt(TIME, names, np.arange(len(names)) / 100.0, root @ root.T + 1e-6 * np.eye(len(names)))


def written(path: Path, config: Config = CONFIG) -> Path:
    biases.write(path / biases.NAME, config, learnt())
    return path / biases.NAME


def test_what_is_written_reads_back_and_the_core_begins_with_it(tmp_path):
    fitting = biases.read(written(tmp_path), CONFIG)
    assert fitting.left_out == []
    core = assemble(CONFIG, tmp_path)
    core.adopt(fitting.learnt)
    again, before = core.learnt(), learnt()
    assert (again.time, again.names) == (before.time, before.names)
    np.testing.assert_array_equal(again.b, before.b)
    np.testing.assert_array_equal(again.B, before.B)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"latitude_deg": 48.8601}, "latitude_deg changed since"),
        ({"altitude_hae_m": 91.0}, "altitude_hae_m changed since"),
        ({"kind": "rf"}, "kind changed since"),
        ({"bias_sigma": BiasSigma(azimuth_deg=2.0)}, "bias_sigma changed since"),
        ({"id": "north"}, "the site has no such sensor now"),
    ],
)
def test_a_sensor_that_is_not_as_it_was_begins_anew_and_it_is_said_why(tmp_path, change, why):
    now = replace(CONFIG, sensor=(replace(EAST, **change), WEST))
    fitting = biases.read(written(tmp_path), now)
    assert [line.split("its bias is forgotten: ")[1] for line in fitting.left_out] == [why]
    assert {name for name, _ in fitting.learnt.names} == {"west"}
    core = assemble(now, tmp_path)
    core.adopt(fitting.learnt)
    places = dict(zip(core.learnt().names, core.learnt().b, strict=True))
    assert places["west", "azimuth_rad"] == learnt().b[-1]
    assert not any(value for (name, _), value in places.items() if name != "west")


def test_a_sensor_more_and_another_order_change_nothing_for_the_others(tmp_path):
    now = replace(CONFIG, sensor=(replace(WEST, id="new"), WEST, EAST))
    core = assemble(now, tmp_path)
    core.adopt(biases.read(written(tmp_path), now).learnt)
    found, before = core.learnt(), learnt()
    order = [found.names.index(name) for name in before.names]
    np.testing.assert_array_equal(found.B[np.ix_(order, order)], before.B)


@pytest.mark.parametrize(
    "damage",
    [
        lambda told: {**told, "format": 99},
        lambda told: {**told, "site": "lyon"},
        lambda told: {**told, "value": told["value"][1:]},
        lambda told: {**told, "value": [None, *told["value"][1:]]},
        lambda told: {**told, "covariance": (-np.array(told["covariance"])).tolist()},
        lambda told: {**told, "parts": [told["parts"][0]] * len(told["parts"])},
    ],
)
def test_a_damaged_file_or_another_sites_is_refused(tmp_path, damage):
    path = written(tmp_path)
    path.write_bytes(msgspec.json.encode(damage(json.loads(path.read_bytes()))))
    with pytest.raises(ConfigError, match=r"biases\.json"):
        biases.read(path, CONFIG)


def test_no_file_says_so_and_nothing_learnt_writes_none(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read"):
        biases.read(tmp_path / "none.json", CONFIG)
    biases.write(tmp_path / "none.json", CONFIG, assemble(CONFIG, tmp_path).learnt())
    assert not (tmp_path / "none.json").exists()


def test_a_replay_begins_with_a_file_of_biases_and_leaves_one(tmp_path, capsys):
    from fusion.__main__ import main

    toml = (
        '[site]\nname = "paris"\nlatitude_deg = 48.8582\nlongitude_deg = 2.2945\n'
        '[[sensor]]\nid = "east"\nkind = "radar"\nlatitude_deg = 48.86\nlongitude_deg = 2.3\naltitude_hae_m = 90.0\n'
        "accuracy = { range_m = 5.0, azimuth_deg = 1.0 }\nbias_sigma = { range_m = 5.0, azimuth_deg = 2.0 }\n"
    )
    (tmp_path / "site.toml").write_text(toml)
    line = {"received": "2026-07-25T18:40:01Z", "topic": "vigie/v1/paris/sensor/east/scan",
            "payload": {"time": "2026-07-25T18:40:00.9Z", "sequence": 0, "detections": []}}  # fmt: skip
    with gzip.open(tmp_path / "recording.jsonl.gz", "wt") as file:
        file.write(json.dumps(line) + "\n")
    told = written(tmp_path)
    replay = ["replay", str(tmp_path / "recording.jsonl.gz"), "--out", str(tmp_path / "out"), "--biases", str(told)]
    assert main(replay) == 0
    assert "west: its bias is forgotten: the site has no such sensor now" in capsys.readouterr().err
    after = json.loads((tmp_path / "out" / biases.NAME).read_bytes())
    assert after["parts"] == [["east", "range_m"], ["east", "azimuth_rad"], ["east", "east_m"], ["east", "north_m"]]
    np.testing.assert_allclose(after["value"], learnt().b[:4], rtol=0.2)
