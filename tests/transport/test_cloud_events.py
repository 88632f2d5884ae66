"""What leaves over MQTT 5 is a CloudEvent by the SDK of those who wrote the specification; over 3.1.1 it is what it was."""

from __future__ import annotations

import json
import re
from datetime import datetime

import aiomqtt

from fusion.payload import payload
from fusion.topics import TOPICS
from fusion.transport.cloud_events import ATTRIBUTES
from fusion.transport.outgoing import numbers, publications
from tests.judges import judged
from tests.transport.edge import during, hear, publishing, run
from tests.transport.wire_samples import NOON, OUTPUTS, alert_message

EMPTIED = {"track": "A", "alert": "E", "zone_state": "FLO-1"}


async def heard(broker, tree, outputs) -> list[aiomqtt.Message]:
    """Publish outputs as the service does, and give what an independent client of MQTT 5 hears."""
    counted, everything = numbers("run"), f"{tree.prefix}#"
    five = aiomqtt.ProtocolVersion.V5
    async with aiomqtt.Client(broker.host, broker.port, protocol=five) as client, publishing(broker) as (outbox, _):
        await client.subscribe(everything, 1)
        for output in outputs:
            for publication in publications(output, tree, next(counted)):
                await outbox.deliver(publication)
        return [await hear(client, lambda message: message.topic.matches(everything)) for _ in outputs]


def properties(message: aiomqtt.Message) -> dict[str, str]:
    said = getattr(message.properties, "UserProperty", [])
    assert len(dict(said)) == len(said), "an attribute is said once"
    return dict(said)


def as_judged(messages) -> list[dict]:
    told = [
        {"contentType": message.properties.ContentType, "properties": properties(message), "payload": json.loads(message.payload)}
        for message in messages
    ]
    return judged("cloudevents", json.dumps(told).encode())


def test_every_output_is_a_cloud_event_with_its_payload_untouched(mosquitto, tree):
    messages = run(heard(mosquitto, tree, OUTPUTS.values()))
    verdicts = as_judged(messages)
    assert [verdict.get("error") for verdict in verdicts] == [None] * len(OUTPUTS)
    source = "/" + tree.prefix.removesuffix("/")
    for name, message, verdict in zip(OUTPUTS, messages, verdicts, strict=True):
        event = verdict["attributes"]
        assert message.payload == payload(OUTPUTS[name])
        assert verdict["data"] == json.loads(message.payload)
        assert (event["specversion"], event["source"], event["type"]) == ("1.0", source, f"vigie.v1.{name}")
        assert event["datacontenttype"] == "application/json"
        assert event["time"].endswith("Z")
        assert datetime.fromisoformat(event["time"]) == NOON
        assert event.get("subject") == EMPTIED.get(name)
        assert properties(message).keys() == ATTRIBUTES.keys() - (set() if name in EMPTIED else {"subject"})
        assert all(re.fullmatch(r"[a-z0-9]{1,20}", attribute) for attribute in properties(message))
    assert len({verdict["attributes"]["id"] for verdict in verdicts}) == len(OUTPUTS)


def test_the_judge_says_what_is_no_event():
    known = {"specversion": "1.0", "source": "/a", "type": "b", "id": "c", "time": "2026-07-26T12:00:00Z"}
    wrong = [known | {"time": "noon"}, {name: value for name, value in known.items() if name != "id"}, known | {"Id_2": "x"}]
    told = [{"contentType": "application/json", "properties": said, "payload": {}} for said in (known, *wrong)]
    verdicts = judged("cloudevents", json.dumps(told).encode())
    assert ["error" in verdict for verdict in verdicts] == [False, True, True, True]


def test_an_alert_s_revision_has_the_same_id_however_often_it_is_sent(mosquitto, tree):
    outputs = [alert_message("E"), alert_message("E"), alert_message("E", revision=2)]
    first, again, newer = (properties(message)["id"] for message in run(heard(mosquitto, tree, outputs)))
    assert first == again == "E.1"
    assert newer == "E.2"


def test_what_empties_a_topic_is_no_event(mosquitto, tree):
    (message,) = run(heard(mosquitto, tree, [alert_message(archived=True)]))
    assert message.payload == b""
    assert not properties(message)


def test_who_comes_later_gets_what_is_retained_with_its_attributes(mosquitto, tree):
    async def body():
        await heard(mosquitto, tree, OUTPUTS.values())
        kept = [name for name in OUTPUTS if TOPICS[name].retained]
        async with aiomqtt.Client(mosquitto.host, mosquitto.port, protocol=aiomqtt.ProtocolVersion.V5) as client:
            await client.subscribe(f"{tree.prefix}#", 1)
            return kept, [await hear(client, lambda message: message.retain) for _ in kept]

    kept, messages = run(body())
    assert {properties(message)["type"] for message in messages} == {f"vigie.v1.{name}" for name in kept}


def test_the_will_is_an_event_too(fresh_mosquitto, tree):
    """The connection is cut without a word, as by a power cut; the broker then says what it was left."""

    async def body():
        client = aiomqtt.Client(fresh_mosquitto.host, fresh_mosquitto.port, protocol=aiomqtt.ProtocolVersion.V5)
        async with client, publishing(fresh_mosquitto, tree, announced=True, name="mouth"):
            await client.subscribe(tree.path("status"), 1)
            async with during(_take_over(fresh_mosquitto, "mouth")):
                return await hear(client, lambda message: json.loads(message.payload)["state"] == "offline")

    message = run(body())
    (verdict,) = as_judged([message])
    assert verdict["attributes"]["type"] == "vigie.v1.status"


async def _take_over(broker, name: str) -> None:
    """Connect by another's name: the broker ends the other's connection, and publishes its Will."""
    async with aiomqtt.Client(broker.host, broker.port, identifier=name):
        return


def test_on_mqtt_3_1_1_the_payload_is_what_it_is_on_5(broker, tree):
    async def body():
        old = aiomqtt.ProtocolVersion.V311
        counted = numbers("run")
        async with aiomqtt.Client(broker.host, broker.port, protocol=old) as client:
            await client.subscribe(f"{tree.prefix}#", 1)
            async with publishing(broker, protocol="3.1.1") as (outbox, _):
                for output in OUTPUTS.values():
                    await outbox.deliver(*publications(output, tree, next(counted)))
                return [await hear(client, lambda _: True) for _ in OUTPUTS]

    assert [message.payload for message in run(body())] == [payload(output) for output in OUTPUTS.values()]
