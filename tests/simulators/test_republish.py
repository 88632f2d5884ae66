"""A recording onto a broker again: every message that was asked for, at its pace, at its times or moved to the present."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import aiomqtt
import msgspec
import pytest

from fusion import recording
from fusion.errors import ConfigError
from fusion.messages import SECOND, RawMessage, nanoseconds
from fusion.replaying import Wanted
from simulators.republish import moved, republish
from tests.e2e.processes import run
from tests.e2e.stage import SITE

START = nanoseconds(datetime(2026, 7, 26, 17, 30, tzinfo=UTC))


def message(second: float, sensor: str = "radar-1", payload: bytes | None = None) -> RawMessage:
    received = START + round(second * SECOND)
    told = (datetime(2026, 7, 26, 17, 30, tzinfo=UTC) + timedelta(seconds=second)).isoformat()
    content = msgspec.json.encode({"time": told, "sequence": int(second * 10), "detections": []})
    topic = f"vigie/v1/paris/sensor/{sensor}/scan"
    return RawMessage(topic=topic, payload=content if payload is None else payload, received=received)


SOME = [message(0.0), message(0.1, "radar-2"), message(0.2), message(0.3, payload=b"\x00 no json"), message(0.4)]


@pytest.fixture
def recorded(tmp_path):
    (tmp_path / "site.toml").write_text(SITE)
    path = tmp_path / "r.jsonl"
    path.write_bytes(b"".join(recording.line_of(item) for item in SOME))
    return Wanted(recording=path, site=tmp_path / "site.toml")


def heard(broker, wanted, count, **how) -> list[tuple[str, bytes]]:
    """Publish, and give what a client that was there before hears."""

    async def body():
        found = []
        async with aiomqtt.Client("127.0.0.1", broker.port) as client:
            await client.subscribe("vigie/v1/paris/#", qos=1)
            options = {"speed": 0.0, "qos": 1, "forever": False, "now": False} | how
            await asyncio.to_thread(republish, wanted, f"127.0.0.1:{broker.port}", **options)
            while len(found) < count:
                one = await anext(client.messages)
                found.append((str(one.topic), one.payload))
            return found

    return run(body())


def test_what_was_recorded_is_heard_again_in_its_order(mosquitto, recorded):
    assert heard(mosquitto, recorded, len(SOME)) == [(one.topic, one.payload) for one in SOME]


def test_a_span_and_a_topic_are_all_that_is_heard(mosquitto, recorded):
    wanted = recorded._replace(begin="0.1", end="0.4", topics=("sensor/radar-1/#",))
    assert heard(mosquitto, wanted, 2) == [(one.topic, one.payload) for one in (SOME[2], SOME[3])]


def test_times_move_to_the_present_together(mosquitto, recorded):
    before = datetime.now(UTC)
    found = heard(mosquitto, recorded, len(SOME), now=True, speed=1.0)
    after = datetime.now(UTC)
    told = [msgspec.json.decode(payload)["time"] for _, payload in found if payload[:1] == b"{"]
    times = [datetime.fromisoformat(one) for one in told]
    assert [round((one - times[0]).total_seconds(), 6) for one in times] == [0.0, 0.1, 0.2, 0.4]
    assert before <= times[0] <= times[-1] <= after
    assert found[3][1] == b"\x00 no json"


def test_a_message_moves_by_nanoseconds_and_says_so_in_microseconds():
    one = moved(message(0.25), 1_500)
    assert one.received == START + SECOND // 4 + 1_500
    assert msgspec.json.decode(one.payload)["time"] == "2026-07-26T17:30:00.250001Z"


@pytest.mark.parametrize(
    ("where", "how", "words"),
    [("h:x", {}, "no port"), ("h", {"speed": -1.0}, "negative"), ("h", {"now": True, "speed": 2.0}, "--now")],
)
def test_what_cannot_be_done_is_refused_before_anything_is_published(recorded, where, how, words):
    with pytest.raises(ConfigError, match=words):
        republish(recorded, where, **({"speed": 1.0, "qos": 0, "forever": False, "now": False} | how))
