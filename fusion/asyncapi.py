"""The contract as an AsyncAPI 3.0 document, of the same table of topics and records that the service runs on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from fusion import __version__
from fusion.config import Sensor
from fusion.schema import MESSAGES, parts
from fusion.topics import DEFAULT_ROOT, MSGPACK, PACKABLE, PARTS, PRIVATE, TOPICS, Topic
from fusion.transport.cloud_events import ATTRIBUTES, JSON, SPECVERSION

BINDING = "0.2.0"
"""Version of AsyncAPI's MQTT bindings."""

PACKED, NATIVE, TOKEN = "application/msgpack", "application/octet-stream", "application/jose"

SIGNED = ("permit", "permit_revocation", "zone_switch")
"""Messages that go as a token (a JWS in compact serialisation); their record is what is signed."""

COMPACT = r"^[\w-]+\.[\w-]+\.[\w-]+$"

CARRIED: dict[str, tuple[str, ...]] = {
    **{row: (row.removeprefix(PRIVATE),) for row in TOPICS if row.startswith(PRIVATE)},
    "permit": ("permit", "permit_revocation"),
    "zone_plan": ("zone_plan", "zone_switch"),
}
"""Rows of `TOPICS` whose messages are not the one of their name alone."""


def asyncapi() -> bytes:
    """Write the document, indented."""
    whole = {
        "asyncapi": "3.0.0",
        "id": "urn:vigie:v1",
        "info": _info(),
        "defaultContentType": JSON,
        "servers": {"broker": _server()},
        "channels": {name: channel for row in TOPICS for name, channel in _channels(row)},
        "operations": {_verb(topic, name): _operation(topic, name) for row, topic in TOPICS.items() for name in _names(row)},
        "components": {"messages": dict(_messages()), "messageTraits": {"cloud_event": _cloud_event()}, "schemas": _schemas()},
    }
    return msgspec.json.format(msgspec.json.encode(whole), indent=1)


def _info() -> dict[str, Any]:
    return {
        "title": "Vigie: one picture of the low sky over a site, over MQTT",
        "version": __version__,
        "description": f"Every topic below `{DEFAULT_ROOT}/{{site}}/`; the head can be set (`mqtt.root`). Units, validity and "
        "examples stand in docs/mqtt.md. `receive` is what the service hears, `send` what it says.",
        "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
    }


def _server() -> dict[str, Any]:
    return {
        "host": "{host}",
        "protocol": "mqtt",
        "protocolVersion": "5",
        "description": "A broker of MQTT 5; 3.1.1 will do.",
        "variables": {"host": {"default": "localhost:1883", "description": "`mqtt.host` and `mqtt.port` of the site's file"}},
    }


def _cloud_event() -> dict[str, Any]:
    """Say which User Properties an outward message has over MQTT 5."""
    said: dict[str, dict[str, Any]] = {name: {"type": "string", "description": text} for name, text in ATTRIBUTES.items()}
    said["specversion"]["const"] = SPECVERSION
    said["time"]["format"] = "date-time"
    required = [name for name in ATTRIBUTES if name != "subject"]
    return {"headers": {"type": "object", "properties": said, "required": required}}


def _names(row: str) -> list[str]:
    """Name the channels of a row: one more where its payload may be MessagePack."""
    return [row, f"{row}_msgpack"] if row in PACKABLE else [row]


def _channels(row: str) -> Iterable[tuple[str, dict[str, Any]]]:
    topic = TOPICS[row]
    address = f"{DEFAULT_ROOT}/{{site}}/{topic.path}"
    parameters = {name: {"description": PARTS[name]} for name in PARTS if f"{{{name}}}" in address}
    for name in _names(row):
        yield (
            name,
            {
                "address": address if name == row else address + MSGPACK,
                "title": topic.content,
                "servers": [{"$ref": "#/servers/broker"}],
                "parameters": parameters,
                "messages": {message: {"$ref": f"#/components/messages/{message}"} for message in _carried(row, name)},
            },
        )


def _carried(row: str, channel: str) -> list[str]:
    """Name the messages that a channel carries."""
    emptied = [f"{row}_emptied"] if TOPICS[row].emptied else []
    return [*(CARRIED.get(row, (channel,))), *emptied]


def _verb(topic: Topic, channel: str) -> str:
    return f"{'receive' if topic.direction == 'in' else 'send'}_{channel}"


def _operation(topic: Topic, channel: str) -> dict[str, Any]:
    return {
        "action": "receive" if topic.direction == "in" else "send",
        "channel": {"$ref": f"#/channels/{channel}"},
        "summary": topic.content,
        "bindings": {"mqtt": {"qos": topic.qos, "retain": topic.retained, "bindingVersion": BINDING}},
    }


def _messages() -> Iterable[tuple[str, dict[str, Any]]]:
    """Give every message by its name; each is carried by the channel of its name, or as `CARRIED` says."""
    payloads = _payloads()
    for row, topic in TOPICS.items():
        for name in CARRIED.get(row, (row,)):
            event = {"traits": [{"$ref": "#/components/messageTraits/cloud_event"}]} if topic.direction == "out" else {}
            yield name, _message(name, topic.content, payloads[name]) | event
        if row in PACKABLE:
            packed = _message(f"{row}_msgpack", f"{topic.content}, as MessagePack", payloads[row])
            yield f"{row}_msgpack", packed | {"contentType": PACKED}
        if topic.emptied:
            empty = {"name": f"{row}_emptied", "title": topic.emptied, "summary": f"no payload at all: {topic.emptied}"}
            yield f"{row}_emptied", empty | {"contentType": NATIVE, "payload": {"type": "string", "maxLength": 0}}


def _message(name: str, title: str, payload: dict[str, Any] | None) -> dict[str, Any]:
    said: dict[str, Any] = {"name": name, "title": title, "contentType": NATIVE if payload is None else JSON}
    if name in SIGNED:
        token = {"type": "string", "pattern": COMPACT, "x-signed": payload}
        return said | {"contentType": TOKEN, "summary": "`x-signed` is what the token says", "payload": token}
    return said if payload is None else said | {"payload": payload}


def _payloads() -> dict[str, dict[str, Any] | None]:
    """Give the schema of each message's payload; None where the adapter's standard says it."""
    wholes, _ = _wholes_and_parts()
    return {**dict(zip((*MESSAGES, "registration"), wholes, strict=True)), "raw": None}


def _schemas() -> dict[str, Any]:
    _, components = _wholes_and_parts()
    return components


def _wholes_and_parts() -> tuple[list[dict[str, Any]], dict[str, Any]]:
    wholes, components = parts([*MESSAGES.values(), Sensor], "#/components/schemas/{name}")
    return [_draft_07(whole) for whole in wholes], _draft_07(components)


def _draft_07(schema: Any) -> Any:
    """Say in AsyncAPI's schemas, which are of draft 7, what msgspec says in 2020-12: a tuple's places, and no OpenAPI words."""
    if isinstance(schema, list):
        return [_draft_07(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    said = {key: _draft_07(value) for key, value in schema.items() if key not in {"prefixItems", "items", "discriminator"}}
    if "prefixItems" in schema:
        return said | {"items": _draft_07(schema["prefixItems"]), "additionalItems": _draft_07(schema.get("items", True))}
    return said | ({"items": _draft_07(schema["items"])} if "items" in schema else {})
