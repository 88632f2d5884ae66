"""ASTERIX, judged by asterix_decoder (GPL, of the same import name as libasterix) in a process and an environment of its own."""

from __future__ import annotations

import json
import math
import random
import subprocess
from pathlib import Path

import pytest
from msgspec.structs import replace

from fusion.messages import TrackMessage
from tests.adapters.test_asterix import NOW, PLOT, radar, records, scan_of
from tests.adapters.test_asterix_incs import PLACE as INCS_PLACE
from tests.adapters.test_asterix_incs import PLOT as INCS_PLOT
from tests.adapters.test_asterix_incs import written
from tests.transport.test_asterix_out import TRACK, writer

JUDGE = Path(__file__).parents[2] / ".judges" / "asterix" / "bin" / "python"
"""`make test-deep` makes it."""

pytestmark = pytest.mark.deep


def judged(payloads: list[bytes]) -> list[list[dict]]:
    assert JUDGE.exists(), "asterix_decoder is not there: `make test-deep` installs it"
    lines = "".join(f"{payload.hex()}\n" for payload in payloads)
    done = subprocess.run(
        [JUDGE, Path(__file__).with_name("asterix_judge.py")],
        input=lines,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def value(record: dict, item: str, *path: str):
    found = record[f"I{item}"]
    for name in path:
        found = found[name]
    return found["val"]


def test_a_thousand_plots_have_our_figures():
    chance, ear = random.Random(7), radar()
    told = [PLOT.__class__(**{name: getattr(PLOT, name) for name in PLOT.__struct_fields__} | {
        "range": chance.uniform(100, 90_000), "azimuth": chance.uniform(0, math.tau), "elevation": chance.uniform(0, 0.05), "id": str(number)
    }) for number in range(1000)]  # fmt: skip
    payloads = [ear.adapter.encode(ear.station, scan_of(one)) for one in told]
    for one, found, payload in zip(told, judged(payloads), payloads, strict=True):
        plot, north = found
        assert (
            plot["category"],
            north["category"],
            value(north, "000", "MessageType" if "MessageType" in north["I000"] else next(iter(north["I000"]))),
        ) == (48, 34, 1)
        assert value(plot, "040", "RHO") * 1852.0 == pytest.approx(one.range, abs=1852 / 512 + 1e-6)
        assert abs(math.remainder(math.radians(value(plot, "040", "THETA")) - one.azimuth, math.tau)) < math.tau / 131072 + 1e-9
        assert value(plot, "161", "Tn" if "Tn" in plot["I161"] else next(iter(plot["I161"]))) == int(one.id)
        assert value(plot, "140", "ToD") == pytest.approx(NOW / 1e9 % 86400, abs=1 / 128)
        assert len(records.blocks(payload)) == 2


def test_a_track_has_our_figures():
    one = writer()
    ((_, track),) = one.tell(TrackMessage(track=TRACK.track, state=TRACK))
    ((record,),) = judged([one.write(track)])
    assert record["category"] == 62
    assert value(record, "105", "Lat") == pytest.approx(48.8583, abs=180 / 2**26)
    assert value(record, "105", "Lon") == pytest.approx(2.2944, abs=180 / 2**26)
    assert (value(record, "185", "Vx"), value(record, "185", "Vy")) == (3.0, -1.0)
    assert value(record, "070", "ToT") == 17.5 * 3600


def test_a_thousand_plots_of_cat015_have_our_figures():
    chance = random.Random(8)
    told = [
        replace(
            INCS_PLOT,
            range=chance.uniform(1, 400_000),
            azimuth=chance.uniform(0, 6.28),
            elevation=chance.uniform(-1.5, 1.5),
            range_rate=chance.uniform(-300, 300),
            sigma_range=chance.uniform(0.2, 300),
            id=str(number),
        )
        for number in range(1000)
    ]
    for one, (plot,) in zip(told, judged([written(one) for one in told]), strict=True):
        assert plot["category"] == 15
        assert value(plot, "000", "MT") == 1
        assert value(plot, "161", "TrkN") == int(one.id)
        assert value(plot, "145", "ToA") == pytest.approx(NOW / 1e9 % 86400, abs=1 / 128)
        assert value(plot, "625", "R", "RNG") == pytest.approx(one.range, abs=0.051)
        assert value(plot, "625", "SD_R", "SD_R") == pytest.approx(one.sigma_range, abs=0.051)
        assert value(plot, "625", "RR", "RR") == pytest.approx(one.range_rate, abs=0.051)
        assert (
            abs(math.remainder(math.radians(value(plot, "627", "Az", "Az")) - one.azimuth, math.tau)) < math.tau / 131072 + 1e-9
        )
        upward = math.remainder(value(plot, "628", "El", "El"), 180.0)  # the judge forgets that these are in two's complement
        assert upward == pytest.approx(math.degrees(one.elevation), abs=180 / 131072 + 1e-9)
        assert value(plot, "627", "SD_Az", "SD_Az") == pytest.approx(math.degrees(one.sigma_azimuth), abs=45 / 131072 + 1e-9)


def test_a_place_of_cat015_has_our_figures():
    ((place,),) = judged([written(INCS_PLACE)])
    assert (value(place, "600", "P84", "Lat"), value(place, "600", "P84", "Lon")) == pytest.approx(
        (48.8583, 2.2944), abs=180 / 2**31
    )
    assert (value(place, "600", "HPP", "SD_HPx"), value(place, "600", "HPP", "SD_HPy")) == (6.5, 6.5)
    assert (value(place, "601", "GH", "GH"), value(place, "601", "SD_GH", "SD_GH")) == pytest.approx((165.5, 9.0), abs=0.005)
    assert (value(place, "602", "HV", "HVx"), value(place, "602", "HV", "HVy")) == pytest.approx((3.0, -1.25), abs=0.005)
    assert value(place, "604", "VV", "VV") == pytest.approx(0.2, abs=0.005)
