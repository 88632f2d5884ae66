"""What a person asks of webhooks: `vigie webhook secret`, `list`, `retry` and `test`."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from fusion.bookwork import opened
from fusion.config import Config
from fusion.config_edge import Webhook
from fusion.config_file import load
from fusion.errors import WebhookError
from fusion.journal.deliveries import Deliveries
from fusion.messages import utc
from fusion.transport.webhook import MOST_SECRETS, Answer, Receiver, fresh_secret, read_secrets


def change_secret(file: Path, *, finish: bool) -> int:
    """Make a file of secrets, or put a new one in front of those that it has; with `finish`, keep the newest alone."""
    if file.exists():
        read_secrets(file)  # whoever points at another file is told so, before anything of it is gone
        old = [line.strip() for line in file.read_text(encoding="ascii").splitlines() if line.strip()]
    else:
        old = []
    if finish:
        if not old:
            raise WebhookError(f"{file}: is not there, so there is nothing to finish")
        _write(file, old[:1])
        print(f"{file}: signs with the newest secret alone")
        return 0
    if len(old) >= MOST_SECRETS:
        raise WebhookError(f"{file}: has {len(old)} secrets already; end the rotation before with --finish")
    _write(file, [fresh := fresh_secret(), *old])
    print(fresh)
    print(f"{file}: give this secret to the receiver" + ("; then --finish, and the older ones sign no more" if old else ""))
    return 0


def list_deliveries(site: Path, environment: Mapping[str, str]) -> int:
    """Say how far each receiver is, and what was given up; give 1 where anything was."""
    config = load(site, environment)
    with _deliveries(site, environment) as deliveries:
        for webhook in config.webhook:
            standing = deliveries.standing(webhook.name)
            print(f"{webhook.name}: {standing.delivered} delivered, {standing.waiting} waiting, {standing.dead} given up")
            if standing.oldest is not None:
                print(f"  the one that waits longest was written at {utc(standing.oldest):%Y-%m-%d %H:%M:%S} UTC")
        letters = deliveries.dead()
    for letter in letters:
        when = f"{utc(letter.settled):%Y-%m-%d %H:%M:%S} UTC"
        tries = f"{letter.attempts} attempts"
        print(
            f"given up: {letter.webhook}, alert {letter.alert}, revision {letter.revision}, at {when}, {tries}: {letter.reason}"
        )
    return 1 if letters else 0


def retry(site: Path, environment: Mapping[str, str], name: str | None) -> int:
    """Put what was given up back among what waits; a service that runs sends it within a quarter of a minute."""
    if name is not None:
        _named(load(site, environment), name)
    with _deliveries(site, environment) as deliveries:
        print(f"{deliveries.try_again(name)} messages wait again")
    return 0


def test(site: Path, environment: Mapping[str, str], name: str) -> int:
    """Send a receiver a message that is about nothing, signed as all are; give 1 where it is not taken."""
    webhook = _named(load(site, environment), name)
    now = time.time_ns()
    body = msgspec.json.encode({"type": "test", "timestamp": utc(now), "data": {}})
    answer = asyncio.run(_send(Receiver(webhook, site.parent), f"test_{now}", body, now))
    print(f"{name}: taken" if answer.delivered else f"{name}: not taken: {answer.reason}")
    return 0 if answer.delivered else 1


async def _send(receiver: Receiver, name: str, body: bytes, now: int) -> Answer:
    try:
        return await receiver.send(name, body, now)
    finally:
        await receiver.close()


def _named(config: Config, name: str) -> Webhook:
    for webhook in config.webhook:
        if webhook.name == name:
            return webhook
    known = ", ".join(webhook.name for webhook in config.webhook) or "none"
    raise WebhookError(f"webhook {name!r}: is not in the site's file; expected one of: {known}")


@contextlib.contextmanager
def _deliveries(site: Path, environment: Mapping[str, str]) -> Iterator[Deliveries]:
    with opened(str(site), environment) as journal:
        yield Deliveries(journal.database)


def _write(file: Path, lines: list[str]) -> None:
    """Write a file that only its owner reads, whole or not at all."""
    fresh = file.with_name(f"{file.name}.new")
    try:
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as out:
            out.write("".join(f"{line}\n" for line in lines))
            out.flush()
            os.fsync(out.fileno())
        if file.exists():
            kept = file.stat()
            os.chown(fresh, kept.st_uid, kept.st_gid)
            fresh.chmod(kept.st_mode)
        fresh.replace(file)
    except OSError as error:
        raise WebhookError(f"{file}: cannot be written: {error.strerror}") from error
