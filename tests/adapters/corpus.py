"""The corpus: what our encoders write of a few things that are told here, and where it is kept.

`python -m tests.adapters.corpus` writes it anew; a test asks that it is still what the encoders write and the decoders read.
Each line is a name, a format and the payload in hexadecimal.
"""

from __future__ import annotations

import math
from pathlib import Path

from msgspec.structs import replace

from fusion.messages import Bearing, Identity, Polar, Position, Scan
from sensors.mavlink import frames
from sensors.odid import ble, messages, wifi
from sensors.odid.french import Signalement
from sensors.odid.messages import Authentication, BasicId, Location, OperatorId, SelfId, System
from tests.adapters.stations import NOW, Ear

DATA = Path(__file__).parent / "data"

ADDRESS = "02:56:00:00:00:01"
SERIAL = BasicId(id_type=1, ua_type=2, uas_id="1581F45T7229DMK001AB")
PLACE = Location(
    status=2,
    direction_deg=237,
    speed_mps=12.25,
    climb_mps=-1.5,
    latitude_e7=488_582_000,
    longitude_e7=22_945_000,
    pressure_altitude_m=120.0,
    geodetic_altitude_m=165.5,
    height_m=80.0,
    horizontal_class=10,
    vertical_class=4,
    speed_class=3,
    tenths=18_000,
    tenths_class=1,
)
OPERATOR = OperatorId(id_type=0, operator_id="FRA4k8m2x7q9w1e3")
PILOT = System(operator_place=1, classification=1, latitude_e7=488_600_000, longitude_e7=22_900_000, category=1, class_=2)
ALL = [SERIAL, PLACE, SelfId(text_type=0, text="inspection of a roof"), PILOT, OPERATOR]
FAST = Location(
    status=3,
    direction_deg=0,
    speed_mps=200.25,
    latitude_e7=-10,
    longitude_e7=1_799_999_999,
    height_m=30.0,
    height_above_ground=True,
)
BARE_PLACE = Location(latitude_e7=488_582_000, longitude_e7=22_945_000)
SIGNALEMENT = Signalement(
    french_id="VGITST0000000000000000000000A1", serial="1581F45T7229DMK001AB", latitude=4_885_820, longitude=229_450, altitude=121, height=80,
    home_latitude=4_886_000, home_longitude=229_000, speed=12, course=237,
)  # fmt: skip

ODID = {
    "basic_id": ("odid", messages.encode(SERIAL)),
    "basic_id_session": ("odid", messages.encode(BasicId(id_type=4, ua_type=1, uas_id="01" + "a5" * 19))),
    "location": ("odid", messages.encode(PLACE)),
    "location_fast": ("odid", messages.encode(FAST)),
    "location_unknown": ("odid", messages.encode(Location())),
    "location_nothing_else": ("odid", messages.encode(BARE_PLACE)),
    "authentication": ("odid", messages.encode(Authentication(content=bytes(range(24))))),
    "self_id": ("odid", messages.encode(ALL[2])),
    "system": ("odid", messages.encode(PILOT)),
    "operator_id": ("odid", messages.encode(OPERATOR)),
    "pack": ("odid", messages.encode_pack(ALL)),
    "pack_of_2019": ("odid", messages.encode_pack(ALL, version=0)),
    "service_data": ("odid", b"\x0d\x07" + messages.encode(PLACE)),
    "bluetooth_4": ("odid_ble", ble.encode(ADDRESS, messages.encode(SERIAL), 9)),
    "bluetooth_5": ("odid_ble", ble.encode(ADDRESS, messages.encode_pack(ALL), 10)),
    "beacon": ("odid_wifi", wifi.encode_beacon(ADDRESS, messages.encode_pack(ALL), counter=11)),
    "beacon_checked": ("odid_wifi", (frame := wifi.encode_beacon(ADDRESS, messages.encode_pack(ALL))) + wifi.check(frame)),
    "beacon_french": ("odid_wifi", wifi.encode_beacon(ADDRESS, None, SIGNALEMENT)),
    "beacon_both": ("odid_wifi", wifi.encode_beacon(ADDRESS, messages.encode_pack(ALL), SIGNALEMENT)),
    "beacon_of_a_house": ("odid_wifi", wifi.encode_beacon("aa:bb:cc:dd:ee:ff", None)),
    "nan": ("odid_wifi", wifi.encode_nan(ADDRESS, messages.encode_pack(ALL), 12)),
    "nan_with_radiotap": (
        "odid_wifi",
        bytes.fromhex("00000900020000 0010".replace(" ", ""))
        + (seen := wifi.encode_nan(ADDRESS, messages.encode_pack(ALL)))
        + wifi.check(seen),
    ),
}

AIRCRAFT = Position(
    time=NOW - 250_000_000, latitude=math.radians(48.85), longitude=math.radians(2.3), altitude=304.8, velocity=(50.0, 0.0, 3.0), classes={"manned": 1.0},
    sigma_horizontal=12.0, sigma_vertical=20.0, sigma_velocity=1.0, identity=Identity(icao24="39ac45", callsign="SAMU31", registration="F-HSAM"),
)  # fmt: skip
UNNAMED = Position(time=NOW, id="2ac0ff", latitude=math.radians(48.9), longitude=math.radians(2.4), sigma_horizontal=60.0)
SKY = Scan(sensor="s", time=NOW, received=NOW, sequence=1, detections=(AIRCRAFT, UNNAMED))

ADSB = {f"sky_{format_}": (format_, (ear := Ear(format_)).adapter.encode(ear.station, SKY)) for format_ in ("readsb", "sbs")}

ECHO = Polar(time=NOW, id="91", range=1523.4, azimuth=math.radians(211.7), elevation=0.07, sigma_range=10.0, sigma_azimuth=0.005)
HEARD = Bearing(time=NOW, id="7", azimuth=math.radians(208.12), sigma_azimuth=0.05, emitter="OcuSync")

POLAR = Polar(
    time=NOW, range=812.5, azimuth=1.2, elevation=0.1, sigma_range=5.0, sigma_azimuth=0.01, sigma_elevation=0.02, id="t-7"
)
SIGHTED = Bearing(
    time=NOW, id="12", azimuth=6.1, elevation=0.21, sigma_azimuth=0.003, sigma_elevation=0.002, classes={"3": 0.8}, snr_db=14.0
)
FOLLOWED = replace(AIRCRAFT, id="77", identity=None, classes=None)


ASTERIX = {
    name: ("asterix", (ear := Ear("asterix")).adapter.encode(ear.station, replace(SKY, detections=(one,))))
    for name, one in (("cat048", ECHO), ("cat021", AIRCRAFT), ("cat205", HEARD))
} | {
    f"cat015_{name}": ("asterix_015", (ear := Ear("asterix_015")).adapter.encode(ear.station, replace(SKY, detections=(one,))))
    for name, one in (("plot", POLAR), ("bearing", SIGHTED), ("place", FOLLOWED))
}


BEARING = Bearing(time=NOW, azimuth=6.1, sigma_azimuth=0.09, classes={"multirotor": 0.7, "bird": 0.3})
SAPIENT = {
    name: ("sapient", (ear := Ear("sapient")).adapter.encode(ear.station, Scan(sensor="s", time=NOW, received=NOW, sequence=1, detections=(seen,))))
    for name, seen in {"range_bearing": POLAR, "bearing": BEARING, "location": AIRCRAFT}.items()
}  # fmt: skip

COT = {name: ("cot", (ear := Ear("cot")).adapter.encode(ear.station, SKY)) for name in ("sky",)}

DRONE = replace(
    AIRCRAFT, identity=Identity(serial="1581F45T7229DMK001AB", operator="FRA4k8m2x7q9w1e3"), classes={"multirotor": 1.0}
)


def _vehicle(kind: int, *fields: object) -> bytes:
    return frames.encode(frames.Message(7, kind, fields))


MAVLINK = {
    "navigation": ("mavlink", _vehicle(frames.GLOBAL_POSITION_INT, 5_000, 488_582_000, 22_945_000, 121_500, 80_000, 300, -400, 50, 9_000)),
    "pack": ("mavlink", (ear := Ear("mavlink")).adapter.encode(ear.station, Scan(sensor="s", time=NOW, received=NOW, sequence=1, detections=(DRONE,)))),
}  # fmt: skip

RECEIVERS = {
    f"drone_{format_}": (format_, (ear := Ear(format_)).adapter.encode(ear.station, Scan(sensor="s", time=NOW, received=NOW, sequence=1, detections=(DRONE,))))
    for format_ in ("dronescout", "dragonsync")
}  # fmt: skip

MISB = {"aircraft": ("misb", (ear := Ear("misb")).adapter.encode(ear.station, Scan(sensor="s", time=NOW, received=NOW, sequence=1, detections=(AIRCRAFT,))))}  # fmt: skip

CASES = {
    "odid": ODID,
    "adsb": ADSB,
    "asterix": ASTERIX,
    "cot": COT,
    "sapient": SAPIENT,
    "mavlink": MAVLINK,
    "receivers": RECEIVERS,
    "misb": MISB,
}


def lines(kind: str) -> str:
    """Write a kind's part of the corpus."""
    return "".join(f"{name} {format_} {payload.hex()}\n" for name, (format_, payload) in CASES[kind].items())


def read(kind: str) -> dict[str, tuple[str, bytes]]:
    """Read a kind's part of the corpus as it is kept."""
    rows = [line.split(" ") for line in (DATA / kind / "payloads.txt").read_text(encoding="ascii").splitlines()]
    return {name: (format_, bytes.fromhex(payload)) for name, format_, payload in rows}


if __name__ == "__main__":
    for kind in CASES:
        (DATA / kind).mkdir(parents=True, exist_ok=True)
        (DATA / kind / "payloads.txt").write_text(lines(kind), encoding="ascii")
