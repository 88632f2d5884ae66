"""The AsyncAPI document is fresh, valid by AsyncAPI's own parser, whole, and as strict as the service."""

from __future__ import annotations

import json
import re
from pathlib import Path

import jsonschema
import pytest

from fusion.asyncapi import asyncapi
from fusion.topics import TOPICS
from tests.judges import ROOT, judged

DOCUMENT = json.loads(asyncapi())
PAGE = (ROOT / "docs" / "mqtt.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```json (\w+)\n(.*?)```", PAGE, re.DOTALL)
SIGNED = {"permit", "permit_revocation", "zone_switch"}

WARNING = 1
"""Diagnostics of AsyncAPI's parser from 0, an error, to 3, a hint; 2 says that 3.1.0 is newer."""


def validator(message: str, part: str = "") -> jsonschema.Draft7Validator:
    return jsonschema.Draft7Validator({"$ref": f"#/components/messages/{message}/payload{part}", **DOCUMENT})


def test_the_committed_document_is_fresh():
    """`make docs` writes it."""
    assert (ROOT / "docs" / "schema" / "asyncapi.json").read_bytes() == asyncapi() + b"\n"


def test_asyncapi_s_own_parser_finds_no_fault_and_sees_every_topic_the_way_it_goes():
    verdict = judged("asyncapi", asyncapi())
    assert [fault for fault in verdict["faults"] if fault["severity"] <= WARNING] == []
    seen = {(action, address) for _, action, (address,) in verdict["operations"]}
    actions = {"in": "receive", "out": "send"}
    rows = {(actions[row.direction], f"vigie/v1/{{site}}/{row.path}") for row in TOPICS.values()}
    packed = {("receive", f"vigie/v1/{{site}}/sensor/{{sensor}}/{path}/msgpack") for path in ("scan", "raw/{format}")}
    assert seen == rows | packed


def test_the_parser_would_say_what_is_wrong():
    broken = json.loads(asyncapi())
    del broken["channels"]["track"]["parameters"]["track"]
    broken["channels"]["alert"]["messages"]["alert"] = {"$ref": "#/components/messages/nothing"}
    codes = {fault["code"] for fault in judged("asyncapi", json.dumps(broken).encode())["faults"] if fault["severity"] == 0}
    assert "invalid-ref" in codes
    assert any("parameters" in code for code in codes), codes


@pytest.mark.parametrize(("kind", "text"), EXAMPLES)
def test_every_example_of_the_contract_fits_its_message(kind, text):
    validator(kind, "/x-signed" if kind in SIGNED else "").validate(json.loads(text))


def test_a_message_that_the_service_refuses_does_not_fit():
    scan = {"time": "2026-07-26T17:30:00Z", "sequence": 1, "detections": []}
    assert validator("scan").is_valid(scan)
    for wrong in (
        {"sequence": None},
        {"detections": [{"range_m": -1, "azimuth_deg": 0}]},
        {"coverage": {"azimuth_deg": [0, 90, 180]}},
        {"coverage": {"azimuth_deg": [0]}},
        {"coverage": {"azimuth_deg": ["north", "east"]}},
    ):
        assert not validator("scan").is_valid(scan | wrong), wrong
    assert not validator("command").is_valid({"command": "shelve", "who": "m.durand", "why": "later"})
    assert not validator("permit").is_valid("no token")
    assert validator("track_emptied").is_valid("")


@pytest.mark.parametrize("row", [row for row, topic in TOPICS.items() if topic.emptied])
def test_what_an_empty_payload_says_is_told_where_it_may_come(row):
    assert TOPICS[row].retained
    line = next(line for line in PAGE.splitlines() if line.startswith(f"| `{TOPICS[row].path}` |"))
    assert "empty" in line
    assert f"{row}_emptied" in DOCUMENT["channels"][row]["messages"]


def test_the_judges_are_pinned_and_their_lock_file_names_no_address():
    directory = Path(__file__).parent / "npm"
    wanted = json.loads((directory / "package.json").read_text())["dependencies"]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in wanted.values()), wanted
    assert "resolved" not in (directory / "package-lock.json").read_text()
