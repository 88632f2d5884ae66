"""A signed switch from `vigie plan sign` to the zones in force: obeyed once, refused when forged or replayed, and all of it in the book."""

from __future__ import annotations

import json

import pytest

from tests.e2e.books import journal
from tests.e2e.processes import Command, run
from tests.e2e.stage import write, zone
from tests.e2e.witness import retained, say, witness
from tests.zones.permit_scenes import POLICE, STRANGER, pem, private_pem

pytestmark = pytest.mark.slow


def planned(directory):
    """Give the site two plans, which the police alone may switch."""
    site = directory / "site.toml"
    told = site.read_text().replace("[zones]", '[zones]\nplans = { A = ["a.json"], B = ["b.json"] }')
    site.write_text(told + '\n[[permits.issuer]]\nname = "police"\nkey = "police.pub"\nsigns = ["plans"]\n')
    (directory / "police.pub").write_bytes(pem(POLICE))
    (directory / "police").write_bytes(private_pem(POLICE))
    (directory / "stranger").write_bytes(private_pem(STRANGER))
    for name in "ab":
        (directory / f"{name}.json").write_bytes(zone(f"PLAN-{name.upper()}", radius=100.0))
    return site


def test_a_plan_is_switched_by_what_its_signer_signed_and_by_nothing_else_over_a_restart_without_its_state(
    fresh_mosquitto, tmp_path
):
    write(tmp_path, seconds=10.0)
    site = planned(tmp_path)

    async def sign(plan, *more, key="police", code=0):
        words = ["--key", tmp_path / key, "--issuer", "police", "--who", "the prefect", "--why", "storm"]
        async with Command("plan", "sign", site, plan, *words, *more, broker=fresh_mosquitto) as command:
            assert await command.end() == code, command.text
            return command.text

    def plans(seen, after=0):
        told = [json.loads(status).get("plan") for status in seen.on("status", after)]
        return [plan for plan in told if plan]

    async def body():
        async with witness(fresh_mosquitto) as seen:
            async with Command("run", site, broker=fresh_mosquitto) as service:
                await seen.until(lambda w: "A" in plans(w), "plan A")
                plain = json.dumps({"plan": "B", "who": "m.durand", "why": "storm"}).encode()
                await say(fresh_mosquitto, "zones/plan", plain)
                await seen.until(lambda w: any("not signed" in r["reason"] for r in w.rejected()), "the plain one refused")
                assert "forged or changed" in await sign("B", key="stranger", code=2)
                await sign("B", "--publish")
                await seen.until(lambda w: plans(w)[-1] == "B", "plan B")
                signed = (await retained(fresh_mosquitto))["zones/plan"]
                await sign("A", "--publish")
                await seen.until(lambda w: plans(w)[-1] == "A", "plan A again")
                await say(fresh_mosquitto, "zones/plan", signed)
                await seen.until(lambda w: any("given already" in r["reason"] for r in w.rejected()), "the old one refused")
                await sign("B", "--publish")
                await seen.until(lambda w: plans(w)[-1] == "B", "plan B once more")
                await service.stop()
            for lost in (tmp_path / "state").glob("snapshot-*"):
                lost.unlink()
            await say(fresh_mosquitto, "zones/plan", b"", retain=True)
            before = len(seen.heard)
            async with Command("run", site, broker=fresh_mosquitto) as service:
                await seen.until(lambda w: "B" in plans(w, before), "plan B, by what the journal knows")
                await say(fresh_mosquitto, "zones/plan", signed)
                await seen.until(lambda w: any("given already" in r["reason"] for r in w.rejected(before)), "refused again")
                await service.stop()
        return seen

    run(body())
    with journal(tmp_path) as book:
        noted = [json.loads(note.body) for note in book.notes("zone") if note.subject == "zones/plan"]
    taken = [(one["plan"], one["who"], one["why"], one["signer"]) for one in noted if "plan" in one]
    assert taken == [(plan, "the prefect", "storm", "police") for plan in "BAB"]
    unsigned, replayed = "not signed", "given already"
    whys = [one["refused"] for one in noted if "refused" in one]  # the third is the emptied topic, which was kept for the service
    assert [next(why for why in (unsigned, replayed) if why in one) for one in whys] == [unsigned, replayed] * 2
