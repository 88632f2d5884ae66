"""What is fuzzed: every decoder of what comes from outside, its seeds, and what must hold of whatever it is given.

A decoder is given one payload while it remembers what came before. It raises DecodeError and has changed nothing, or gives a
scan that can be: every value a number within what is possible on earth.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import NamedTuple

import msgspec

import sensors
from fusion.config import Accuracy
from fusion.errors import DecodeError
from fusion.messages import SECOND, Bearing, Measurement, Polar, Position, RawMessage, Scan, Tdoa
from fusion.topics import TopicTree
from fusion.transport.feeds.feed import MOST_BYTES
from fusion.transport.feeds.framing import TooLongError, cutter
from fusion.transport.sapient.session import House, Session
from sensors.adapter import Adapter
from sensors.scan import adapter, to_wire
from tests.adapters import corpus
from tests.adapters.stations import FRAME, NOW, Ear
from tests.sapient_nodes import content, registration, seen, status

EVERYTHING = Accuracy(
    range_m=15.0, azimuth_deg=0.3, elevation_deg=0.5, horizontal_m=8.0, vertical_m=12.0, velocity_mps=1.0, tdoa_s=1e-7
)

LATER = NOW + SECOND // 2
"""ns: when what is fuzzed arrives, after the seeds have."""

CONTRACT = adapter(Polar, Bearing, Position, Tdoa)
"""The scan contract without regard to a sensor's kind."""

LIMITS = {
    "range": (5e-324, 1e6),
    "azimuth": (0.0, math.tau),
    "elevation": (-math.pi / 2.0, math.pi / 2.0),
    "range_rate": (-1_000.0, 1_000.0),
    "latitude": (-math.pi / 2.0, math.pi / 2.0),
    "longitude": (-math.pi, math.pi),
    "altitude": (-1_200.0, 45_800.0),  # m; CAT021 can say 150,000 feet, and a datum's difference
    "velocity": (-4_000.0, 4_000.0),  # m/s an axis; CAT021 can say 3,704
    "sigma_range": (5e-324, 1e5),
    "sigma_azimuth": (5e-324, math.radians(1e5)),
    "sigma_elevation": (0.0, math.radians(1e5)),
    "sigma_range_rate": (0.0, 1e5),
    "sigma_horizontal": (5e-324, 1e5),
    "sigma_vertical": (0.0, 1e5),
    "sigma_velocity": (0.0, 1e5),
    "sigma_tdoa": (5e-324, 1e-3),
    "tdoa": (-1e-3, 1e-3),
    "snr_db": (-200.0, 200.0),
    "rcs_dbsm": (-200.0, 200.0),
}
"""What a value may be at most, whoever tells it; told here once more and not taken from an adapter."""


class Decoder(NamedTuple):
    """One decoder: payloads to begin with, and what gives it a payload and looks at what comes of it."""

    seeds: tuple[bytes, ...]
    one: Callable[[bytes], None]


def _of_adapter(read: Adapter, ear: Ear, seeds: tuple[bytes, ...], *, msgpack: bool = False) -> Decoder:
    """Give an adapter a payload after its seeds: what it refuses leaves no mark in what it remembers."""
    memory = ear.station.memory
    known = msgspec.msgpack.encode(memory)

    def one(payload: bytes) -> None:
        fresh = None if read.memory is None else msgspec.msgpack.decode(known, type=read.memory)
        station = ear.station._replace(memory=fresh)
        try:
            scan = read.decode(station, RawMessage(topic="t", payload=payload, received=LATER), msgpack)
        except DecodeError as error:
            assert str(error), "a refusal says nothing"
            assert msgspec.msgpack.encode(fresh) == known, "a refused payload is remembered"
        else:
            can_be(station, scan)

    return Decoder(seeds, one)


def can_be(station: sensors.Station, scan: Scan) -> None:
    """Ask whether a scan is whole and of this world; what is not told is allowed, what is no number or infinite is not."""
    assert (scan.sensor, scan.received) == (station.sensor.id, LATER)
    for one in scan.detections:
        assert abs(one.time - scan.time) <= 90 * SECOND, one
        for name in one.__struct_fields__:
            _within(name, getattr(one, name), one)
        if one.pilot is not None:
            _within("latitude", one.pilot.latitude, one)
            _within("longitude", one.pilot.longitude, one)
        assert all(0.0 <= share <= 1.0 for share in (one.classes or {}).values()), one
        if isinstance(one, Position):
            assert (one.sigma_vertical > 0.0) == (one.altitude is not None), one


def _within(name: str, value: object, one: Measurement) -> None:
    low, high = LIMITS.get(name, (-math.inf, math.inf))
    numbers = value if isinstance(value, tuple) else (value,)
    assert all(low <= number <= high for number in numbers if isinstance(number, float)), f"{name}: {value!r} in {one}"
    assert all(len(word) <= 200 for word in numbers if isinstance(word, str)), f"{name}: {value!r}"


def _of_stream(framing: str) -> Decoder:
    """Give a cutter what a peer may send, in two pieces or by single bytes: no piece of it makes it keep more than a frame."""

    def one(payload: bytes) -> None:
        if not payload:
            return
        at, stream = payload[0], payload[1:]
        pieces = [stream[:at], stream[at:]] if at else [bytes([byte]) for byte in stream]
        way, given = cutter(framing), 0
        try:
            for piece in pieces:
                frames = way.cut(piece)
                assert all(frames) or framing.startswith("length"), "an empty frame"
                assert all(len(frame) <= MOST_BYTES for frame in frames)
                given += sum(map(len, frames))
        except TooLongError as error:
            assert str(error)
        assert given <= len(stream), "more came out than went in"

    return Decoder(tuple(b"\x20" + stream for stream in _streams(framing)), one)


def _streams(framing: str) -> list[bytes]:
    match framing:
        case "lines":
            return [payload for format_, payload in corpus.ADSB.values() if format_ == "sbs"]
        case "asterix" | "cot" | "mavlink":
            return [payload for _, payload in corpus.CASES[framing].values()]
        case _:
            order = "little" if framing.endswith("le32") else "big"
            return [len(payload).to_bytes(4, order) + payload for _, payload in corpus.SAPIENT.values()]


def _of_sapient_node() -> Decoder:
    """Speak to our fusion node as a node that has registered: a message with a fault gives the core nothing."""
    house = House("22222222-2222-4333-8444-555555555555", FRAME, TopicTree("paris", "vigie/v1"), {}, newcomers=True)
    told = (content(NOW, registration=registration()), content(NOW, statusReport=status()), content(NOW, detectionReport=seen()))
    seeds = tuple(one.SerializeToString() for one in told)
    reader = sensors.BUILT_IN["sapient"]

    def one(payload: bytes) -> None:
        session = Session(house)
        for seed in seeds[:2]:
            assert not session.hear(seed, NOW).faults
        before = {name: (node.sensor, node.status) for name, node in session.nodes.items()}
        heard = session.hear(payload, NOW)
        assert all(answer.SerializeToString() for answer in heard.answers)
        if heard.faults:
            assert not heard.inputs, "a message with a fault reached the core"
            assert {name: (node.sensor, node.status) for name, node in session.nodes.items()} == before
        for message in heard.inputs:
            if message.topic.endswith("/raw/sapient"):
                (node,) = [node for node in session.nodes.values() if f"/{node.sensor.id}/" in message.topic]
                reader.decode(sensors.Station(node.sensor, FRAME), message, False)

    return Decoder(seeds, one)


def _of_format(format_: str) -> Decoder:
    seeds = tuple(payload for kind in corpus.CASES.values() for name, payload in kind.values() if name == format_)
    ear = Ear(format_, EVERYTHING)
    for seed in seeds:
        ear.hear(seed)
    return _of_adapter(ear.adapter, ear, seeds)


def _of_contract(*, msgpack: bool) -> Decoder:
    def written(*detections: Measurement) -> bytes:
        wire = to_wire(Scan(sensor="s", time=NOW, received=NOW, sequence=1, detections=detections))
        return msgspec.msgpack.encode(wire) if msgpack else msgspec.json.encode(wire)

    seeds = (written(corpus.POLAR, corpus.BEARING), written(corpus.DRONE))
    return _of_adapter(CONTRACT, Ear("radar", EVERYTHING), seeds, msgpack=msgpack)


FORMATS = (
    "asterix", "cot", "dragonsync", "dronescout", "mavlink", "misb", "odid", "odid_ble", "odid_wifi", "readsb", "sapient", "sbs",
)  # fmt: skip
FRAMINGS = ("lines", "length-le32", "length-be32", "asterix", "cot", "mavlink")

DECODERS: dict[str, Callable[[], Decoder]] = {
    "scan": functools.partial(_of_contract, msgpack=False),
    "scan_msgpack": functools.partial(_of_contract, msgpack=True),
    **{format_: functools.partial(_of_format, format_) for format_ in FORMATS},
    "sapient_node": _of_sapient_node,
    **{f"stream_{framing}": functools.partial(_of_stream, framing) for framing in FRAMINGS},
}
"""Every decoder by its name, made when it is asked for."""


def _crashing() -> Decoder:
    def one(payload: bytes) -> None:
        if b"!" in payload:
            raise ZeroDivisionError

    return Decoder((b"a word",), one)


def _growing() -> Decoder:
    kept: list[bytes] = []
    return Decoder((b"a word",), lambda payload: kept.append(payload + bytes(200)))


ERRING: dict[str, Callable[[], Decoder]] = {"crashing": _crashing, "growing": _growing}
"""Decoders that err, by which the fuzzing itself is judged."""


def decoder_of(name: str) -> Decoder:
    """Make a decoder."""
    return (DECODERS | ERRING)[name]()
