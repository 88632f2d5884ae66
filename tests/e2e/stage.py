"""A short scene for whole runs: two radars, a zone, and a dark drone that is about to enter it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from simulators import scenario_file
from simulators.scenario_file import Stage

SITE = """\
[site]
name = "paris"
latitude_deg = 48.8582
longitude_deg = 2.2945
ground_amsl_m = 33.0
geoid_undulation_m = 44.6

[zones]
files = ["zones.json"]
register = "register.toml"

[rules]
clear_after_s = 1.5
exit_margin_m = 5.0

[publish]
status_s = 0.5
picture_s = 1.0

[[sensor]]
id = "radar-1"
kind = "radar"
latitude_deg = 48.8521
longitude_deg = 2.3035
altitude_hae_m = 105.0
period_s = 0.5
accuracy = { range_m = 4.0, azimuth_deg = 0.3, elevation_deg = 0.4 }
detection_probability = 0.95
false_alarms_per_scan = 2
coverage = { azimuth_deg = [0, 360], elevation_deg = [-3, 60], range_m = [50, 5000] }

[[sensor]]
id = "radar-2"
kind = "radar"
latitude_deg = 48.8525
longitude_deg = 2.2785
altitude_hae_m = 140.0
period_s = 0.7
accuracy = { range_m = 3.0, azimuth_deg = 0.8, elevation_deg = 1.0 }
detection_probability = 0.9
false_alarms_per_scan = 2
coverage = { azimuth_deg = [345, 105], elevation_deg = [-20, 60], range_m = [30, 2500] }

[[sensor]]
id = "remote-id-1"
kind = "remote_id"
period_s = 1.0
accuracy = { horizontal_m = 4.0, vertical_m = 6.0, velocity_mps = 0.5 }
false_alarms_per_scan = 0.01
coverage = { range_m = [0, 3000] }
reports = "detections-only"
"""

REGISTER = """\
[[permit]]
serial = "1588EPN26PP75000017"
issued_by = "the test"
zones = ["TOWER"]
"""

SCENARIO = """\
name = "dash"
site = "site.toml"
start = 2026-07-26T17:30:00Z
duration_s = {seconds}
seed = 7

[[actor]]
id = "intruder"
kind = "multirotor"
speed_mps = 14
route = [
  {{ latitude_deg = 48.8610, longitude_deg = 2.2945, height_agl_m = 80 }},   # 60 m outside the zone
  {{ latitude_deg = 48.8540, longitude_deg = 2.2945, height_agl_m = 90 }},
]

[[actor]]
id = "passer-by"
kind = "multirotor"
note = "passes the zone by, 40 m outside"
speed_mps = 15
route = [
  {{ latitude_deg = 48.8604, longitude_deg = 2.2900, height_agl_m = 60 }},
  {{ latitude_deg = 48.8560, longitude_deg = 2.2910, height_agl_m = 60 }},
]

[[actor]]
id = "stranger"
kind = "multirotor"
note = "stays away"
route = [
  {{ latitude_deg = 48.8660, longitude_deg = 2.2990, height_agl_m = 60 }},
  {{ latitude_deg = 48.8650, longitude_deg = 2.3040, height_agl_m = 70 }},
]

[[actor]]
id = "courier"
kind = "multirotor"
note = "says who it is, and may fly in TOWER alone"
identity = {{ serial = "1588EPN26PP75000017" }}
broadcasts = ["remote_id"]
speed_mps = 8
route = [
  {{ latitude_deg = 48.8550, longitude_deg = 2.2860, height_agl_m = 60 }},
  {{ latitude_deg = 48.8520, longitude_deg = 2.2860, height_agl_m = 60 }},
]

[[sensor]]
id = "radar-2"
delay_s = 0.3
jitter_s = 0.2               # it overtakes itself: late looks are part of every run
"""


def zone(identifier: str = "TOWER", radius: float = 250.0, latitude: float = 48.8582, longitude: float = 2.2945) -> bytes:
    """Write a round prohibited zone as an ED-318 feature."""
    return msgspec.json.encode(
        {
            "type": "Feature",
            "properties": {
                "identifier": identifier,
                "country": "FRA",
                "name": [{"text": f"zone {identifier}", "lang": "en-GB"}],
                "type": "PROHIBITED",
                "reason": ["SENSITIVE"],
                "variant": "COMMON",
                "zoneAuthority": [{"name": [{"text": "Example authority", "lang": "en-GB"}], "purpose": "AUTHORIZATION"}],
            },
            "geometry": {
                "type": "Point",
                "coordinates": [longitude, latitude],
                "extent": {"subType": "Circle", "radius": radius},
                "layer": {"lower": 0, "lowerReference": "AGL", "upper": 500, "upperReference": "AGL", "uom": "m"},
            },
        }
    )


def zones(*features: bytes) -> bytes:
    return b'{"type": "FeatureCollection", "features": [' + b",".join(features) + b"]}"


def write(directory: Path, *, seconds: float = 16.0, more: str = "", site: str = SITE) -> Stage:
    """Write the site, its zones and the scenario, and read them; `more` is put at the end of the site."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "site.toml").write_text(site + more)
    (directory / "zones.json").write_bytes(zones(zone()))
    (directory / "register.toml").write_text(REGISTER)
    (directory / "scenario.toml").write_text(SCENARIO.format(seconds=seconds))
    return scenario_file.load(directory / "scenario.toml")


def now(stage: Stage) -> Stage:
    """Give the scene as it begins in a moment."""
    return stage.starting(datetime.now(UTC) + timedelta(seconds=0.1))
