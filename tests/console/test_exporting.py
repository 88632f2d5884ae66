"""The tracks for maps and scripts, read by shapely, by an XML reader and line by line."""

import asyncio
import base64
import io
import json
import re
from pathlib import Path

import fastkml
import msgspec
import pytest
from defusedxml.ElementTree import fromstring
from shapely.geometry import shape

from fusion.messages import Track, WireBearing
from tests.console.stage import operating, run, track

KML = {"k": "http://www.opengis.net/kml/2.2"}
RAY = msgspec.structs.replace(track("T4"), position=None, bearing=WireBearing(sensor="rf-1", azimuth_deg=208.0, sigma_deg=3.0))
SKY = (
    track("T1", verdict="unauthorised", identity="=\x01<b>&\ud7ff", pilot=(48.86, 2.29)),
    track("T2", east=0.01, verdict="friendly"),
    track("T3", north=0.01),
    RAY,
)


async def told(stage, path, role="operator", **more):
    async with stage.client(role, **more) as client:
        return await client.get(f"/api/v1/export/{path}")


def on(tmp_path, body):
    async def staged():
        async with operating(tmp_path) as stage:
            stage.core.see(*SKY)
            return await body(stage)

    return run(staged())


def test_geojson_is_every_track_where_it_is(tmp_path):
    answer = on(tmp_path, lambda stage: told(stage, "tracks.geojson"))
    assert answer.headers["content-type"] == "application/geo+json"
    features = {one["id"]: one for one in answer.json()["features"]}
    for one in SKY[:3]:
        point = shape(features[one.track]["geometry"])
        place = one.position
        assert (point.x, point.y, point.z) == (place.longitude_deg, place.latitude_deg, place.altitude_hae_m)
    assert features["T4"]["geometry"] is None
    assert features["T4"]["properties"]["bearing"]["azimuth_deg"] == 208.0
    assert features["T1"]["properties"]["verdict"] == "unauthorised"


def test_kml_is_xml_whatever_a_drone_calls_itself_with_heights_above_the_sea(tmp_path):
    answer = on(tmp_path, lambda stage: told(stage, "tracks.kml"))
    marks = fromstring(answer.content).findall(".//k:Placemark", KML)
    assert [mark.get("id") for mark in marks] == ["tT1", "tT2", "tT3"]
    longitude, latitude, height = map(float, marks[0].find("k:Point/k:coordinates", KML).text.split(","))
    assert (longitude, latitude, height) == pytest.approx((2.2945, 48.8582, 120.4))
    assert marks[0].find("k:Point/k:altitudeMode", KML).text == "absolute"
    assert marks[0].find("k:name", KML).text == "=<b>&\ud7ff"
    styles = {f"#{style.get('id')}" for style in fromstring(answer.content).findall(".//k:Style", KML)}
    assert {mark.find("k:styleUrl", KML).text for mark in marks} <= styles


def test_a_globe_follows_the_link_with_a_token_as_its_password(tmp_path):
    async def body(stage):
        async with stage.client("administrator") as boss:
            secret = (await boss.post("/api/v1/tokens", json={"name": "globe", "scopes": ["read"]})).json()["token"]
        word = base64.b64encode(f"globe:{secret}".encode()).decode()
        async with stage.client(origin=False) as globe:
            nobody = await globe.get("/api/v1/export/link.kml")
            globe.headers["Authorization"] = f"Basic {word}"
            link = fromstring((await globe.get("/api/v1/export/link.kml?period_s=2")).content)
            address = link.find(".//k:Link/k:href", KML).text
            elsewhere = [await globe.get("/api/v1/tracks"), await globe.post("/api/v1/handover", json={"text": "hello"})]
            globe.headers["Authorization"] = "Basic not-base64"
            return (
                nobody,
                link,
                await globe.get(address, headers={"Authorization": f"Basic {word}"}),
                elsewhere,
                await globe.get(address),
            )

    nobody, link, followed, elsewhere, garbled = on(tmp_path, body)
    assert (nobody.status_code, nobody.headers["www-authenticate"]) == (401, 'Bearer, Basic realm="Vigie"')
    assert link.find(".//k:Link/k:refreshInterval", KML).text == "2"
    assert followed.status_code == 200
    assert len(fromstring(followed.content).findall(".//k:Placemark", KML)) == 2  # no friendly one: its scope is read alone
    assert [one.status_code for one in elsewhere] == [401, 401]  # a browser would send such a password for any site's page
    assert garbled.status_code == 401


@pytest.mark.parametrize("path", ["tracks.geojson", "tracks.kml", "tracks.ndjson"])
def test_who_may_not_see_pilots_and_friends_is_told_of_neither(tmp_path, path):
    async def body(stage):
        return (await told(stage, path, "viewer")).text, (await told(stage, path)).text

    viewer, operator = on(tmp_path, body)
    assert "T3" in viewer
    assert "T2" in operator
    assert "T2" not in viewer
    assert "48.86," not in viewer
    assert "pilot" not in viewer


@pytest.mark.parametrize("path", ["tracks.geojson", "tracks.kml", "link.kml", "tracks.ndjson", "tracks.ndjson?follow=true"])
def test_the_head_alone_says_what_there_is_and_ends(tmp_path, path):
    async def body(stage):
        async with stage.client("viewer") as client:
            return [await client.head(f"/api/v1/export/{path}") for _ in range(2)]  # over one connection: the first has ended

    for head in on(tmp_path, body):
        assert (head.status_code, head.content) == (200, b"")
        kind = head.headers["content-type"]
        assert kind in {"application/geo+json", "application/vnd.google-earth.kml+xml", "application/x-ndjson"}


def test_what_is_not_there_or_is_asked_wrongly_is_a_problem_in_words(tmp_path):
    async def body(stage):
        async with stage.client("viewer") as client:
            asked = ("tracks.gpx", "tracks.ndjson?follow=perhaps", "link.kml?period_s=0", "tracks.ndjson?follow=true&follow=true")
            answers = [await client.get(f"/api/v1/export/{path}") for path in asked]
            return [*answers, await client.post("/api/v1/export/tracks.geojson")]

    answers = on(tmp_path, body)
    assert [one.status_code for one in answers] == [404, 400, 400, 400, 405]
    assert {one.headers["content-type"] for one in answers} == {"application/problem+json"}


def test_what_the_page_asks_with_curl_is_answered(tmp_path):
    page = (Path(__file__).parents[2] / "docs" / "outputs.md").read_text(encoding="utf-8")
    asked = re.findall(r"127\.0\.0\.1:8080/api/v1/export/([^\s\"]+)", page)
    assert len(asked) == 4

    async def body(stage):
        return [(await told(stage, path.replace("follow=true", "follow=false"))).status_code for path in asked]

    assert on(tmp_path, body) == [200] * 4


def test_kml_is_read_by_another_s_reader(tmp_path):
    answer = on(tmp_path, lambda stage: told(stage, "tracks.kml"))
    (document,) = fastkml.KML.parse(io.BytesIO(answer.content), strict=True).features
    marks = [one for one in document.features if isinstance(one, fastkml.Placemark)]
    assert [(one.geometry.x, one.geometry.y, one.geometry.z) for one in marks] == [
        pytest.approx((one.position.longitude_deg, one.position.latitude_deg, one.position.altitude_amsl_m)) for one in SKY[:3]
    ]
    assert [one.times.timestamp.dt for one in marks] == [one.time for one in SKY[:3]]


def test_lines_go_on_with_each_change_and_each_end(tmp_path):
    async def body(stage):
        lines = []
        async with stage.client("viewer") as client, client.stream("GET", "/api/v1/export/tracks.ndjson?follow=true") as answer:
            reading = answer.aiter_lines()
            lines += [json.loads(await anext(reading)) for _ in range(3)]
            stage.core.see(track("T3", 1.0, north=0.02))
            lines.append(json.loads(await anext(reading)))
            stage.core.see(track("T3", 2.0, status="deleted"))
            lines.append(json.loads(await anext(reading)))
            stage.core.see(track("T1", 3.0, north=0.03, verdict="friendly"))
            lines.append(json.loads(await anext(reading)))
        return lines

    lines = on(tmp_path, body)
    assert [one["track"] for one in lines] == ["T1", "T3", "T4", "T3", "T3", "T1"]
    assert [msgspec.convert(one, Track).status for one in lines[3:]] == ["confirmed", "deleted", "deleted"]
    assert lines[3]["position"]["latitude_deg"] == pytest.approx(48.8782)
    assert all("position" not in one for one in lines[4:])


def test_who_does_not_read_keeps_nobody_waiting_and_is_told_the_newest(tmp_path):
    async def body(stage):
        async with stage.client("operator") as client, client.stream("GET", "/api/v1/export/tracks.ndjson?follow=true") as answer:
            reading = answer.aiter_lines()
            await anext(reading)
            for step in range(300):
                stage.core.see(*(track(f"S{i}", step * 0.2) for i in range(20)))
                if step % 50 == 0:
                    await asyncio.sleep(0)
            stage.core.see(track("S0", 9_999.0))
            newest, lines = msgspec.to_builtins(track("S0", 9_999.0).time), 1
            while json.loads(await anext(reading))["time"] != newest:
                lines += 1
            return lines

    assert on(tmp_path, body) < 6_000


def test_a_token_that_is_taken_away_ends_its_lines(tmp_path, monkeypatch):
    monkeypatch.setattr("fusion.console.exporting.CHECK_S", 0.05)

    async def body(stage):
        async with stage.client("administrator") as boss:
            made = (await boss.post("/api/v1/tokens", json={"name": "script", "scopes": ["read"]})).json()
            async with (
                stage.client(token=made["token"]) as script,
                script.stream("GET", "/api/v1/export/tracks.ndjson?follow=true") as answer,
            ):
                reading = answer.aiter_lines()
                await anext(reading)
                await boss.delete(f"/api/v1/tokens/{made['id']}")
                return [line async for line in reading]

    assert len(on(tmp_path, body)) == 2
