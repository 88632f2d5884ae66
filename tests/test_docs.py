"""What the documentation says is so: its examples decode, its tables are whole, its generated pages are fresh."""

import json
import re
import tomllib
from datetime import datetime
from pathlib import Path

import jsonschema
import msgspec
import pytest

from fusion.config import Accuracy, Platform, Sensor
from fusion.config_file import load
from fusion.frame import SiteFrame
from fusion.intake import SensorStatus
from fusion.messages import (
    Alert,
    Bearing,
    PictureMessage,
    Polar,
    Pose,
    Position,
    RawMessage,
    Rejected,
    Scan,
    StatusMessage,
    Tdoa,
    Track,
    ZoneState,
    nanoseconds,
)
from fusion.metrics import QUANTILES
from fusion.schema import MESSAGES, configuration_page, schemas
from fusion.topics import TOPICS
from fusion.transport.counters import COUNTERS
from fusion.zones.commands import decode_command
from fusion.zones.crowds import decode_crowd
from fusion.zones.ed318 import parse_zones
from fusion.zones.plans import Switch, decode_plan
from fusion.zones.positions import decode_position
from fusion.zones.reasons import Reason
from fusion.zones.tokens import verify
from fusion.zones.windows import decode_window
from sensors.pose import decode_pose
from sensors.scan import Station, adapter
from tests.zones.permit_scenes import HEADER, ISSUERS, token

DOCS = Path(__file__).parents[1] / "docs"
PAGE = (DOCS / "mqtt.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```json (\w+)\n(.*?)```", PAGE, re.DOTALL)

STATION = Station(
    Sensor(
        id="radar-1", kind="radar", accuracy=Accuracy(range_m=5, azimuth_deg=1, elevation_deg=1, horizontal_m=5, vertical_m=5)
    ),
    SiteFrame.at(48.8582, 2.2945, "auto", 33.0, 44.6),
    {"rx-2": Sensor(id="rx-2", kind="tdoa", latitude_deg=48.87, longitude_deg=2.31)},
)


def decode_scan(payload: bytes) -> Scan:
    received = nanoseconds(datetime.fromisoformat(json.loads(payload)["time"]))
    return adapter(Polar, Bearing, Position, Tdoa).decode(
        STATION, RawMessage(topic="t", payload=payload, received=received), False
    )


def decode_moving(payload: bytes) -> Pose:
    aboard = STATION._replace(sensor=Sensor(id="eye-1", kind="camera", platform=Platform(directions="body")))
    return decode_pose(aboard, RawMessage(topic="t", payload=payload, received=2**62))


DECODERS = {
    "scan": decode_scan,
    "pose": decode_moving,
    "sensor_status": lambda payload: msgspec.json.decode(payload, type=SensorStatus),
    "crowd": lambda payload: decode_crowd(payload, 2**62),
    "zone": lambda payload: parse_zones(payload, "the example"),
    "zone_position": lambda payload: decode_position(payload, 2**62, STATION.frame),
    "zone_window": decode_window,
    "zone_switch": lambda payload: msgspec.json.decode(payload, type=Switch),
    "zone_plan": lambda payload: decode_plan(payload, ("A", "B")),
    "permit": lambda payload: proven("permit", payload),
    "permit_revocation": lambda payload: proven("revocation", payload),
    "zone_state": lambda payload: msgspec.json.decode(payload, type=ZoneState),
    "command": decode_command,
    "track": lambda payload: msgspec.json.decode(payload, type=Track),
    "alert": lambda payload: msgspec.json.decode(payload, type=Alert),
    "picture": lambda payload: untagged(payload, PictureMessage),
    "rejected": lambda payload: untagged(payload, Rejected),
    "status": lambda payload: untagged(payload, StatusMessage),
}


def proven(kind, payload):
    said = verify(token(payload, HEADER | {"typ": kind}), ISSUERS)
    assert not isinstance(said, Reason), said
    return said


def untagged(payload, kind):
    return msgspec.convert({"type": kind.__struct_config__.tag} | json.loads(payload), kind)


@pytest.mark.parametrize(("kind", "text"), EXAMPLES)
def test_every_example_decodes(kind, text):
    assert DECODERS[kind](text.encode())


@pytest.mark.parametrize(("kind", "text"), EXAMPLES)
def test_every_example_fits_its_schema(kind, text):
    jsonschema.Draft202012Validator(json.loads(schemas()[kind])).validate(json.loads(text))


@pytest.mark.parametrize("name", schemas())
def test_every_schema_is_one(name):
    jsonschema.Draft202012Validator.check_schema(json.loads(schemas()[name]))


def test_a_schema_refuses_what_the_service_refuses():
    validator = jsonschema.Draft202012Validator(json.loads(schemas()["scan"]))
    assert not validator.is_valid(
        {"time": "2026-07-26T17:30:00Z", "sequence": 1, "detections": [{"range_m": -1, "azimuth_deg": 0}]}
    )
    assert not validator.is_valid({"time": "2026-07-26T17:30:00Z", "detections": []})


def test_every_kind_of_message_has_an_example_and_a_section():
    assert {kind for kind, _ in EXAMPLES} == set(MESSAGES) - {"tracks"}


@pytest.mark.parametrize("name", TOPICS)
def test_every_topic_stands_in_the_table(name):
    row = TOPICS[name]
    line = next(line for line in PAGE.splitlines() if line.startswith(f"| `{row.path}` |"))
    direction, qos, retained = [cell.strip() for cell in line.split("|")[2:5]]
    assert direction == row.direction
    assert qos in {str(row.qos), "0 or 1"}
    assert (retained.split(",")[0] == "yes") is row.retained


@pytest.mark.parametrize("kind", [Track, Alert, ZoneState, StatusMessage])
def test_every_field_is_explained(kind):
    for field in msgspec.structs.fields(kind):
        assert f"`{field.encode_name}`" in PAGE or f'"{field.encode_name}"' in PAGE, field.encode_name


@pytest.mark.parametrize("counter", [*COUNTERS, *QUANTILES, "alerts_raised"])
def test_every_counter_is_explained(counter):
    assert f"`{counter}`" in PAGE


def test_the_generated_pages_are_fresh():
    """`make docs` writes them."""
    assert (DOCS / "configuration.md").read_text(encoding="utf-8") == configuration_page()
    for name, schema in schemas().items():
        assert (DOCS / "schema" / f"{name}.json").read_bytes() == schema + b"\n", name


def test_the_configuration_s_schema_fits_the_example_site():
    path = Path(__file__).parents[1] / "simulators" / "scenarios" / "eiffel_tower_site.toml"
    load(path, {})
    jsonschema.Draft202012Validator(json.loads(schemas()["configuration"])).validate(
        tomllib.loads(path.read_text(encoding="utf-8"))
    )


@pytest.mark.parametrize("page", sorted(DOCS.rglob("*.md"), key=str), ids=lambda page: page.name)
def test_every_link_leads_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), target
