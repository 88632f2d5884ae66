"""The contract for machines and people: JSON Schemas of every message, and the configuration's page, made from the records."""

from __future__ import annotations

import typing
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from fusion.config import Config
from fusion.config_file import bare, describe, table_of
from fusion.intake import SensorStatus
from fusion.messages import Alert, PictureMessage, Rejected, StatusMessage, Track, ZoneState
from fusion.zones.commands import Command
from fusion.zones.crowds import Crowd
from fusion.zones.ed318_tables import Feature
from fusion.zones.plans import Switch, ZonePlan
from fusion.zones.positions import ZonePosition
from fusion.zones.tokens import Claims, Undoing
from fusion.zones.windows import ZoneWindow
from sensors.pose import WirePose
from sensors.scan import WireScan

MESSAGES: dict[str, Any] = {
    "scan": WireScan,
    "sensor_status": SensorStatus,
    "pose": WirePose,
    "crowd": Crowd,
    "zone": Feature,
    "zone_position": ZonePosition,
    "zone_window": ZoneWindow,
    "zone_plan": ZonePlan,
    "zone_switch": Switch,
    "permit": Claims,
    "permit_revocation": Undoing,
    "command": Command,
    "tracks": tuple[Track, ...],
    "picture": PictureMessage,
    "track": Track,
    "alert": Alert,
    "zone_state": ZoneState,
    "rejected": Rejected,
    "status": StatusMessage,
}
"""The record of each row of `TOPICS` that is JSON of ours; of permits what is signed."""

HEAD = """# Configuration

One TOML file a site. Made by `vigie schema --write docs` from `fusion/config.py`; do not edit.

`VIGIE_MQTT__HOST=…` in the environment goes before `mqtt.host` in the file, and likewise for every key
(`VIGIE_SENSOR__0__PERIOD_S`). A key that is not on this page is refused. Secrets come from files or the environment, never from
this file. `vigie check SITE` explains what is wrong by key, line and what was expected.
"""


def schemas() -> dict[str, bytes]:
    """Give the JSON Schema (2020-12) of each message, by the name of its row in `TOPICS`, or of what else is said there."""
    return {name: schema(kind) for name, kind in MESSAGES.items()} | {"configuration": schema(Config)}


def configuration_page() -> str:
    """Write docs/configuration.md."""
    return "\n".join([HEAD, *tables(Config, "")])


def write(directory: Path) -> list[Path]:
    """Write `schema/*.json` and `configuration.md` below a directory; give what was written."""
    texts = {directory / "schema" / f"{name}.json": text + b"\n" for name, text in schemas().items()}
    texts[directory / "configuration.md"] = configuration_page().encode()
    (directory / "schema").mkdir(parents=True, exist_ok=True)
    for path, text in texts.items():
        path.write_bytes(text)
    return list(texts)


def schema(kind: Any) -> bytes:
    """Give a record's JSON Schema without the tags that tell Outputs apart inside the service: they do not leave it."""
    (whole,), components = parts([kind], "#/$defs/{name}")
    whole = {"$schema": "https://json-schema.org/draft/2020-12/schema", **whole, "$defs": components}
    return msgspec.json.format(msgspec.json.encode(whole, order="sorted"), indent=1)


def parts(kinds: Sequence[Any], reference: str) -> tuple[tuple[dict[str, Any], ...], dict[str, Any]]:
    """Give the schema of each record, and by their names those of the records in them, without tags; `reference` has `{name}`."""
    wholes, components = msgspec.json.schema_components(kinds, ref_template=reference)
    for name, component in components.items():
        if name in {"PictureMessage", "Rejected", "StatusMessage"}:
            component["properties"].pop("type", None)
            component["required"] = [key for key in component["required"] if key != "type"]
    return wholes, components


def tables(table: type[msgspec.Struct], name: str) -> list[str]:
    """Write a table's keys, then the tables in it."""
    lines: list[str] = []
    inner: list[str] = []
    for field in msgspec.structs.fields(table):
        key = f"{name}.{field.encode_name}" if name else field.encode_name
        nested = table_of(field.type)
        if nested is None:
            lines.append(f"| `{field.encode_name}` | {describe(field.type)} | {_default(field)} | {_description(field.type)} |")
        else:
            many = typing.get_origin(bare(field.type)) is tuple
            inner += ["", f"## `{'[[' if many else '['}{key}{']]' if many else ']'}`", "", (nested.__doc__ or "").split("\n")[0]]
            inner += tables(nested, key)
    head = ["", "| key | takes | default | meaning |", "|---|---|---|---|"] if lines else []
    return [*head, *lines, *inner]


def _default(field: msgspec.structs.FieldInfo) -> str:
    if field.default is msgspec.NODEFAULT:
        return "required"
    return "–" if field.default is None else f"`{msgspec.json.encode(field.default).decode()}`"


def _description(kind: Any) -> str:
    while typing.get_origin(kind) is typing.Annotated:
        for meta in kind.__metadata__:
            if isinstance(meta, msgspec.Meta) and meta.description:
                return meta.description
        kind = typing.get_args(kind)[0]
    return ""
