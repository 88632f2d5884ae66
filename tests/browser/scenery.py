"""One evening at the Eiffel Tower that is the same in every run: what the pictures of the console are taken of.

The server is the real one; its clock stands. What it is told is written here and not reckoned by a tracker, so that a better tracker
changes no picture; the recording alone is played by a core, and holds exact reports.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
from msgspec.structs import replace

import sensors
from fusion import recording
from fusion.config import Console
from fusion.config_file import load
from fusion.console.console import Operating
from fusion.journal import Note
from fusion.messages import (
    SECOND,
    Alert,
    AlertMessage,
    Identity,
    Position,
    RawMessage,
    Scan,
    SensorBias,
    SensorHealth,
    StatusMessage,
    Track,
    TracksMessage,
    WireBearing,
    WireCovariance,
    WireIdentity,
    WirePilot,
    WirePosition,
    WireVelocity,
    nanoseconds,
)
from fusion.topics import TopicTree
from fusion.zones.reasons import SENTENCES
from sensors import Station
from simulators import scenario_file
from simulators.case import write_site
from tests.zones.permit_scenes import CLAIMS, POLICE, pem, token

NOW = datetime(2026, 7, 26, 14, 32, 7, tzinfo=UTC)

ISSUER = '\n[[permits.issuer]]\nname = "police"\nkey = "police.pem"\n'

TOWER = (48.858222, 2.2945)
METRES = 111_195.0  # of a degree of latitude

INTRUDER, BALCONY = "01K1J3ZK6Q8WZ2C5R0V9M4T7XB", "01K1J40A2M5B7C8D9E0F1G2H3J"


def clock() -> int:
    """Tell what time it is: always the same, ns."""
    return nanoseconds(NOW)


def write(directory: Path):
    """Write the site and a recording; give its configuration."""
    write_site(scenario_file.load(scenario_file.find("eiffel_tower")), directory)
    (directory / "police.pem").write_bytes(pem(POLICE))
    with (directory / "site.toml").open("a") as site:
        site.write(ISSUER)
    settings = replace(load(directory / "site.toml", {}), console=Console(port=0))
    settings = replace(settings, mqtt=replace(settings.mqtt, host="127.0.0.1"))
    (directory / "recordings").mkdir()
    (directory / "state").mkdir(exist_ok=True)
    writer = recording.write_to(directory / "recordings" / "trocadero.jsonl")
    for item in _recorded(settings):
        writer.append(item)
    writer.close()
    return settings


STEPS = range(30, -1, -1)
"""Of the last minute, the newest last: tracks every two seconds, and states of sensors as if every twenty."""


def step(console: Operating, steps_ago: int) -> int:
    """Let one step's tracks and states of sensors come; give how old that picture is, ms."""
    console.feed.take(_status(console, 20 * steps_ago))
    console.feed.take(TracksMessage(tracks=tuple(_tracks(2 * steps_ago))))
    return 2000 * steps_ago


def again(console: Operating) -> None:
    """Let a frame come in which nothing moves."""
    console.feed.take(TracksMessage(tracks=tuple(replace(one, existence=0.97) for one in _tracks(0))))


def told(core) -> None:
    """Let everything happen that is remembered: alerts and what was done about them, a permit, notes."""
    for message in _alerts():
        core.say(message)
    number = CLAIMS | {"nbf": nanoseconds(NOW) // SECOND - 3600, "exp": nanoseconds(NOW) // SECOND + 4 * 3600}
    core.retain("permit", token(number), permit="P-417")
    for hours, who, text in NOTES:
        said = msgspec.json.encode({"who": who, "text": text})
        core.journal.write([Note("handover", "", nanoseconds(NOW - timedelta(hours=hours)), said)])


NOTES = (
    (8.5, "a.petit", "Quiet night. rf-2 lost its network from 02:10 to 02:25; the technician is told."),
    (0.4, "k.lefevre", "Open alerts: the drone over the Trocadéro.\nThe police drone stays over the Champ-de-Mars until 18:00."),
)


def _recorded(settings):
    """Give a minute of exact reports: a drone without a permit flies from the Trocadéro to the Tower, another hovers."""
    tree, frame = TopicTree(settings.site.name, settings.mqtt.root), settings.site.frame()
    receiver = next(one for one in settings.sensor if one.id == "remote-id-1")
    station = Station(receiver, frame)
    start = nanoseconds(NOW - timedelta(hours=2))
    for second in range(60):
        time = start + second * SECOND
        flown = (
            (48.8655, 2.2845, 150.0, "1581F5FH7245R00A1B2C", (9.0, -10.0, 0.0)),
            (48.8550, 2.2990, 140.0, "1588EPN26PP75000017", (0, 0, 0)),
        )
        for at, (latitude, longitude, height, serial, (east, north, up)) in enumerate(flown):
            place = Position(
                time=time, latitude=math.radians(latitude + north * second / METRES),
                longitude=math.radians(longitude + east * second / METRES / math.cos(math.radians(latitude))), altitude=height + up * second,
                velocity=(float(east), float(north), float(up)), sigma_horizontal=1.0, sigma_vertical=1.0, sigma_velocity=0.3,
                identity=Identity(serial=serial),
            )  # fmt: skip
            scan = Scan(
                sensor=receiver.id, time=time, received=time + SECOND // 10, sequence=2 * second + at, detections=(place,)
            )
            content = sensors.BUILT_IN[receiver.kind].encode(station, scan)
            yield RawMessage(topic=tree.path("scan", sensor=receiver.id), payload=content, received=scan.received)


# --- The sky: name, m east and north of the Tower at NOW, m/s, height, what it is ---------------------------------------


def _tracks(ago: float):
    """Give every track as it was so many seconds ago."""
    yield _track(
        INTRUDER, (-610, 415), (9, -7), 84, "unauthorised", ago, reasons=("no_identity",), pilot=(48.8662, 2.2788), climb=0.6
    )
    yield _track("01K1J3ZK6Q8WZ2C5R0V9M4T7XC", (520, -420), (-5, 2), 41, "unknown", ago, spread=18.0, reasons=("no_identity",))
    yield _track("01K1J3ZK6Q8WZ2C5R0V9M4T7XD", (1010, 260), (3, 8), 60, "unknown", ago, spread=30.0, reasons=("no_identity",))
    yield _track("01K1J3ZK6Q8WZ2C5R0V9M4T7XE", (-300, -700), (7, 3), 55, "unknown", ago, kind="bird", spread=9.0)
    yield _track(
        "01K1J3ZK6Q8WZ2C5R0V9M4T7XF", (260, -230), (-3, 1), 60, "authorised", ago, identity={"serial": "1588EPN26PP75000017"}
    )
    yield _track(
        "01K1J3ZK6Q8WZ2C5R0V9M4T7XG",
        (-820, -350),
        (28, 34),
        220,
        "friendly",
        ago,
        kind="manned",
        identity={"callsign": "SAMU31", "icao24": "39ac45"},
    )
    yield _track("01K1J3ZK6Q8WZ2C5R0V9M4T7XH", (1240, -560), (4, -4), 70, "unknown", ago, status="coasting", spread=55.0)
    yield _track("01K1J3ZK6Q8WZ2C5R0V9M4T7XJ", (-1150, 60), (1, 2), 35, "unknown", ago, status="tentative", spread=40.0)
    yield _ray(ago)


def _track(
    name, at, speed, height, verdict, ago, *, kind="multirotor", spread=6.0, status="confirmed", identity=None, pilot=None, reasons=(), climb=0.0
):  # fmt: skip
    time = NOW - timedelta(seconds=ago)
    east, north = at[0] - speed[0] * ago, at[1] - speed[1] * ago
    high = height - climb * ago
    square = ((spread**2, spread**2 / 4, 0.0), (spread**2 / 4, spread**2 / 2, 0.0), (0.0, 0.0, 16.0))
    rest = {"other": 0.04, "bird": 0.05, "fixed_wing": 0.03} | {kind: 0.88}
    return Track(
        track=name, site="paris", time=time, status=status, existence=0.98,
        position=WirePosition(
            latitude_deg=TOWER[0] + north / METRES, longitude_deg=TOWER[1] + east / METRES / math.cos(math.radians(TOWER[0])),
            altitude_hae_m=high + 77.6, altitude_amsl_m=high + 33.0, height_agl_m=high,
        ),
        velocity=WireVelocity(east_mps=speed[0], north_mps=speed[1], up_mps=climb), speed_mps=math.hypot(*speed),
        course_deg=math.degrees(math.atan2(*speed)) % 360, covariance=WireCovariance(position_m2=square, velocity_m2ps2=square),
        class_=kind, classes=rest, verdict=verdict, identity=identity and WireIdentity(**identity, strength="corroborated"),
        reasons=tuple(SENTENCES["en"][one] for one in reasons),
        pilot=pilot and WirePilot(latitude_deg=pilot[0], longitude_deg=pilot[1]),
        sensors={"radar-1": time} | ({"radar-2": time - timedelta(seconds=0.4), "rf-1": time - timedelta(seconds=0.8)} if pilot else {}),
        born=NOW - timedelta(seconds=75), updated=time,
    )  # fmt: skip


def _ray(ago: float) -> Track:
    time = NOW - timedelta(seconds=ago)
    return Track(
        track="01K1J3ZK6Q8WZ2C5R0V9M4T7XK", site="paris", time=time, status="confirmed", existence=0.9,
        bearing=WireBearing(sensor="rf-2", azimuth_deg=318.0, sigma_deg=4.0), class_="multirotor", classes={"multirotor": 0.7}, verdict="unknown",
        sensors={"rf-2": time}, born=NOW - timedelta(seconds=40), updated=time,
    )  # fmt: skip


# --- Alerts: every state that a list can show ---------------------------------------------------------------------------


def _reasons(**words: dict[str, object]) -> dict[str, tuple[str, ...]]:
    return {code: tuple(SENTENCES[code][key].format(**given) for key, given in words.items()) for code in ("en", "fr")}


def _alert(name, track, zone, rule, severity, ago, reasons, **more) -> Alert:
    said = _reasons(**reasons)
    return Alert(
        alert=name, site="paris", track=track, zone=zone, rule=rule, severity=severity, state="raised", revision=1,
        raised=NOW - timedelta(seconds=ago), updated=NOW - timedelta(seconds=ago), reasons=said["en"], reasons_in={"fr": said["fr"]}, rules=(rule,), **more,
    )  # fmt: skip


def _later(alert: Alert, ago: float, **changed) -> Alert:
    return replace(alert, revision=alert.revision + 1, updated=NOW - timedelta(seconds=ago), **changed)


def _alerts():
    sky = {one.track: one for one in _tracks(0)}
    yield from _over()
    raised = _alert(
        BALCONY, INTRUDER, "TE-CORE", "predicted_entry", "critical", 12,
        {"entering": {"zone": "TE-CORE", "seconds": 34, "percent": 88}, "no_identity": {}},
        time_to_entry_s=34.0, probability=0.88, track_state=sky[INTRUDER],
    )  # fmt: skip
    warned = _alert(
        "01K1J3WA2M5B7C8D9E0F1G2H3K",
        "01K1J3ZK6Q8WZ2C5R0V9M4T7XC",
        "TE-RING",
        "intrusion",
        "warning",
        47,
        {"inside": {"zone": "TE-RING"}, "no_identity": {}},
    )
    taken = _alert(
        "01K1J3SA2M5B7C8D9E0F1G2H3L",
        "01K1J3ZK6Q8WZ2C5R0V9M4T7XD",
        "TE-RING",
        "intrusion",
        "warning",
        185,
        {"inside": {"zone": "TE-RING"}, "no_identity": {}},
    )
    over = _alert(
        "01K1J3QA2M5B7C8D9E0F1G2H3M",
        "01K1J3ZK6Q8WZ2C5R0V9M4T7XH",
        "LF-P23",
        "loitering",
        "advisory",
        590,
        {"loitering": {"metres": 60, "seconds": 120, "zone": "LF-P23"}},
    )
    shelf = _alert(
        "01K1J3PA2M5B7C8D9E0F1G2H3N",
        "01K1J3ZK6Q8WZ2C5R0V9M4T7XJ",
        "LF-P23",
        "intrusion",
        "advisory",
        640,
        {"inside": {"zone": "LF-P23"}},
    )
    yield from (AlertMessage(alert=one, cause=0) for one in (shelf, over, taken, warned, raised))
    yield AlertMessage(alert=_later(taken, 178, state="acknowledged", acknowledged_by="m.durand"), cause=0)
    yield AlertMessage(alert=_later(over, 300, state="cleared"), cause=0)
    yield AlertMessage(
        alert=_later(
            shelf, 600, state="shelved", shelved_until=NOW + timedelta(minutes=11), notes=("the kite flyer of the quay",)
        ),
        cause=0,
    )


def _over():
    """Give what is over, the oldest first: for the history."""
    for k in range(18):
        name, ago, zone = f"{k:02}2M5B7C8D9E0F1G2H3P", 1800 + 2900 * (17 - k), "TE-RING" if k % 3 else "LF-P23"
        severity = ("critical", "warning", "advisory", "advisory")[k % 4]
        raised = _alert(
            f"01K1H0{name}",
            f"01K1H06Q8WZ2C5R0V9M4T7X{chr(65 + k)}{k % 10}",
            zone,
            "intrusion",
            severity,
            ago,
            {"inside": {"zone": zone}},
        )
        closed = _later(raised, ago - 60, state="closed", acknowledged_by="k.lefevre")
        yield from (
            AlertMessage(alert=raised, cause=0),
            AlertMessage(alert=closed, cause=0),
            AlertMessage(alert=closed, cause=0, archived=True),
        )


# --- Sensors ------------------------------------------------------------------------------------------------------------


def _status(console: Operating, ago: float) -> StatusMessage:
    since = (600 - ago) / 20
    found = {}
    for at, sensor in enumerate(console.config.sensor):
        rate = 1.0 / (sensor.period_s or 1.0)
        poor = sensor.id == "rf-2" and ago < 240
        pause = 3.0 * math.sin(since / 3.0 + at)
        found[sensor.id] = SensorHealth(
            state="silent" if sensor.id == "camera-2" else "degraded" if poor else "online", scans=round(since * 20 * rate), rejected=0, duplicates=0, gaps=2 * poor,
            detections=0 if sensor.id == "camera-2" else round(since * (12 + 3 * at) + pause), late=0, age_s=95.0 if sensor.id == "camera-2" else 0.3, latency_s=1.9 if poor else 0.08 + 0.03 * at,
            rate_hz=0.0 if sensor.id == "camera-2" else 0.6 if poor else rate, bias=SensorBias(azimuth_deg=0.8 - 0.2 * at, azimuth_sigma_deg=0.15, range_m=2.1, range_sigma_m=1.2) if sensor.kind == "radar" else None,
        )  # fmt: skip
    return StatusMessage(
        site="paris",
        version="0.1.0",
        time=NOW - timedelta(seconds=ago),
        tracks={"confirmed": 6, "tentative": 1, "coasting": 1},
        alerts=5,
        sensors=found,
        counters={},
    )
