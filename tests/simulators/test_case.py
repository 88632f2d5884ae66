"""A case on disk: recording, truth and site, as a replay and a judge read them."""

import csv
import gzip
import json
import math
import os
import subprocess
import sys

import numpy as np
import pyproj
import pytest

from fusion.errors import RecordingError
from simulators import true_sensors
from simulators.case import write_case, write_recording
from simulators.publish import messages
from simulators.targets import targets
from tests.simulators.scenes import DRONE, RADAR

GEOD = pyproj.Geod(ellps="WGS84")
WORDS = {"truth", "class", "identity", "friend"}


@pytest.fixture
def case(staged, tmp_path):
    stage = staged(RADAR, DRONE, duration=30.0)
    return stage, write_case(stage, tmp_path / "out")


def test_a_recording_is_the_stream_line_by_line(case):
    stage, written = case
    with gzip.open(written.directory / "recording.jsonl.gz", "rt") as file:
        lines = [json.loads(line) for line in file]
    stream = list(messages(stage))
    assert len(lines) == written.messages == len(stream)
    assert [(line["topic"], line["payload"]) for line in lines] == [(m.topic, json.loads(m.payload)) for m in stream]
    assert lines[0]["received"] == "2026-07-26T17:30:00Z"


def test_the_same_scenario_gives_the_same_files(case, tmp_path):
    stage, written = case
    again = write_case(stage, tmp_path / "again").directory
    for file in sorted(written.directory.iterdir()):
        assert (again / file.name).read_bytes() == file.read_bytes()
    assert (again / "recording.jsonl.gz").read_bytes()[4:8] == bytes(4)  # gzip's time stamp
    assert sorted(path.name for path in again.iterdir()) == ["recording.jsonl.gz", "site.toml", "truth.csv"]


def test_truth_is_where_geodesics_say_that_the_drone_is(case):
    _, written = case
    with (written.directory / "truth.csv").open() as file:
        rows = [{key: value if key in WORDS else float(value) for key, value in row.items()} for row in csv.DictReader(file)]
    assert [rows[0]["truth"], rows[0]["time_unix_s"]] == ["drone", 1785087000.0]
    assert len(rows) == 151
    assert {(row["class"], row["friend"]) for row in rows} == {("multirotor", "no")}
    azimuth, _, distance = GEOD.inv(2.2845, 48.8582, rows[100]["longitude_deg"], rows[100]["latitude_deg"])
    assert azimuth == pytest.approx(90.0, abs=1.0)
    assert distance == pytest.approx(10.0 * 20.0, abs=2.0)
    for before, row, after in zip(rows[10::20], rows[11::20], rows[12::20], strict=False):
        azimuth, _, way = GEOD.inv(before["longitude_deg"], before["latitude_deg"], after["longitude_deg"], after["latitude_deg"])
        east, north = way / 0.4 * math.sin(math.radians(azimuth)), way / 0.4 * math.cos(math.radians(azimuth))
        assert (row["vx"], row["vy"]) == pytest.approx((east, north), abs=0.01)
        assert row["vz"] == pytest.approx((after["altitude_hae_m"] - before["altitude_hae_m"]) / 0.4, abs=0.01)


def test_the_files_that_a_site_names_go_with_it(staged, tmp_path):
    (tmp_path / "zones").mkdir()
    (tmp_path / "zones" / "a.json").write_text("{}")
    stage = staged(RADAR + '[zones]\nfiles = ["zones/a.json"]\nregister = "none.toml"\n', DRONE, duration=2.0)
    write_case(stage, tmp_path / "out")
    assert (tmp_path / "out" / "zones" / "a.json").read_text() == "{}"


def test_a_plain_name_is_written_plainly_and_a_place_that_cannot_be_written_is_told(staged, tmp_path):
    stage = staged(RADAR, "", duration=2.0)
    assert write_recording(tmp_path / "plain.jsonl", messages(stage)) == len((tmp_path / "plain.jsonl").read_text().splitlines())
    with pytest.raises(RecordingError, match="cannot be written"):
        write_recording(tmp_path / "nowhere" / "x.jsonl", messages(stage))


def test_a_landed_drone_has_no_truth_any_more(staged, tmp_path):
    landing = DRONE.replace("height_agl_m = 120", "height_agl_m = 0").replace("speed_mps = 10", "speed_mps = 20")
    stage = staged(RADAR, landing, duration=200.0)
    (drone,) = targets(stage)
    assert drone.trajectory.end < 190.0
    write_case(stage, tmp_path / "out")
    last = (tmp_path / "out" / "truth.csv").read_text().splitlines()[-1].split(",")
    assert float(last[0]) == pytest.approx(1785087000.0 + drone.trajectory.end, abs=0.2)
    assert float(last[4]) == pytest.approx(33.0 + 44.6, abs=1.5)


def test_what_an_actor_does_is_an_event_at_its_place(staged, tmp_path):
    does = (
        'notes = [{ at_s = 25, text = "payload, red, released" }, { at_s = 10, text = "lights on" }, { at_s = 99, text = "x" }]'
    )
    stage = staged(RADAR, DRONE.replace("speed_mps = 10", f"speed_mps = 10\n{does}"), duration=30.0)
    write_case(stage, tmp_path / "out")
    with (tmp_path / "out" / "events.csv").open() as file:
        lights, payload = csv.DictReader(file)
    assert (lights["text"], payload["text"], payload["truth"]) == ("lights on", "payload, red, released", "drone")
    assert float(payload["time_unix_s"]) == 1785087025.0
    with (tmp_path / "out" / "truth.csv").open() as file:
        (there,) = [row for row in csv.DictReader(file) if row["time_unix_s"] == payload["time_unix_s"]]
    assert {key: payload[key] for key in ("latitude_deg", "longitude_deg", "altitude_hae_m")}.items() <= there.items()


def test_other_processes_with_other_hashes_and_threads_write_the_same_bytes(tmp_path):
    written = []
    for hashes, threads in (("1", "1"), ("2", "2")):
        out = tmp_path / hashes
        environment = os.environ | {"PYTHONHASHSEED": hashes, "NUMBA_NUM_THREADS": threads, "OMP_NUM_THREADS": threads}
        run = [sys.executable, "-m", "fusion", "simulate", "crossing", "--out", str(out)]
        subprocess.run(run, check=True, env=environment, capture_output=True)
        written.append({path.name: path.read_bytes() for path in sorted(out.iterdir())})
    assert written[0] == written[1]


def test_what_the_site_was_not_told_of_its_sensors_stands_beside_the_truth(staged, tmp_path):
    told = '[[sensor]]\nid = "radar"\npreset = "aesa-radar"\n'
    stage = staged(RADAR, DRONE, duration=5.0, behaviour=told)
    written = write_case(stage, tmp_path / "out").directory
    sensors = true_sensors.read(written / "truth.csv")
    (one,) = sensors.sensor
    assert (one.id, one.accuracy.range_m, one.echo.range_m, sensors.rcs_dbsm) == ("radar", 3.25, 1000.0, {"drone": -20.0})
    (corrected,) = sensors.corrected(stage.site).sensor
    assert (corrected.accuracy.azimuth_deg, corrected.accuracy.radial_speed_mps) == (1.0, 0.4)
    distance = np.array([1000.0])
    assert sensors.detection(corrected, "drone", distance) == pytest.approx(1e-6 ** (1.0 / (1.0 + 10.0**1.3)))
    assert true_sensors.read(tmp_path / "truth.csv") == true_sensors.TrueSensors()
    (written / true_sensors.NAME).write_text("{")
    with pytest.raises(RecordingError, match=r"truth_sensors.json: Input data was truncated"):
        true_sensors.read(written / "truth.csv")
