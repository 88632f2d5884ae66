"""The stream, heard by pages that are written from docs/console.md alone."""

import asyncio
import contextlib
import json

import pytest
import websockets

from fusion.console.permissions import EVERYTHING
from fusion.messages import Rejected, utc
from tests.console.stage import ALERT, Viewer, alert, operating, run, track
from tests.scene import START


def alerts_of(viewer):
    return [(name, revision) for name, revision, archived in viewer.revisions if not archived]


def test_two_pages_agree_with_each_other_and_with_what_there_is(tmp_path):
    async def body():
        async with operating(tmp_path) as stage, stage.stream() as one, stage.stream("supervisor") as other:
            first, second = await Viewer(one).begin(), await Viewer(other).begin()
            for step in range(50):
                stage.core.see(*(track(f"T{i}", step * 0.2, east=i * 1e-4 + step * 1e-6) for i in range(step % 7, 20)))
                if step == 25:
                    stage.core.see(track("T3", 5.5, status="deleted"))
                if step % 10 == 0:
                    stage.core.raise_alert(alert(f"A{step}"))
                await asyncio.sleep(0)
            newest = {one.track: round(one.position.longitude_deg * 1e7) for one in stage.console.feed.sky.tracks(EVERYTHING)}  # fmt: skip

            def settled(v):
                return {name: row[2] for name, row in v.named().items()} == newest and len(v.open) == 5

            await asyncio.gather(first.until(settled), second.until(settled))
            return first, second

    first, second = run(body())
    assert first.named() == second.named()
    assert first.open == second.open
    assert alerts_of(first) == alerts_of(second) == [(f"A{step}", 1) for step in range(0, 50, 10)]
    assert [frame["seq"] for frame in first.frames] == list(range(1, len(first.frames) + 1))
    assert first.frames[0]["key"]
    assert not any(frame["key"] for frame in first.frames[1:])


def test_an_acknowledgement_at_one_page_is_seen_at_the_other(tmp_path):
    async def body():
        async with operating(tmp_path) as stage, stage.stream() as one, stage.client("operator") as client:
            page = await Viewer(one).begin()
            stage.core.raise_alert(alert())
            await page.until(lambda v: v.open)
            command = {"command": "acknowledge", "why": "mine"}
            await client.post(f"/api/v1/alerts/{ALERT}/commands", json=command, headers={"If-Match": '"1"'})
            await page.until(lambda v: v.open[ALERT]["state"] == "acknowledged")
            return page

    page = run(body())
    assert page.open[ALERT]["acknowledged_by"] == "a.operator"
    assert alerts_of(page) == [(ALERT, 1), (ALERT, 2)]


def test_a_page_comes_back_after_the_service_died_without_a_lost_or_doubled_alert(tmp_path):
    async def body():
        async with operating(tmp_path) as stage:
            stage.core.raise_alert(*(alert(f"A{i}") for i in range(5)))
            async with stage.stream() as socket:
                page = await Viewer(socket).begin()
                await page.until(lambda v: len(v.open) == 5)
            stage.core.raise_alert(alert("B"), alert("A1", revision=2, state="acknowledged"))  # nobody hears it
        async with operating(tmp_path) as again:
            again.core.raise_alert(alert("C"))
            async with again.stream() as socket:
                back = await Viewer(socket, epoch=page.epoch, alerts=page.last).begin()
                await back.until(lambda v: ("C", 1, False) in v.revisions)
            async with again.stream() as socket:
                newcomer = await Viewer(socket).begin()
                await newcomer.until(lambda v: len(v.open) == 7)
            async with again.stream() as socket:
                stranger = await Viewer(socket, epoch="another", alerts=3).begin()
                await stranger.until(lambda v: len(v.open) == 7)
            return page, back, newcomer, stranger

    page, back, newcomer, stranger = run(body())
    assert back.epoch == page.epoch
    assert alerts_of(page) == [(f"A{i}", 1) for i in range(5)]
    assert alerts_of(back) == [("B", 1), ("A1", 2), ("C", 1)]
    assert newcomer.open == stranger.open
    resets = [message["reset"] for message in newcomer.heard if message["type"] == "alerts"]
    assert resets[0] is True
    assert newcomer.open["A1"]["revision"] == 2


def test_a_page_that_draws_nothing_is_sent_two_frames_and_then_the_present(tmp_path):
    async def body():
        async with operating(tmp_path) as stage, stage.stream() as one, stage.stream() as other:
            lazy, quick = await Viewer(one, drawing=False).begin(), await Viewer(other).begin()
            await lazy.until(lambda v: v.frames)
            for step in range(100):
                stage.core.see(track("T1", step * 0.2, east=step * 1e-6))
                await quick.until(
                    lambda v, step=step: any(row[1] == step * 200 + (START // 10**6 - v.hello["t0"]) for row in v.tracks.values())
                )
                if step == 50:
                    stage.core.raise_alert(alert())
            await lazy.until(lambda v: len(v.frames) == 2 and v.open)  # alerts wait for no frame
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.1):
                    await lazy.until(lambda v: len(v.frames) > 2)
            await lazy.say(type="ack", seq=2)
            await lazy.until(lambda v: len(v.frames) == 3)
            return lazy, quick

    lazy, quick = run(body())
    assert lazy.named() == quick.named()
    assert len(quick.frames) > 50


def test_a_browser_that_reads_nothing_delays_nobody_and_not_the_end(tmp_path):
    async def body():
        async with operating(tmp_path) as stage, stage.stream() as one, stage.stream(close_timeout=0.1) as stalled:
            page, other = await Viewer(one).begin(), await Viewer(stalled).begin()
            stalled.transport.pause_reading()
            many = [track(f"T{i}", 0.0, east=i * 1e-5) for i in range(500)]
            for step in range(60):
                stage.core.see(*many[: 400 + step])
                stage.core.raise_alert(*(alert(f"A{step}-{i}", reasons=("x" * 2000,)) for i in range(10)))
                await page.until(lambda v, step=step: len(v.open) == 10 * (step + 1))
            assert len(other.frames) < 3
            stage.console.stopping.set()
            with contextlib.suppress(websockets.ConnectionClosed):
                await page.until(lambda v: False)
            return one.close_code

    assert run(body()) == 1012


def test_what_is_not_understood_is_said_and_changes_nothing(tmp_path):
    async def body():
        async with operating(tmp_path) as stage, stage.stream() as socket:
            page = await Viewer(socket).begin()
            for nonsense in ("{", "[]", '{"type": "fly"}', '{"type": "ack"}', '{"type": "ack", "seq": -1}', "[" * 10_000, '{"type": "resume", "epoch": null, "alerts": 0}'):  # fmt: skip
                await socket.send(nonsense)
            await socket.send(b"\xff\xfe")
            await page.say(type="ack", seq=10**9)
            await page.say(type="ping", id=3)
            await page.until(lambda v: any(one["type"] == "pong" for one in v.heard))
            stage.core.see(track())
            await page.until(lambda v: v.named())
            return [one for one in page.heard if one["type"] in {"problem", "pong"}]

    told = run(body())
    assert [one["type"] for one in told] == ["problem"] * 8 + ["pong"]
    assert told[-1]["id"] == 3


@pytest.mark.parametrize("first", ["{}", '{"type": "ack", "seq": 1}', "nonsense"])
def test_a_stream_begins_with_resume_or_not_at_all(tmp_path, first):
    async def body():
        async with operating(tmp_path) as stage, stage.stream() as socket:
            await socket.recv()
            await socket.send(first)
            told = json.loads(await socket.recv())
            with pytest.raises(websockets.ConnectionClosed):
                await socket.recv()
            return told

    assert run(body())["type"] == "problem"


def test_a_session_that_ends_closes_its_stream(tmp_path, monkeypatch):
    monkeypatch.setattr("fusion.console.stream.CHECK_S", 0.02)

    async def body():
        async with operating(tmp_path) as stage:
            secret = stage.cookie("operator")
            async with stage.stream(cookie=secret) as socket, stage.client(cookie=secret) as client:
                page = await Viewer(socket).begin()
                await page.until(lambda v: v.frames)
                await client.delete("/api/v1/session")
                with contextlib.suppress(websockets.ConnectionClosed):
                    await page.until(lambda v: False)
                return socket.close_code

    assert run(body()) == 4401


def test_the_watched_track_comes_whole_and_leaves(tmp_path):
    async def body():
        async with operating(tmp_path) as stage, stage.stream("viewer") as socket:
            page = await Viewer(socket).begin()
            await page.say(type="watch", track="T1")
            stage.core.see(track("T1", 1.0, pilot=(48.8, 2.3)), track("T2", 1.0))
            await page.until(lambda v: any(one["type"] == "track" for one in v.heard))
            stage.core.see(track("T1", 2.0, status="deleted"))
            await page.until(lambda v: any(one["type"] == "track" and one["track"] is None for one in v.heard))
            return [one["track"] for one in page.heard if one["type"] == "track"]

    whole, *_, last = run(body())
    assert last is None
    assert (whole or {}).get("track", "T1") == "T1"
    assert "pilot" not in (whole or {})


def test_silence_of_the_core_is_said(tmp_path, monkeypatch):
    async def body():
        async with operating(tmp_path) as stage, stage.stream() as socket:
            page = await Viewer(socket).begin()
            stage.core.see(track())
            links = lambda v: [one["state"] for one in v.heard if one["type"] == "link"]  # noqa: E731
            await page.until(lambda v: "online" in links(v))
            stage.console.feed._heard -= 3000
            stage.console.feed.look_up()
            await page.until(lambda v: links(v)[-1] == "stale")
            stage.core.see(track("T1", 2.0))
            await page.until(lambda v: links(v)[-1] == "online")
            for number in range(50):
                stage.console.feed.take(Rejected(topic="t", reason=str(number), time=utc(START)))
            await page.say(type="ping", id=1)
            await page.until(lambda v: any(one["type"] == "pong" for one in v.heard))
            return sum(one["type"] == "rejected" for one in page.heard)

    assert 1 <= run(body()) <= 10
