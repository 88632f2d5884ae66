"""Counts of crowds are read strictly, kept by cell, and worth less the older they are."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fusion.config_rules import Exposure as ExposureTable
from fusion.errors import DecodeError
from fusion.messages import SECOND
from fusion.zones.crowds import Counted, decode_crowd
from fusion.zones.exposure import Exposure

FULL = ExposureTable()
START = 1_785_087_000 * SECOND
CELL = {"cell": "north", "latitude_deg": 48.9256, "longitude_deg": 2.3601, "radius_m": 40, "count": 340, "confidence": 0.8}


def payload(*cells, **more):
    return json.dumps({"time": "2026-07-26T17:30:00Z", "cells": cells} | more).encode()


def counted(count, second, cell="north"):
    return Counted(
        cell=cell, time=START + round(second * SECOND), latitude=0.85, longitude=0.04, radius=40.0, count=count, confidence=0.8
    )


def test_a_count_is_read_as_it_was_said():
    (one,) = decode_crowd(payload(CELL), START)
    assert (one.cell, one.time, one.count, one.radius, one.confidence) == ("north", START, 340, 40.0, 0.8)
    assert np.degrees([one.latitude, one.longitude]) == pytest.approx([48.9256, 2.3601])


@pytest.mark.parametrize("field", ["image", "images", "identity", "faces", "name", "track", "thumbnail_base64"])
@pytest.mark.parametrize("inside", [True, False])
def test_images_identities_and_whatever_else_refuse_the_whole_and_are_named(field, inside):
    said = payload(CELL | {field: "x"}) if inside else payload(CELL, **{field: "x"})
    with pytest.raises(DecodeError, match=f"unknown field `{field}`.*counts only, images and identities are refused"):
        decode_crowd(said, START)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"count": -1}, r"`int` >= 0 - at `\$.cells\[0\].count`"),
        ({"count": 3.5}, "Expected `int`"),
        ({"confidence": 1.5}, "<= 1.0"),
        ({"radius_m": 0}, "> 0.0"),
        ({"latitude_deg": 91}, "<= 90.0"),
        ({"cell": "a/b"}, "matching regex"),
        ({"latitude_deg": 0, "longitude_deg": 0}, "latitude 0, longitude 0 means unknown"),
        ({"count": None}, "Expected `int`"),
    ],
)
def test_what_cannot_be_is_refused_by_field(change, reason):
    with pytest.raises(DecodeError, match=reason):
        decode_crowd(payload(CELL | change), START)


def test_a_cell_twice_a_time_ahead_and_no_json_are_refused():
    with pytest.raises(DecodeError, match=r"cells\[1\].cell is 'north' again"):
        decode_crowd(payload(CELL, CELL), START)
    with pytest.raises(DecodeError, match=r"time: is 3.0 s ahead"):
        decode_crowd(payload(CELL), START - 3 * SECOND)
    for nonsense in (b"", b"[]", b"\xff\xfe", b"[" * 5000):
        with pytest.raises(DecodeError, match="crowd"):
            decode_crowd(nonsense, START)


@given(st.binary(max_size=200))
def test_nonsense_is_refused_and_never_anything_else(nonsense):
    with pytest.raises(DecodeError):
        decode_crowd(nonsense, START)


def test_a_cell_fills_from_300_and_empties_below_240():
    exposure, seen = Exposure(FULL), []
    for second, count in enumerate([299, 300, 299, 240, 239, 299, 300]):
        exposure.take("camera", (counted(count, second),))
        seen.append(exposure.state(START + second * SECOND)["camera/north"].full)
    assert seen == [False, True, True, True, False, False, True]


def test_a_stale_count_empties_as_a_stand_does_and_no_cell_stays_full_for_ever():
    exposure = Exposure(FULL)
    exposure.take("camera", (counted(600, 0),))
    for age in (0, 60, 240, 287, 289, 480, 900):
        state = exposure.state(START + age * SECOND)["camera/north"]
        assert (state.count, state.age_s) == (600, age)
        assert state.at_least == int(max(600 - 600 / 8 * age / 60, 0))  # eight minutes to the last
        assert state.full is (state.at_least >= 240)
    exposure.take("camera", (counted(250, 500),))
    assert not exposure.state(START + 500 * SECOND)["camera/north"].full  # it had gone; 250 alone do not fill it


def test_an_older_count_changes_nothing_and_cells_are_each_sensors_own():
    exposure = Exposure(FULL)
    assert exposure.take("a", (counted(10, 5), counted(20, 5, "south"))) == 0
    assert exposure.take("a", (counted(99, 5), counted(21, 6, "south"))) == 1
    assert exposure.take("b", (counted(7, 1),)) == 0
    told = exposure.state(START + 6 * SECOND)
    assert {key: state.count for key, state in told.items()} == {"a/north": 10, "a/south": 21, "b/north": 7}


def test_a_count_of_an_hour_ago_is_forgotten_and_cells_are_bounded():
    exposure = Exposure(FULL)
    exposure.take("a", (counted(10, 0),))
    exposure.take("b", (counted(10, 3601),))
    assert list(exposure.state(START + 3601 * SECOND)) == ["b/north"]
    for i in range(4):
        exposure.take("c", tuple(counted(1, 4000 + i, f"{i}-{k}") for k in range(1000)))
    with pytest.raises(DecodeError, match="4001 cells are kept already; expected 5000 at most"):
        exposure.take("c", tuple(counted(1, 4010, f"9-{k}") for k in range(1000)))
    assert len(exposure.held) == 4001


@given(st.lists(st.tuples(st.integers(0, 900), st.integers(0, 800)), min_size=1, max_size=12), st.integers(0, 500))
def test_whatever_is_counted_a_full_cell_has_240_left_and_one_of_300_is_full(story, later):
    exposure = Exposure(FULL)
    for second, count in sorted(story):
        exposure.take("a", (counted(count, second),))
    newest = exposure.held["a/north"].counted
    state = exposure.state(newest.time + later * SECOND)["a/north"]
    assert not state.full or state.at_least >= 240
    if newest.count >= 300 and later == 0:
        assert state.full
