"""Ten thousand messages that mean nothing change nothing: each is refused with a reason, and the picture stays what it was."""

from __future__ import annotations

import asyncio
from collections import Counter

import aiomqtt
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fusion import recording
from fusion.assembly import assemble
from fusion.config_file import load
from fusion.messages import AlertMessage, RawMessage, Rejected, StatusMessage, Tick, TracksMessage, utc
from fusion.payload import payload
from simulators.publish import messages
from tests.e2e.nonsense import FAMILIES, ROOT, nonsense
from tests.e2e.processes import Command, run
from tests.e2e.stage import write
from tests.e2e.witness import flying, witness

COUNT = 10_000


def core(directory):
    return assemble(load(directory / "site.toml", {}), directory)


def said(outputs) -> list[bytes]:
    return [payload(output) for output in outputs if isinstance(output, TracksMessage | AlertMessage)]


@pytest.mark.slow
def test_ten_thousand_messages_of_nonsense_change_nothing(tmp_path):
    stage = write(tmp_path, seconds=14.0)
    stream = list(recording.with_ticks(messages(stage)))
    times = [item.time if isinstance(item, Tick) else item.received for item in stream]
    plain, disturbed = core(tmp_path), core(tmp_path)
    undisturbed = [payload for item in stream for payload in said(plain.feed(item))]

    each = COUNT // len(stream) + 1
    rubbish = nonsense(1, ((time, utc(time).isoformat()) for time in times for _ in range(each)))
    heard, refused, count = [], Counter(), 0
    for item in stream:
        heard += said(disturbed.feed(item))
        for _ in range(each):
            count += 1
            message = next(rubbish)
            outputs = disturbed.feed(message)
            assert outputs, f"not refused: {message}"
            assert all(isinstance(output, Rejected) and output.reason for output in outputs), f"{message}: {outputs}"
            refused[message.topic] += 1
    assert count >= COUNT
    assert heard == undisturbed
    assert len(undisturbed) > 30
    assert any(b"severity" in one for one in undisturbed)

    statuses = [
        output for item in [Tick(time=times[-1] + 10**10)] for output in disturbed.feed(item) if isinstance(output, StatusMessage)
    ]
    rejected = {name: health.rejected for name, health in statuses[0].sensors.items()}
    assert rejected["radar-1"] >= 0.9 * sum(refused[ROOT + f"sensor/radar-1/scan{end}"] for end in ("", "/msgpack"))


@pytest.mark.slow
def test_nonsense_leaves_no_mark_in_the_state(tmp_path):
    """After it, the core is what it would be without, but for having counted it."""
    stage = write(tmp_path, seconds=4.0)
    stream = list(recording.with_ticks(messages(stage)))
    plain, disturbed = core(tmp_path), core(tmp_path)
    for item in stream:
        plain.feed(item)
        disturbed.feed(item)
        for message in nonsense(2, ((disturbed.now, utc(disturbed.now).isoformat()) for _ in range(20))):
            disturbed.feed(message)
    disturbed.intake.records = {
        name: msgspec.structs.replace(record, rejected=plain.intake.records[name].rejected)
        for name, record in disturbed.intake.records.items()
    }
    disturbed.permits.refused = 0
    assert disturbed.snapshot() == plain.snapshot()


TOPICS = st.sampled_from(
    ["sensor/radar-1/scan", "sensor/radar-1/scan/msgpack", "sensor/radar-1/status", "sensor/radar-1/raw/adsb", "zone/Z", "alert/A/command", "permit/P"]
)  # fmt: skip
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
KEYS = st.sampled_from(
    ["time", "sequence", "detections", "range_m", "azimuth_deg", "latitude_deg", "longitude_deg", "sigma", "state", "command", "who", "properties",
     "geometry", "coordinates", "type", "layer", "extent", "offset_s", "velocity_mps", "identity", "class", "coverage"]
)  # fmt: skip
TREES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=6), max_leaves=25)


@pytest.fixture(scope="module")
def patient(tmp_path_factory):
    """Give a core that hears whatever hypothesis thinks of."""
    directory = tmp_path_factory.mktemp("patient")
    write(directory)
    return core(directory)


@given(topic=TOPICS, body=st.binary(max_size=200) | TREES.map(msgspec.json.encode))
def test_no_payload_at_all_brings_the_core_down(patient, topic, body):
    outputs = patient.feed(RawMessage(topic=ROOT + topic, payload=body, received=1_785_000_000 * 10**9))
    assert all(isinstance(output, Rejected) and output.reason for output in outputs)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.__name__)
def test_every_family_of_nonsense_is_refused(patient, family):
    now = 1_785_000_000 * 10**9
    for message in nonsense_of(family, now):
        outputs = patient.feed(message)
        assert outputs, f"not refused: {message}"
        assert all(isinstance(output, Rejected) and output.reason for output in outputs)


def nonsense_of(family, now):
    import random

    chance = random.Random(family.__name__)
    for _ in range(200):
        topic, body = family(chance, utc(now).isoformat())
        yield RawMessage(topic=topic, payload=body, received=now)


@pytest.mark.slow
def test_nonsense_through_a_broker_does_not_stop_the_service(fresh_broker, tmp_path):
    stage = write(tmp_path, seconds=14.0)
    time = (stage.start, utc(stage.start).isoformat())
    rubbish = [one for one in nonsense(3, (time for _ in range(600))) if one.topic.startswith(ROOT) and speakable(one.topic)]

    async def body():
        async with witness(fresh_broker) as seen, Command("run", tmp_path / "site.toml", broker=fresh_broker) as service:
            await seen.serving()
            async with flying(fresh_broker, stage) as flight, aiomqtt.Client(fresh_broker.host, fresh_broker.port) as fool:
                for message in rubbish:
                    await fool.publish(message.topic, message.payload, qos=1)
                    await asyncio.sleep(0)
                await seen.until(lambda w: len(w.rejected()) >= 200, "refusals")
                await seen.until(lambda w: w.alerts(), "an alert")
                await flight
            code, _ = await service.stop()
        return code, service.text, seen

    code, text, seen = run(body())
    assert code == 0, text
    assert "Traceback" not in text, text
    assert {alert["rule"] for alert in seen.alerts()} >= {"intrusion"}
    assert all(one["reason"] for one in seen.rejected())


def speakable(topic: str) -> bool:
    """Tell what a client may publish on without harming the witness: its own words come back to it as ours."""
    return topic.removeprefix(ROOT).startswith(("sensor/", "zone/", "permit/")) or topic.endswith("/command")
