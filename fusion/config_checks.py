"""What no single key of a site's file can be blamed for: contradictions between keys, and doors left open."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from fusion.config import Config, Confusion, Issuer, Sensor
from fusion.config_console import Console, Tiles, faults_of_console, is_secure
from fusion.config_edge import LOOPBACK, Outlet, Sapient, Webhook, faults_of, faults_of_outlet, faults_of_sapient
from fusion.messages import CLASSES

ROUNDED = 0.015
"""What a row of probabilities, written with two digits, may miss 1 by."""

Key = tuple[str | int, ...]


def contradictions(config: Config) -> list[tuple[Key, str]]:
    """Find what no single key can be blamed for."""
    faults: list[tuple[Key, str]] = []
    seen: dict[str, int] = {}
    for i, sensor in enumerate(config.sensor):
        if sensor.id in seen:
            faults.append((("sensor", i, "id"), f"{sensor.id!r} names sensor[{seen[sensor.id]}] already; ids are unique"))
        seen.setdefault(sensor.id, i)
        faults += [(("sensor", i, *key), text) for key, text in of_sensor(sensor)]
        if sensor.platform and sensor.platform.sensor not in {None, *(other.id for other in config.sensor)}:
            text = f"{sensor.platform.sensor!r} is no sensor of this file; expected the id of one"
            faults.append((("sensor", i, "platform", "sensor"), text))
    if config.rules.release_probability >= config.rules.entry_probability:
        faults.append((("rules", "release_probability"), f"must be below entry_probability ({config.rules.entry_probability})"))
    if config.mqtt.tls_key and not config.mqtt.tls_certificate:
        faults.append((("mqtt", "tls_key"), "needs tls_certificate beside it"))
    faults += _of_outlets(config.output) + _of_sapient(config.sapient, {sensor.id for sensor in config.sensor})
    faults += [(("console", *key), text) for key, text in faults_of_console(config.console)]
    return (
        faults
        + _of_plan_signing(config)
        + _of_issuers(config.permits.issuer)
        + _of_webhooks(config.webhook)
        + _of_tiles(config.console)
    )


def of_sensor(sensor: Sensor) -> list[tuple[Key, str]]:
    """Find what contradicts itself in one sensor."""
    faults: list[tuple[Key, str]] = []
    if (sensor.latitude_deg is None) != (sensor.longitude_deg is None):
        faults.append(((), "latitude_deg and longitude_deg belong together; give both or neither"))
    for axis in ("range_m", "elevation_deg"):
        limits = getattr(sensor.coverage, axis)
        if limits is not None and limits[0] >= limits[1]:
            faults.append((("coverage", axis), f"{list(limits)} is empty; expected [from, to] with from < to"))
    if sensor.source is not None:
        faults += [(("source", key), text) for key, text in faults_of(sensor.source)]
    faults += [(("platform", *key), text) for key, text in _of_platform(sensor)]
    return faults + [(("confusion", *key), text) for key, text in unbalanced(sensor.confusion)]


def _of_platform(sensor: Sensor) -> list[tuple[Key, str]]:
    """Find what a sensor that moves cannot be, and what nobody would say of it."""
    platform = sensor.platform
    if platform is None:
        return []
    faults: list[tuple[Key, str]] = []
    if sensor.kind == "tdoa":
        faults.append(((), "a sensor of kind 'tdoa' cannot move: times of arrival are compared between places that are known"))
    if platform.directions == "body" and platform.sensor is not None:
        faults += [
            ((name,), 'is needed where directions = "body" and another sensor hears the vehicle')
            for name in ("heading_deg", "tilt_deg")
            if getattr(platform, name) is None
        ]
    return faults


def _of_sapient(settings: Sapient | None, sensors: set[str]) -> list[tuple[Key, str]]:
    """Find what cannot be listened on, doors left open, and nodes of sensors that are none."""
    if settings is None:
        return []
    faults: list[tuple[Key, str]] = [(("sapient", key), text) for key, text in faults_of_sapient(settings)]
    strangers = [name for name in settings.nodes if name not in sensors]
    return faults + [
        (("sapient", "nodes", name), f"{name!r} is no sensor of this file; expected the id of one") for name in strangers
    ]


def _of_outlets(outlets: tuple[Outlet, ...]) -> list[tuple[Key, str]]:
    """Find outputs of one name, and those that cannot be told or would tell everybody on the way."""
    names = [outlet.name for outlet in outlets]
    faults: list[tuple[Key, str]] = []
    for i, outlet in enumerate(outlets):
        if (first := names.index(outlet.name)) != i:
            faults.append((("output", i, "name"), f"{outlet.name!r} names output[{first}] already; names are unique"))
        faults += [(("output", i, key), text) for key, text in faults_of_outlet(outlet)]
    return faults


def _of_issuers(issuers: tuple[Issuer, ...]) -> list[tuple[Key, str]]:
    """Find issuers of one name: a new key of one issuer goes by a new name."""
    names = [issuer.name for issuer in issuers]
    return [
        (("permits", "issuer", i, "name"), f"{name!r} names permits.issuer[{names.index(name)}] already; names are unique")
        for i, name in enumerate(names)
        if names.index(name) != i
    ]


def _of_plan_signing(config: Config) -> list[tuple[Key, str]]:
    """Find a key with which a console would sign what nobody asks it to."""
    if config.console is None or config.console.plan_key is None or signers(config):
        return []
    return [(("console", "plan_key"), 'signs switches of plans, but no permits.issuer has "plans" in its `signs`')]


def signers(config: Config) -> tuple[Issuer, ...]:
    """Give those who may sign switches of plans; none: switches need no signature."""
    return tuple(issuer for issuer in config.permits.issuer if "plans" in issuer.signs)


def _of_tiles(console: Console | None) -> list[tuple[Key, str]]:
    """Find tiles that no browser could ask for: an address that is none, or has not all its places."""
    if console is None or console.tiles is None:
        return []
    said = _unreachable(console.tiles.url, console) or _incomplete(console.tiles)
    return [(("console", "tiles", "url"), said)] if said else []


def _unreachable(url: str, console: Console) -> str | None:
    try:
        address = urlsplit(url)
        host = address.hostname
    except ValueError as error:
        return f"{url!r} is no URL: {error}"
    if not host or not re.fullmatch(r"([A-Za-z0-9.-]+|\[[0-9a-fA-F:.]+\])(:[0-9]{1,5})?", address.netloc):
        return f"{address.netloc!r} is no host; expected one name or address, its port where it needs one, and no more"
    if address.scheme == "http" and host not in LOOPBACK and is_secure(console):
        return "is not encrypted, and browsers load nothing such into pages that are; expected https://"
    return None


def _incomplete(tiles: Tiles) -> str | None:
    """Tell which places of a template are missing or unknown; a WMTS' plain address has none."""
    placed = set(re.findall(r"\{([^{}]*)\}", tiles.url))
    if tiles.wmts is None:
        wanted, known = {"z", "x", "-y" if "-y" in placed else "y"}, set[str]()
    else:
        wanted, known = {"TileMatrix", "TileRow", "TileCol"} if placed else set(), {"Layer", "Style", "TileMatrixSet"}
    if missing := wanted - placed:
        return f"has no {_braced(missing)}; without, every tile would be the same"
    if strange := placed - wanted - known:
        return f"has {_braced(strange)}; expected none but {_braced(wanted | known)}"
    return None


def _braced(names: set[str]) -> str:
    return ", ".join(f"{{{name}}}" for name in sorted(names))


def _of_webhooks(webhooks: tuple[Webhook, ...]) -> list[tuple[Key, str]]:
    """Find webhooks of one name, and those that would send through the open what is not everybody's."""
    faults: list[tuple[Key, str]] = []
    names = [webhook.name for webhook in webhooks]
    for i, webhook in enumerate(webhooks):
        if (first := names.index(webhook.name)) != i:
            faults.append((("webhook", i, "name"), f"{webhook.name!r} names webhook[{first}] already; names are unique"))
        try:
            address = urlsplit(webhook.url)
            host, _ = address.hostname, address.port
        except ValueError as error:
            faults.append((("webhook", i, "url"), f"{webhook.url!r} is no URL: {error}"))
            continue
        if not host:
            faults.append((("webhook", i, "url"), f"{webhook.url!r} names no host"))
        elif address.scheme == "http" and host not in LOOPBACK and not webhook.plain_http:
            faults.append(
                (("webhook", i, "url"), "is not encrypted; expected https://, or plain_http = true where that is meant")
            )
    return faults


def unbalanced(confusion: Confusion | None) -> list[tuple[Key, str]]:
    """Find the rows of a confusion matrix that do not sum to 1."""
    totals = {name: sum(getattr(confusion, name).values()) for name in CLASSES} if confusion else {}
    return [
        ((name,), f"its probabilities sum to {total:g}; expected 1")
        for name, total in totals.items()
        if abs(total - 1.0) > ROUNDED
    ]
