"""Payloads and topics that must be refused, in great variety; each says nothing that anyone could mean."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator

from fusion.messages import RawMessage
from tests.e2e.stage import zone

ROOT = "vigie/v1/paris/"
SCAN_TOPIC = ROOT + "sensor/radar-1/scan"
UNPRINTABLE = bytes(range(128, 256))

Chance = random.Random
Nonsense = tuple[str, bytes]


def a_look(chance: Chance, time: str) -> dict:
    """Give a look of radar-1 that would be taken, but for what is done to it."""
    plots = [
        {"range_m": chance.uniform(100, 3000), "azimuth_deg": chance.uniform(0, 360), "elevation_deg": chance.uniform(0, 40)}
        for _ in range(chance.randrange(1, 4))
    ]
    return {"time": time, "boot": "x", "sequence": chance.randrange(10**6), "detections": plots}


WRONG = [None, "x", [], {}, [1], {"a": 1}, True, float("nan"), float("inf"), -float("inf"), 1e308, -1e308, 10**400, "NaN"]
"""What no number of a look can be."""


def truncated(chance: Chance, time: str) -> Nonsense:
    whole = json.dumps(a_look(chance, time)).encode()
    return SCAN_TOPIC, whole[: chance.randrange(1, len(whole))]


def wrong_number(chance: Chance, time: str) -> Nonsense:
    look = a_look(chance, time)
    plot = chance.choice(look["detections"])
    plot[chance.choice(["range_m", "azimuth_deg", "elevation_deg"])] = chance.choice([one for one in WRONG if one is not None])
    return SCAN_TOPIC, json.dumps(look).encode()


def wrong_head(chance: Chance, time: str) -> Nonsense:
    look = a_look(chance, time)
    key, value = chance.choice(
        [
            (
                "time",
                chance.choice([None, 12, "yesterday", "2026-07-26T17:30:00", "2026-13-01T00:00:00Z", "9999-12-31T23:59:59Z", []]),
            ),
            ("sequence", chance.choice([None, -1, 1.5, "7", 10**30, [], {}, True])),
            ("detections", chance.choice([None, 7, "none", {}, [7], ["x"], [[]], [{}], [None]])),
            ("boot", chance.choice([7, [], {}, "x" * 10_000])),
            ("sensor", chance.choice(["radar-2", "", 7, []])),
            ("coverage", chance.choice([7, [], {"range_m": [5]}, {"azimuth_deg": "all"}, {"range_m": ["a", "b"]}])),
        ]
    )
    look[key] = value
    return SCAN_TOPIC, json.dumps(look).encode()


def missing(chance: Chance, time: str) -> Nonsense:
    look = a_look(chance, time)
    if chance.random() < 0.5:
        del look[chance.choice(["time", "sequence", "detections"])]
    else:
        del chance.choice(look["detections"])["azimuth_deg"]
    return SCAN_TOPIC, json.dumps(look).encode()


def binary(chance: Chance, time: str) -> Nonsense:
    topic = chance.choice(
        [SCAN_TOPIC, SCAN_TOPIC + "/msgpack", ROOT + "alert/A/command", ROOT + "sensor/radar-1/status", ROOT + "zone/Z"]
    )
    return topic, bytes([0xC1]) + chance.randbytes(chance.randrange(200)) + bytes([0xFF])


def empty(chance: Chance, time: str) -> Nonsense:
    return chance.choice([SCAN_TOPIC, SCAN_TOPIC + "/msgpack", ROOT + "alert/A/command"]), b""


def deep(chance: Chance, time: str) -> Nonsense:
    depth = chance.choice([50, 500, 5000, 50_000])
    opening, closing = chance.choice([(b"[", b"]"), (b'{"a":', b"}")])
    nested = opening * depth + b"1" + closing * chance.choice([0, depth])
    known = chance.choice([b'{"time":%s}', b'{"detections":%s}', b"%s"])
    topic = chance.choice([SCAN_TOPIC, ROOT + "alert/A/command", ROOT + "zone/Z"])
    return topic, known % nested


def ignored_and_deep(chance: Chance, time: str) -> Nonsense:
    """Bury a look that lacks its time under a field that nobody knows."""
    return SCAN_TOPIC, b'{"unknown":' + b"[" * 3000 + b"]" * 3000 + b',"sequence":1,"detections":[]}'


def unknown_sensor(chance: Chance, time: str) -> Nonsense:
    name = chance.choice(["radar-9", "RADAR-1", "radar-1.", "a" * 64, "none"])
    return ROOT + f"sensor/{name}/{chance.choice(['scan', 'status', 'raw/odid'])}", json.dumps(a_look(chance, time)).encode()


def wrong_topic(chance: Chance, time: str) -> Nonsense:
    topics = [
        "sensor/radar-1/scans", "sensor//scan", "sensor/radar 1/scan", "sensor/" + "x" * 65 + "/scan", "sensor/radar-1/scan/cbor", "sensor/é/scan",
        "sensor/radar-1/raw", "tracks", "picture", "status", "rejected", "track/T", "alert/A", "", "zone/", "zone/a/b", "alert//command", "permit",
        "sensor/radar-1/status/msgpack/msgpack",
    ]  # fmt: skip
    head = chance.choice([ROOT, ROOT, ROOT, "vigie/v2/paris/", "vigie/v1/rome/", "/" + ROOT, ""])
    return head + chance.choice(topics), json.dumps(a_look(chance, time)).encode()


def wrong_format(chance: Chance, time: str) -> Nonsense:
    return ROOT + f"sensor/radar-1/raw/{chance.choice(['odid', 'nonsense', 'x' * 64])}", chance.randbytes(20)


def permit(chance: Chance, time: str) -> Nonsense:
    return ROOT + "permit/P", chance.choice([b"x", b"{}", b"a.b.c", chance.randbytes(30)])


def status(chance: Chance, time: str) -> Nonsense:
    word = chance.choice(['"on"', '""', "7", "null", "[]", "NaN", "{}", '"Online"'])
    return ROOT + f"sensor/{chance.choice(['radar-1', 'radar-2'])}/status", f'{{"state": {word}}}'.encode()


def command(chance: Chance, time: str) -> Nonsense:
    payload = chance.choice(
        [
            {"command": "acknowledge", "who": "m.durand", "why": "no such alert"},
            {"command": "acknowledge"},
            {"command": "acknowledge", "who": ""},
            {"command": "acknowledge", "who": "x" * 129},
            {"command": "shelve", "who": "m.durand", "why": "x", "until": "never"},
            {"command": "shelve", "who": "m.durand", "why": "x", "until": "2026-07-26T17:30:00"},
            {"command": "reject", "who": "m.durand"},
            {"command": "explode", "who": "m.durand", "why": "x"},
            {"command": ["acknowledge"]},
            {"who": "m.durand"},
            ["acknowledge"],
            "acknowledge",
            None,
            7,
        ]
    )
    return ROOT + f"alert/{chance.choice(['A', '01K1J3ZK6Q8WZ2C5R0V9M4T7XB'])}/command", json.dumps(payload).encode()


ZONE_FAULTS: list[Callable[[Chance, dict], object]] = [
    lambda chance, it: it.pop(chance.choice(["type", "properties", "geometry"])),
    lambda chance, it: it["properties"].pop(chance.choice(["identifier", "type", "country"])),
    lambda chance, it: it["properties"].update(identifier=chance.choice(["OTHER", "", 7, None, "a b", "x" * 70])),
    lambda chance, it: it["properties"].update(type=chance.choice(["FORBIDDEN", 7, None])),
    lambda chance, it: it["geometry"].update(type=chance.choice(["LineString", 7, None, ""])),
    lambda chance, it: it["geometry"].update(coordinates=chance.choice([[], [2.0], [200.0, 48.0], [2.0, 98.0], ["a", "b"], None, 7, [None, None]])),
    lambda chance, it: it["geometry"]["extent"].update(radius=chance.choice([-1, 0, "a", None, 1e300, float("nan"), float("inf")])),
    lambda chance, it: it["geometry"]["layer"].update(lower=chance.choice([9e9, "a", float("nan"), 10**400])),
    lambda chance, it: it["geometry"]["layer"].update(uom=chance.choice(["furlong", 7])),
    lambda chance, it: it["geometry"]["layer"].update(upper=-100),
]  # fmt: skip


def broken_zone(chance: Chance, time: str) -> Nonsense:
    feature = json.loads(zone("Z", radius=chance.uniform(10, 3000)))
    chance.choice(ZONE_FAULTS)(chance, feature)
    return ROOT + "zone/Z", json.dumps(feature).encode()


def truncated_zone(chance: Chance, time: str) -> Nonsense:
    whole = zone("Z")
    return ROOT + "zone/Z", whole[: chance.randrange(1, len(whole))]


def mutated(chance: Chance, time: str) -> Nonsense:
    """Put a byte that is no JSON into a look, but not into a key, which would then be an unknown one."""
    whole = bytearray(json.dumps(a_look(chance, time)).encode())
    places = [i for i, byte in enumerate(whole) if byte in b"{}[],:.0123456789"]
    whole[chance.choice(places)] = chance.choice(UNPRINTABLE)
    return SCAN_TOPIC, bytes(whole)


FAMILIES = [
    truncated, wrong_number, wrong_head, missing, binary, empty, deep, ignored_and_deep, unknown_sensor, wrong_topic, wrong_format,
    permit, status, command, broken_zone, truncated_zone, mutated,
]  # fmt: skip


def nonsense(seed: int, times: Iterator[tuple[int, str]]) -> Iterator[RawMessage]:
    """Give refusable messages, one a time: when it was received (ns) and the same as a word."""
    chance = random.Random(seed)
    for received, time in times:
        topic, payload = chance.choice(FAMILIES)(chance, time)
        yield RawMessage(topic=topic, payload=payload, received=received)
