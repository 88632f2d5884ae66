"""An incident leaves the journal whole, in formats that others' programs read."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from datetime import timedelta
from xml.etree import ElementTree as ET

import msgspec
import pytest
from shapely.geometry import shape

from fusion.__main__ import main
from fusion.errors import JournalError
from fusion.journal import Journal, Note
from fusion.journal.export_formats import GX, KML, as_csv, as_geojson, as_json, as_kml
from fusion.journal.exporting import incident
from fusion.journal.records import Surroundings
from fusion.journal.verifying import verify
from fusion.messages import SECOND, Track, WireIdentity, WirePosition, nanoseconds
from tests.journal.writer import NOON, message

NASTY = '=cmd|"x"!A1\x01'


def track(name: str, after: float, north: float = 0.0, **more) -> Track:
    """Give a track some seconds after noon, so many degrees north of the Tower."""
    at = NOON + timedelta(seconds=after)
    place = WirePosition(
        latitude_deg=48.8582 + north, longitude_deg=2.2945, altitude_hae_m=165.0, altitude_amsl_m=120.4, height_agl_m=87.4
    )
    given = {"track": name, "site": "paris", "time": at, "status": "confirmed", "existence": 0.99, "position": place}
    return Track(**given | {"born": NOON, "updated": at} | more)


def near(after: float, *tracks: Track) -> Note:
    time = NOON + timedelta(seconds=after)
    return Note("tracks", "", nanoseconds(time), msgspec.json.encode(Surroundings(time=time, tracks=tracks)))


@pytest.fixture
def book(journal):
    """Give a journal with one incident (A, and B of the same track), one of another track, and a neighbour."""
    liar = track("T", 0, identity=WireIdentity(serial=NASTY, strength="claimed"))
    journal.write([near(-300, track("LONG-AGO", -300)), message("A", 1, track_state=liar), near(0, liar, track("N", 0, 0.01))])
    journal.write([Note("command", "A", nanoseconds(NOON) + SECOND, b'{"command":"annotate","who":"m.durand","why":"<seen>"}')])
    journal.write([message("A", 2, updated=NOON + timedelta(seconds=9), track_state=track("T", 9, 0.002), notes=("<&>\x02",))])
    journal.write([message("B", 1, updated=NOON + timedelta(seconds=5), zone="RING"), message("C", 1, track="U")])
    journal.write([near(5, track("T", 5, 0.001), track("N", 5, 0.011)), Note("zone", "TOWER", nanoseconds(NOON), b"{not json")])
    return journal


def test_an_incident_is_the_alert_its_track_s_others_its_commands_and_who_was_near(book):
    taken = incident(book, "A")
    assert [(alert.alert, alert.revision) for alert in taken.alerts] == [("A", 1), ("A", 2), ("B", 1)]
    assert {name: [point.state.time - NOON for point in points] for name, points in taken.tracks.items()} == {
        "N": [timedelta(0), timedelta(seconds=5)],
        "T": [timedelta(0), timedelta(seconds=5), timedelta(seconds=9)],
    }
    assert [entry["kind"] for entry in taken.entries].count("command") == 1
    assert taken.faults == ()


def test_its_json_lets_anyone_check_each_entry_against_the_chain(book, place):
    text = as_json(incident(book, "A"))
    whole = json.loads(text)
    hashes = {sequence: bytes(told).hex() for sequence, told in place.execute("SELECT sequence, hash FROM entry")}
    bodies = msgspec.json.decode(text, type=dict[str, msgspec.Raw])["entries"]
    for entry, raw in zip(whole["entries"], msgspec.json.decode(bodies, type=list[dict[str, msgspec.Raw]]), strict=True):
        body = bytes(raw["body"]) if "body" in raw else msgspec.json.decode(raw["body_base64"], type=bytes)
        assert hashlib.sha256(bytes.fromhex(entry["salt"]) + body).hexdigest() == entry["digest"]
        header = [entry[name] for name in ("sequence", "kind", "subject", "revision", "archived", "time", "written", "digest")]
        before = bytes.fromhex(hashes.get(entry["sequence"] - 1, "00" * 32))
        assert hashlib.sha256(before + msgspec.json.encode(header)).hexdigest() == entry["hash"] == hashes[entry["sequence"]]
    assert whole["head"] == str(book.head())


def test_its_table_has_a_row_for_each_track_and_time_and_no_formula(book):
    rows = list(csv.DictReader(io.StringIO(as_csv(incident(book, "A")).decode(), newline="")))
    assert [(row["track"], row["alert"]) for row in rows] == [("N", ""), ("N", ""), ("T", "A"), ("T", ""), ("T", "A")]
    assert float(rows[2]["latitude_deg"]) == 48.8582
    assert rows[2]["serial"] == f"'{NASTY}"


def test_its_map_has_tracks_as_lines_and_alerts_as_points(book):
    told = json.loads(as_geojson(incident(book, "A")))
    found = {(one["properties"].get("track"), one["geometry"]["type"]): shape(one["geometry"]) for one in told["features"]}
    line = found["T", "LineString"]
    assert line.is_valid
    assert [point for place in line.coords for point in place] == pytest.approx(
        [2.2945, 48.8582, 165.0, 2.2945, 48.8592, 165.0, 2.2945, 48.8602, 165.0], abs=1e-9
    )
    assert found["T", "Point"].coords[0] == pytest.approx((2.2945, 48.8602, 165.0), abs=1e-9)


def test_its_globe_file_is_xml_with_as_many_times_as_places(book):
    root = ET.fromstring(as_kml(incident(book, "A")))  # noqa: S314 - our own
    tracks = root.findall(f".//{{{GX}}}Track")
    assert (
        [len(one.findall(f"{{{KML}}}when")) for one in tracks] == [len(one.findall(f"{{{GX}}}coord")) for one in tracks] == [2, 3]
    )
    longitude, latitude, height = map(float, tracks[1].findall(f"{{{GX}}}coord")[0].text.split())
    assert (longitude, latitude, height) == (2.2945, 48.8582, 120.4)  # above the sea
    assert any("<&>" in (one.text or "") for one in root.iter(f"{{{KML}}}description"))


def test_an_alert_that_is_not_there_is_said_so(book):
    with pytest.raises(JournalError, match="alert Z: is not in the journal"):
        incident(book, "Z")


# --- The command words -------------------------------------------------------------------------------------------------


def test_an_export_is_in_the_journal_and_a_tampered_journal_is_told(book, place, tmp_path, capsys):
    out = tmp_path / "incident.kml"
    assert main(["journal", "export", place.url, "--alert", "A", "--out", str(out), "--who", "dpo"]) == 0
    assert out.read_bytes().startswith(b"<?xml")
    (access,) = book.notes("access", "A")
    assert json.loads(access.body) == {"who": "dpo", "what": "export", "format": "kml"}
    assert main(["journal", "verify", place.url, "--head", str(book.head())]) == 0
    assert "whole: 10 entries" in capsys.readouterr().out
    place.execute("DELETE FROM entry WHERE sequence = 2")
    assert main(["journal", "verify", place.url]) == 1
    assert "entry 2 is missing" in capsys.readouterr().out


def test_a_wrong_word_says_what_was_expected(book, place, tmp_path, capsys):
    assert main(["journal", "export", place.url, "--alert", "A", "--out", str(tmp_path / "a.pdf")]) == 2
    assert "expected one of json, csv, geojson, kml" in capsys.readouterr().err
    assert main(["journal", "verify", str(tmp_path / "none.sqlite")]) == 2
    assert "there is no journal" in capsys.readouterr().err


def test_a_journal_is_found_by_its_site(tmp_path, capsys):
    site = tmp_path / "site.toml"
    site.write_text('[site]\nname = "paris"\nlatitude_deg = 48.8582\nlongitude_deg = 2.2945\n')
    (tmp_path / "state").mkdir()
    book = Journal(Journal.url(tmp_path / "state" / "journal.sqlite"))
    book.write([message("A", 1), message("A", 2, archived=True)])
    assert main(["journal", "verify", str(site)]) == 0
    assert main(["journal", "purge", str(site), "--older-than", "0.0000001", "--who", "dpo"]) == 0
    assert "2 entries are forgotten" in capsys.readouterr().out
    assert verify(book) == []
    book.close()
