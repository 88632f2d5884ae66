"""Builds a site's core from its configuration and the files that it names: the same for live and for replay."""

from __future__ import annotations

from pathlib import Path

import sensors
from fusion.config import Config, Issuer
from fusion.config_checks import signers
from fusion.errors import ConfigError
from fusion.frame import SiteFrame
from fusion.pipeline import Pipeline
from fusion.zones.ed318 import parse_zones
from fusion.zones.issued import Issued
from fusion.zones.issuers import Issuers, read_public
from fusion.zones.permits import Register, parse_register
from fusion.zones.plans import FIRST, Plans
from fusion.zones.zones import Zone, ZoneSet


def assemble(config: Config, base: Path) -> Pipeline:
    """Build the core; files are relative to `base`. Raise ConfigError naming the file and the fault."""
    register = read_register(config.zones.register, base, config.site.frame())
    return Pipeline(config, sensors.load(), read_plans(config, base), register, read_permit_issuers(config, base))


def read_plans(config: Config, base: Path) -> Plans:
    """Read a site's plans with their zones, and who may switch them; without plans one that has no name."""
    always, frame = read_zones(config.zones.files, base), config.site.frame()
    sets = {name: ZoneSet.of([*always, *read_zones(files, base)], frame) for name, files in config.zones.plans.items()}
    return Plans(sets or {FIRST: ZoneSet.of(always, frame)}, config.site.name, read_issuers(signers(config), base))


def read_zones(files: tuple[str, ...], base: Path) -> list[Zone]:
    """Read every zone of some ED-318 files."""
    return [zone for name in files for zone in parse_zones(read_text(base / name, "zones.files"), str(base / name))]


def read_register(name: str | None, base: Path, frame: SiteFrame | None = None) -> Register:
    """Read a register file, its volumes laid into a frame; without one, nobody is registered."""
    return Register() if name is None else parse_register(read_text(base / name, "zones.register"), str(base / name), frame)


def read_permits(config: Config, base: Path) -> Issued:
    """Read who may fly before anything comes by topic, and who may issue more."""
    frame = config.site.frame()
    return Issued(read_register(config.zones.register, base, frame), read_permit_issuers(config, base), frame)


def read_permit_issuers(config: Config, base: Path) -> Issuers:
    """Read the public keys of those who may issue permits."""
    return read_issuers(tuple(issuer for issuer in config.permits.issuer if "permits" in issuer.signs), base)


def read_issuers(issuers: tuple[Issuer, ...], base: Path) -> Issuers:
    """Read issuers' public keys."""
    return {
        issuer.name: read_public(read_text(base / issuer.key, "permits.issuer.key").encode(), str(base / issuer.key))
        for issuer in issuers
    }


def read_text(path: Path, key: str) -> str:
    """Read a file that a key names; raise ConfigError where that is not possible."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{key}: {path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{key}: {path}: is not UTF-8 text: {error}") from error
