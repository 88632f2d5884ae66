"""What passers-by said of themselves is kept apart, forgotten after its time without a trace, and the chain still proves the rest."""

from __future__ import annotations

import asyncio
import functools
import hashlib
import json
from datetime import timedelta
from pathlib import Path

import pytest

from fusion.__main__ import main
from fusion.config import Retention
from fusion.journal import Journal
from fusion.journal.chain import GENESIS
from fusion.journal.clerk import Clerk
from fusion.journal.export_formats import FORMATS
from fusion.journal.exporting import incident, redacted
from fusion.journal.purging import HOUR, retain
from fusion.journal.verifying import verify
from fusion.messages import SECOND, Alert, PictureMessage, RawMessage, Rejected, WireGrid, WireIdentity, WirePilot
from fusion.noting import noted, revocations, surroundings
from fusion.topics import TopicTree
from tests.journal.test_exporting import track
from tests.journal.writer import NOON, message
from tests.zones.permit_scenes import CITY, CLAIMS, HEADER, revocation, token

SERIAL, OPERATOR = "1581F45T7229DMK001AB", "FRA87astrdge12k8"
DAY_NS = 24 * HOUR
TREE = TopicTree("paris")
SITE = '[site]\nname = "paris"\nlatitude_deg = 48.8582\nlongitude_deg = 2.2945\n'


def passer_by(after: float, **more):
    """Give a track that says who it is and where its pilot stands."""
    who = WireIdentity(serial=SERIAL, operator=OPERATOR, strength="claimed")
    here = WirePilot(latitude_deg=48.85123, longitude_deg=2.29456)
    grid = WireGrid(easting_m=100.0, northing_m=0.0, crs="EPSG:2154")
    said = {"grid": grid, "identity": who, "pilot": here, "reasons": (f"{SERIAL} has no permit",)}
    return track("N", after, 0.01, **said | more)


def picture(after: float = 0.0):
    """Give a picture of an alert's track with a claim of its own, and of one that passes by."""
    own = passer_by(after, track="T", grid=WireGrid(easting_m=0.0, northing_m=0.0, crs="EPSG:2154"))
    return PictureMessage(site="paris", time=NOON + timedelta(seconds=after), tracks=(own, passer_by(after)))


def alert() -> Alert:
    return message("A", 1).alert


@pytest.fixture
def book(journal):
    """Give a journal with one open alert of T, and who passed by."""
    journal.write([message("A", 1), *surroundings([picture()], [alert()])])
    return journal


def test_names_and_pilots_of_passers_by_are_noted_apart_and_those_of_the_alert_with_it():
    tracks, claims = surroundings([picture()], [alert()])
    assert (tracks.kind, claims.kind) == ("tracks", "claims")
    own, other = json.loads(tracks.body)["tracks"]
    assert own["identity"]["serial"] == SERIAL
    assert "pilot" in own
    assert not {"identity", "pilot", "reasons"} & other.keys()
    (said,) = json.loads(claims.body)["claims"]
    assert (said["track"], said["identity"]["operator"], said["pilot"]["latitude_deg"]) == ("N", OPERATOR, 48.85123)


def test_a_member_of_a_swarm_is_no_passer_by():
    swarm = message("A", 1, tracks=("T", "N")).alert
    (tracks,) = surroundings([picture()], [swarm])
    assert [one["identity"]["serial"] for one in json.loads(tracks.body)["tracks"]] == [SERIAL, SERIAL]


def test_an_incident_has_the_claims_while_they_are_kept_and_afterwards_the_places_alone(book):
    (before,) = incident(book, "A").tracks["N"]
    assert before.state == passer_by(0)
    (purged,) = retain(book, Retention(claims_h=1.0), "dpo", now=100_000 + HOUR)
    assert (purged.who, purged.entries) == ("dpo", ((3, 3),))
    (after,) = incident(book, "A").tracks["N"]
    assert (after.state.identity, after.state.pilot, after.state.reasons) == (None, None, ())
    assert after.state.position == before.state.position
    (own,) = incident(book, "A").tracks["T"]
    assert own.state.identity.serial == SERIAL
    assert verify(book) == []
    assert retain(book, Retention(claims_h=1.0), "dpo", now=200_000 + HOUR) == []


def test_what_is_younger_than_its_time_stays(book):
    assert retain(book, Retention(claims_h=24.0), "dpo", now=DAY_NS) == []


def test_incidents_go_after_their_days_where_a_site_says_so_and_open_ones_stay(book):
    book.write([message("B", 1), message("B", 1, archived=True)])
    taken = retain(book, Retention(incident_days=2.0), "dpo", now=100_000 + 2 * DAY_NS)
    assert [one.entries for one in taken] == [((3, 3),), ((2, 2), (4, 5))]
    assert [entry.alert for entry in book.open_alerts()] == ["A"]
    assert verify(book) == []


def test_no_byte_of_a_forgotten_name_is_left_in_the_files_though_the_service_goes_on(book, place):
    if not place.url.startswith("sqlite"):
        pytest.skip("a server's files are the server's")
    where = Path(book.database.url.database).parent
    book.write([message(f"C{k}", 1) for k in range(50)])
    left = functools.partial(lambda: b"".join(file.read_bytes() for file in where.iterdir()))
    said = incident(book, "A").tracks["T"][0].state  # the alert's own, which stays
    assert said.identity.serial == SERIAL
    assert left().count(OPERATOR.encode()) >= 2
    retain(book, Retention(claims_h=1.0), "dpo", now=100_000 + HOUR)
    assert left().count(OPERATOR.encode()) == 1
    book.write([message("D", 1)])
    assert verify(book) == []


@pytest.mark.parametrize("kind", sorted(FORMATS))
def test_a_redacted_incident_has_no_name_and_no_pilot_in_any_format(book, kind):
    book.write([message("A", 2, track_state=passer_by(3, track="T"), reasons=(f"inside Z; {SERIAL} has no permit",))])
    whole, without = FORMATS[kind](incident(book, "A")), FORMATS[kind](redacted(incident(book, "A")))
    assert SERIAL.encode() in whole
    for word in (SERIAL, OPERATOR, "48.85123"):
        assert word.encode() not in without
    assert b"has no permit" in without or kind == "json"


def test_a_redacted_incident_still_proves_its_place_in_the_chain(book):
    told = json.loads(FORMATS["json"](redacted(incident(book, "A"))))
    before = GENESIS
    for entry in told["entries"]:
        names = ("sequence", "kind", "subject", "revision", "archived", "time", "written", "digest")
        header = json.dumps([entry[name] for name in names], separators=(",", ":")).encode()
        before = hashlib.sha256(before + header).digest()
        assert before.hex() == entry["hash"]
        assert entry["body"] is None
        assert entry["salt"] is None


def test_the_service_forgets_by_itself(place):
    begun = Journal(place.url, clock=iter(range(1, 100)).__next__)
    begun.write([message("A", 1), *surroundings([picture()], [alert()])])
    begun.close()
    clerk = Clerk(functools.partial(Journal, place.url), lambda *_: None, clock=lambda: DAY_NS + HOUR)

    async def body():
        await clerk.forget_once(Retention())
        (purge,) = clerk.journal.notes("purge")
        await clerk.close()
        return json.loads(purge.body)

    assert asyncio.run(body())["who"] == "the site's retention"


def test_a_purge_by_hand_asks_the_site_how_long(tmp_path, capsys):
    site = tmp_path / "site.toml"
    site.write_text(SITE + "[retention]\nclaims_h = 0.0000001\n")
    (tmp_path / "state").mkdir()
    file = tmp_path / "state" / "journal.sqlite"
    book = Journal(Journal.url(file))
    book.write([message("A", 1), *surroundings([picture()], [alert()])])
    book.close()
    assert main(["journal", "purge", str(file)]) == 2
    assert "name that, or --older-than DAYS" in capsys.readouterr().err
    assert main(["journal", "purge", str(site), "--who", "dpo"]) == 0
    assert "1 entries are forgotten" in capsys.readouterr().out
    out = tmp_path / "a.csv"
    assert main(["journal", "export", str(site), "--alert", "A", "--out", str(out), "--redacted", "--who", "dpo"]) == 0
    assert SERIAL not in out.read_text()
    reopened = Journal(Journal.url(file))
    assert json.loads(reopened.notes("access", "A")[-1].body)["format"] == "csv, redacted"
    reopened.close()


def test_a_retention_of_no_time_is_refused(tmp_path, capsys):
    site = tmp_path / "site.toml"
    site.write_text(SITE + "[retention]\nclaims_h = 0\n")
    assert main(["journal", "purge", str(site)]) == 2
    assert "retention.claims_h" in capsys.readouterr().err


ENDS = CLAIMS["exp"] * SECOND


def heard(number: str, payload: bytes, *, refused: bool = False):
    """Give what is noted of what came on a permit's topic."""
    topic, refusal = TREE.path("permit", permit=number), Rejected(topic="", reason="forged", time=NOON)
    return noted(RawMessage(topic=topic, payload=payload, received=7), [refusal] if refused else [], TREE)


def told_again(book) -> list[str]:
    """Give the numbers that a core which has forgotten all is told of: they were revoked."""
    return [one.topic.rpartition("/")[2] for one in revocations(book.notes("permit"), (), TREE, ENDS)]


def test_a_revocation_is_kept_until_the_permit_itself_has_ended_though_the_days_are_over(journal):
    journal.write([*heard("P-417", token()), *heard("P-417", revocation()), *heard("P-9", b"x.y.z", refused=True)])
    (taken,) = retain(journal, Retention(incident_days=2.0), "dpo", now=ENDS - SECOND)
    assert taken.entries == ((3, 3),)
    assert told_again(journal) == ["P-417"]
    retain(journal, Retention(incident_days=2.0), "dpo", now=ENDS)
    assert told_again(journal) == []
    assert verify(journal) == []


def test_a_revocation_that_came_without_its_permit_is_kept_for_nobody_knows_when_that_ends(journal):
    city = token(CLAIMS | {"iss": "city"}, HEADER | {"kid": "city"}, CITY)
    journal.write(
        [*heard("P-417", revocation()), *heard("P-417", city), *heard("P-3", b"")]
    )  # the number's other issuer says nothing of it
    retain(journal, Retention(incident_days=2.0), "dpo", now=1000 * ENDS // 999)
    assert told_again(journal) == ["P-417"]


def test_a_withdrawn_permit_stays_withdrawn_in_the_book_while_it_would_still_hold(journal):
    journal.write([*heard("P-417", token()), *heard("P-417", b"")])
    assert retain(journal, Retention(incident_days=2.0), "dpo", now=ENDS - SECOND) == []
    (taken,) = retain(journal, Retention(incident_days=2.0), "dpo", now=ENDS + SECOND)
    assert taken.entries == ((1, 2),)
