"""CAT062 and CAT065 as we tell them, read by libasterix and over a real socket."""

import asyncio
import math
import socket
import zlib
from datetime import timedelta

import pyproj
import pytest
from asterix import base, generated
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from fusion.config import Config
from fusion.config_edge import Outlet as Settings
from fusion.config_edge import faults_of_outlet
from fusion.messages import PictureMessage, StatusMessage, TrackMessage, WireCovariance, WireIdentity, WirePosition, WireVelocity
from fusion.transport.outputs import outlets_of
from fusion.transport.outputs.asterix import AsterixWriter, Numbers
from sensors.asterix import records
from tests.scene import CONFIG
from tests.transport.test_cot import NOW, TRACK


def configured(**more) -> Settings:
    return Settings(
        **{"name": "atc", "kind": "asterix", "url": "udp://127.0.0.1:8600", "withhold": (), "sac": 8, "sic": 200} | more
    )


def writer(**more) -> AsterixWriter:
    return AsterixWriter(configured(**more), CONFIG)


def told(writer, *messages) -> list:
    return [read(writer.write(one)) for message in messages for _, one in writer.tell(message)]


def read(payload: bytes):
    (raw,) = base.RawDatablock.parse(base.Bits.from_bytes(payload))
    spec = {62: generated.Cat_062_1_20, 65: generated.Cat_065_1_5}[raw.get_category()]
    found = spec.cv_uap.parse(raw.get_raw_records())
    assert not isinstance(found, ValueError), found
    (record,) = found
    assert record.unparse().to_bytes() == payload[3:]  # to the bit
    return record


def part(record, item: str, *path: str):
    found = record.get_item(item).variation
    for name in path:
        found = found.get_item(name).variation
    return found


def quantity(record, unit: str, item: str, *path: str) -> float:
    return part(record, item, *path).content.as_quantity(unit)


def number(record, item: str, *path: str) -> int:
    return part(record, item, *path).unparse().to_uinteger()


def test_a_track_has_its_place_motion_and_errors():
    (record,) = told(writer(), TrackMessage(track=TRACK.track, state=TRACK))
    assert (number(record, "010", "SAC"), number(record, "010", "SIC"), number(record, "015")) == (8, 200, 1)
    assert quantity(record, "s", "070") == 17.5 * 3600
    assert quantity(record, "°", "105", "LAT") == pytest.approx(48.8583, abs=180 / 2**26)
    assert quantity(record, "°", "105", "LON") == pytest.approx(2.2944, abs=180 / 2**26)
    _, _, away = pyproj.Geod(ellps="WGS84").inv(2.2945, 48.8582, 2.2944, 48.8583)
    assert math.hypot(quantity(record, "m", "100", "X"), quantity(record, "m", "100", "Y")) == pytest.approx(away, abs=0.5)
    assert (quantity(record, "m/s", "185", "VX"), quantity(record, "m/s", "185", "VY")) == (3.0, -1.0)
    assert quantity(record, "ft", "130") * 0.3048 == pytest.approx(165.0, abs=3.125 * 0.3048)
    assert quantity(record, "FL", "135", "CTB") * 30.48 == pytest.approx(120.4, abs=12.5 * 0.3048)
    assert quantity(record, "ft/min", "220") * 0.3048 / 60 == pytest.approx(0.2, abs=0.016)
    assert quantity(record, "m", "500", "APC", "X") == pytest.approx(math.sqrt(40.0), abs=0.25)
    assert quantity(record, "m", "500", "COV") ** 2 == pytest.approx(30.0, abs=3.0)
    assert quantity(record, "ft", "500", "AGA") * 0.3048 == pytest.approx(5.0, abs=1.0)


@settings(max_examples=40, deadline=None)
@given(
    latitude=st.floats(-89, 89), longitude=st.floats(-180, 180), altitude=st.floats(-500, 30_000), speed=st.floats(-600, 600),
    error=st.floats(0.0, 1e9), status=st.sampled_from(["tentative", "confirmed", "coasting"]), called=st.text(max_size=10),
)  # fmt: skip
def test_any_track_is_written_to_the_bit(latitude, longitude, altitude, speed, error, status, called):
    track = replace(
        TRACK, status=status, identity=WireIdentity(icao24="39ac45", callsign=called, strength="claimed"),
        position=WirePosition(latitude_deg=latitude, longitude_deg=longitude, altitude_hae_m=altitude, altitude_amsl_m=altitude, height_agl_m=altitude),
        velocity=WireVelocity(east_mps=speed, north_mps=-speed, up_mps=speed / 10),
        covariance=WireCovariance(position_m2=((error, -error / 2, 0), (-error / 2, error, 0), (0, 0, error)), velocity_m2ps2=((error, 0, 0), (0, error, 0), (0, 0, error))),
    )  # fmt: skip
    (record,) = told(writer(), TrackMessage(track=track.track, state=track))
    assert number(record, "080", "CNF") == (status == "tentative")
    assert quantity(record, "°", "105", "LAT") == pytest.approx(latitude, abs=180 / 2**26 + 1e-12)


def test_a_track_says_when_it_is_new_coasting_of_one_sensor_and_over():
    one = writer()
    (first,) = told(one, TrackMessage(track=TRACK.track, state=TRACK))
    assert (number(first, "080", "MON"), number(first, "080", "TSB")) == (1, 1)
    both = replace(
        TRACK, status="coasting", sensors={"radar-1": NOW, "adsb": NOW - timedelta(seconds=2)}, updated=NOW - timedelta(seconds=1)
    )
    (again,) = told(one, PictureMessage(site="paris", time=NOW, tracks=(both,)))
    assert (number(again, "080", "MON"), number(again, "080", "TSB"), number(again, "080", "CST")) == (0, 0, 1)
    assert [quantity(again, "s", "290", kind) for kind in ("TRK", "PSR", "ES")] == [1.0, 0.0, 2.0]
    (last,) = told(one, TrackMessage(track=TRACK.track))
    assert (number(last, "080", "TSE"), number(last, "040")) == (1, number(first, "040"))
    assert told(one, TrackMessage(track=TRACK.track)) == []


def test_numbers_are_the_same_after_a_restart_and_rest_before_another_has_them():
    first, second = Numbers(), Numbers()
    names = [f"01K1J3ZK6Q8WZ2C5R0V9M4T{i:03d}" for i in range(2000)]
    given_ = [first.of(name, 0.0)[0] for name in names]
    assert len(set(given_)) == 2000
    assert sum(second.of(name, 0.0)[0] == one for name, one in zip(names, given_, strict=True)) == 2000
    first.free(names[0], 0.0)
    namesake = next(name for name in map(str, range(1_000_000)) if zlib.crc32(name.encode()) % 65_536 == given_[0])
    assert first.of(namesake, 59.0)[0] != given_[0]
    first.free(namesake, 59.0)
    assert first.of(namesake, 61.0)[0] == given_[0]


def test_who_is_withheld_is_told_no_more():
    one = writer(withhold=("friendly", "identity"))
    named = replace(TRACK, identity=WireIdentity(icao24="39ac45", callsign="SAMU31", strength="claimed"), verdict="unknown")
    (record,) = told(one, TrackMessage(track=TRACK.track, state=named))
    assert record.get_item("380") is None
    (over,) = told(one, TrackMessage(track=TRACK.track, state=replace(named, verdict="friendly")))
    assert number(over, "080", "TSE") == 1


@pytest.mark.parametrize(("state", "nogo"), [("online", 0), ("degraded", 1)])
def test_every_status_is_a_heartbeat(state, nogo):
    status = StatusMessage(site="paris", state=state, time=NOW, tracks={}, alerts=0, sensors={}, counters={})
    (record,) = told(writer(), status)
    assert (number(record, "000"), number(record, "040", "NOGO"), quantity(record, "s", "030")) == (1, nogo, 17.5 * 3600)


def test_it_arrives_as_a_datagram(tmp_path):
    async def body():
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear:
            ear.bind(("127.0.0.1", 0))
            ear.setblocking(False)
            url = f"udp://127.0.0.1:{ear.getsockname()[1]}"
            (outlet,) = outlets_of(Config(site=CONFIG.site, output=(configured(url=url),)), tmp_path, lambda: ())
            task = asyncio.create_task(outlet.run())
            outlet.take(TrackMessage(track=TRACK.track, state=TRACK))
            async with asyncio.timeout(10):
                payload = await asyncio.get_running_loop().sock_recv(ear, 65_536)
            task.cancel()
        return payload

    ((category, body_),) = records.blocks(asyncio.run(body()))
    (items,) = records.records(category, body_)
    assert set(items) == {"010", "015", "040", "060", "070", "080", "100", "105", "130", "135", "185", "200", "220", "290", "500"}


def test_only_datagrams_carry_it():
    ((key, said),) = faults_of_outlet(configured(url="tcp://127.0.0.1:1"))
    assert (key, "cannot be told in ASTERIX; expected udp://host:port" in said) == ("url", True)
