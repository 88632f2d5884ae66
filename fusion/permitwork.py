"""What an issuer asks for: `vigie permit key`, `issue` and `revoke`."""

from __future__ import annotations

import argparse
import asyncio
import os
import secrets
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import segno
from joserfc.jwk import OKPKey

from fusion.assembly import read_issuers
from fusion.config_file import Source, explain, load
from fusion.errors import PermitError
from fusion.messages import SECOND, nanoseconds, utc
from fusion.permit_arguments import DATUM
from fusion.topics import TOPICS, TopicTree
from fusion.transport.giving import give
from fusion.transport.outgoing import Publication
from fusion.zones.issuers import CURVE, read_private
from fusion.zones.reasons import Reason
from fusion.zones.shapes import Shape, shape_of
from fusion.zones.tokens import Claims, Undoing, sign_permit, sign_revocation, verify
from fusion.zones.volumes import Volume4D


def make_key(asked: argparse.Namespace, _: Mapping[str, str]) -> int:
    """Make an issuer's pair of keys: the private one for its owner's eyes alone."""
    file: Path = asked.file
    public = file.with_name(f"{file.name}.pub")
    for one in (file, public):
        if one.exists():
            raise PermitError(f"{one}: is there already; a key that signs is not written over")
    key = OKPKey.generate_key(CURVE)
    _write(file, key.as_pem(private=True), 0o600)
    _write(public, key.as_pem(private=False), 0o644)
    print(f"{file}: signs permits; whoever has it is the issuer. {public}: for the sites that believe them:\n")
    print(f'[[permits.issuer]]\nname = "{file.stem}"\nkey = "{public.name}"')
    return 0


def issue(asked: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """Sign a permit, prove it as a site would, and hand it over."""
    begin = asked.begin or utc(time.time_ns())
    number = asked.permit or f"{begin:%Y%m%d}-{secrets.token_hex(3)}"
    said = {"jti": number, "iss": asked.issuer, "nbf": _second(begin), "exp": _second(asked.until)}
    said |= {name: value for name, value in (("sn", asked.serial), ("rg", asked.registration)) if value is not None}
    claims = claims_of(said | {"v": [msgspec.to_builtins(shape) for shape in _shapes(asked, environment)]}, Claims)
    key = private_key(asked.key)
    _hand_over(sign_permit(claims, key), number, key, asked, environment)
    return 0


def revoke(asked: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """Sign that a permit holds no longer, and hand that over."""
    said = {"jti": asked.permit, "iss": asked.issuer, "iat": time.time_ns() // SECOND, "why": asked.why}
    key = private_key(asked.key)
    _hand_over(sign_revocation(claims_of(said, Undoing), key), asked.permit, key, asked, environment)
    return 0


# --- Signing ------------------------------------------------------------------------------------------------------


def _heights(asked: argparse.Namespace, environment: Mapping[str, str]) -> tuple[float, ...]:
    """Give heights above the ellipsoid, whatever they were said to be above."""
    if asked.above == "ellipsoid":
        return tuple(asked.heights)
    if (site := asked.site or asked.publish) is None:
        raise PermitError(f"--above {asked.above}: expected --site beside it, whose {asked.above} is meant")
    frame = load(site, environment).site.frame()
    return tuple(round(frame.height(height, DATUM[asked.above]), 1) for height in asked.heights)


def _shapes(asked: argparse.Namespace, environment: Mapping[str, str]) -> list[Shape]:
    """Give where the permit is to hold."""
    if asked.volume is not None:
        if asked.heights is not None:
            raise PermitError("--heights: the volumes of --volume have their own")
        return [_shape(volume, f"{asked.volume}: [{i}]") for i, volume in enumerate(_volumes(asked.volume))]
    if asked.heights is None:
        raise PermitError("--heights: is missing; expected LOWER,UPPER in m above the WGS84 ellipsoid")
    said = {"c": asked.circle, "p": asked.polygon, "h": _heights(asked, environment)}
    return [claims_of({name: value for name, value in said.items() if value is not None}, Shape)]


def _volumes(file: Path) -> list[Volume4D]:
    try:
        tree = msgspec.json.decode(read(file))
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise PermitError(f"{file}: is not JSON: {error}") from error
    volumes = []
    for i, one in enumerate(tree if isinstance(tree, list) else [tree]):
        try:
            volumes.append(msgspec.convert(one, Volume4D))
        except msgspec.ValidationError as error:
            raise PermitError(f"{explain(str(error), one, Source(f'{file}: [{i}]'), Volume4D)[0]}") from error
    return volumes


def _shape(volume: Volume4D, where: str) -> Shape:
    try:
        return shape_of(volume)
    except ValueError as error:
        raise PermitError(f"{where}: {error}") from error


def claims_of(said: dict[str, Any], table: type[Any], what: str = "the permit") -> Any:
    """Make what is signed of what a person said; raise PermitError naming what of it cannot be."""
    try:
        return msgspec.convert(said, table)
    except msgspec.ValidationError as error:
        raise PermitError(explain(str(error), said, Source(what), table)[0]) from error


def _hand_over(token: bytes, number: str, key: OKPKey, asked: argparse.Namespace, environment: Mapping[str, str]) -> None:
    """Prove what was signed, as whoever is given it will; print, draw and publish it."""
    public = OKPKey.import_key(key.as_dict(private=False))
    if isinstance(wrong := verify(token, {asked.issuer: public}), Reason):
        raise PermitError(wrong.sentence())
    if asked.publish is not None:
        _publish(token, number, asked.publish, environment)
    print(token.decode())
    if getattr(asked, "qr", None) is not None:
        _draw(token, asked.qr)


def _publish(token: bytes, number: str, site: Path, environment: Mapping[str, str]) -> None:
    """Give a token to a site's broker, if the site's own files say that it will be believed."""
    config = load(site, environment)
    if isinstance(wrong := verify(token, read_issuers(config.permits.issuer, site.parent)), Reason):
        raise PermitError(f"{site}: {wrong.sentence()}")
    topic = TopicTree(config.site.name, config.mqtt.root).path("permit", permit=number)
    asyncio.run(give(config.mqtt, Publication(topic, token, qos=TOPICS["permit"].qos, retained=True), "vigie-permit"))
    print(f"published on {topic}", file=sys.stderr)


def _draw(token: bytes, where: str) -> None:
    """Draw a token as a QR code, as much of it redundant as its size leaves room for."""
    if where != "-" and Path(where).suffix not in {".png", ".svg"}:
        raise PermitError(f"--qr {where}: expected a name that ends in .png or .svg, or -")
    try:
        code = segno.make_qr(token, error="m")
    except segno.DataOverflowError as error:
        raise PermitError(f"--qr {where}: {len(token)} bytes are too many; draw fewer volumes or corners") from error
    if where == "-":
        code.terminal(compact=True)
    else:
        _save(code, where)
    print(f"QR code of version {code.version}, error correction {code.error}, {len(token)} bytes", file=sys.stderr)


def _save(code: segno.QRCode, where: str) -> None:
    try:
        code.save(where, scale=8)
    except OSError as error:
        raise PermitError(f"--qr {where}: cannot be written: {error.strerror}") from error


# --- Files --------------------------------------------------------------------------------------------------------


def private_key(file: Path) -> OKPKey:
    """Read the key that an issuer signs with, and say where others may read it too."""
    key = read_private(read(file), str(file))
    if file.stat().st_mode & 0o077:
        print(f"{file}: others may read it, too; chmod 600 {file}", file=sys.stderr)
    return key


def read(file: Path) -> bytes:
    """Read a file; raise PermitError where that is not possible."""
    try:
        return file.read_bytes()
    except OSError as error:
        raise PermitError(f"{file}: cannot be read: {error.strerror}") from error


def _write(file: Path, text: bytes, mode: int) -> None:
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as out:
            out.write(text)
    except OSError as error:
        raise PermitError(f"{file}: cannot be written: {error.strerror}") from error


def _second(when: datetime) -> int:
    return nanoseconds(when.astimezone(UTC)) // SECOND
