"""A permit from the issuer's desk to a verdict: issued, believed, revoked, never believed again, and all of it in the book."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from tests.e2e.books import journal
from tests.e2e.processes import Command, run
from tests.e2e.stage import write
from tests.e2e.test_commands_and_zones import verdicts
from tests.e2e.witness import flying, retained, say, witness
from tests.zones.permit_scenes import POLICE, STRANGER, pem, private_pem, token

pytestmark = pytest.mark.slow

COURIER = "1588EPN26PP75000017"


def believing(directory):
    """Make the site believe the police, and know nobody by itself."""
    site = directory / "site.toml"
    site.write_text(site.read_text().replace('register = "register.toml"\n', ""))
    with site.open("a") as file:
        file.write('\n[[permits.issuer]]\nname = "police"\nkey = "police.pub"\n')
    (directory / "police.pub").write_bytes(pem(POLICE))
    (directory / "police").write_bytes(private_pem(POLICE))
    return site


def test_a_permit_makes_its_drone_authorised_until_it_is_revoked_and_over_a_restart(fresh_mosquitto, tmp_path):
    stage = write(tmp_path, seconds=60.0)
    site = believing(tmp_path)
    until = (datetime.now(UTC) + timedelta(hours=1)).isoformat(timespec="seconds")
    signs = ["--key", tmp_path / "police", "--issuer", "police", "--publish", site]
    area = ["--circle", "48.8535,2.2860,900", "--heights", "78,400"]
    claims = {
        "jti": "P-2",
        "iss": "police",
        "nbf": 0,
        "exp": 4_000_000_000,
        "sn": COURIER,
        "v": [{"c": [48.8535, 2.286, 900], "h": [78, 400]}],
    }

    async def vigie(*arguments):
        async with Command("permit", *arguments, broker=fresh_mosquitto) as command:
            assert await command.end() == 0, command.text

    async def body():
        async with witness(fresh_mosquitto) as seen, flying(fresh_mosquitto, stage):
            async with Command("run", site, broker=fresh_mosquitto) as service:
                await seen.until(lambda w: verdicts(w, 0) == ["unauthorised"], "unauthorised")
                await say(fresh_mosquitto, "permit/P-2", token(claims, key=STRANGER), retain=True)
                await seen.until(lambda w: w.rejected(), "the forgery refused")
                await vigie("issue", *signs, "--permit", "P-1", "--serial", COURIER, "--until", until, *area)
                await seen.until(lambda w: verdicts(w, 0) == ["unauthorised", "authorised"], "authorised")
                await service.kill()
            killed = len(seen.heard)
            issued = (await retained(fresh_mosquitto))["permit/P-1"]
            async with Command("run", site, broker=fresh_mosquitto) as service:
                await seen.until(lambda w: verdicts(w, killed) == ["authorised"], "authorised after the restart")
                await vigie("revoke", *signs, "P-1", "--why", "the flight is off")
                await seen.until(lambda w: verdicts(w, killed) == ["authorised", "unauthorised"], "revoked")
                before = len(seen.rejected())
                await say(fresh_mosquitto, "permit/P-1", issued)
                await seen.until(lambda w: any("was revoked" in r["reason"] for r in w.rejected()[before:]), "refused for good")
                await service.stop()
            for lost in (tmp_path / "state").glob("snapshot-*"):
                lost.unlink()
            await say(fresh_mosquitto, "permit/P-1", b"", retain=True)
            before = len(seen.heard)
            async with Command("run", site, broker=fresh_mosquitto) as service:
                await seen.serving(before)
                await say(fresh_mosquitto, "permit/P-1", issued)
                await seen.until(
                    lambda w: any("was revoked" in r["reason"] for r in w.rejected(before)), "refused by what the journal knows"
                )
                await service.stop()
        async with Command("permit", "list", site) as listing:
            await listing.end()
        return seen, listing.text

    seen, listed = run(body())
    assert not any(one.get("first_bytes") for one in seen.rejected())
    assert "P-1: refused" in listed or "P-1: revoked by police" in listed
    with journal(tmp_path) as book:
        noted = [(note.subject, json.loads(note.body)["what"]) for note in book.notes("permit")]
    assert [what for number, what in noted if number == "P-1"] == [
        "issued",
        "revoked",
        "refused",
        "revoked",
        "withdrawn",
        "refused",
    ]
    assert [what for number, what in noted if number == "P-2"] == ["refused"]
