"""A replay at the console, heard by pages that are written from docs/console.md alone, against a core of their own."""

import asyncio
import contextlib
import threading

import numpy as np
import pytest
import websockets

from fusion import recording_index
from fusion.assembly import assemble
from fusion.playback import Playback
from fusion.warming import warm_up
from tests.console.recorded import FIRST, INPUTS, LAST, MS, Watcher, pictures, write
from tests.console.stage import config, operating, run

NAME = "evening.jsonl"


@pytest.fixture(scope="module", autouse=True)
def _compiled():
    """Compile what a core needs before any deadline runs."""
    warm_up()


def replayed(tmp_path, body, name=NAME, **more):
    """Let a body speak with a replay; give its page."""

    async def staged():
        async with operating(tmp_path) as stage, stage.stream(query=f"?recording={name}", **more) as socket:
            page = await Watcher(socket).begin()
            await body(page)
            return page

    write(tmp_path, name)
    return run(staged())


def agree(page, tmp_path, at_least):
    """Hold every frame against what a core of its own says of that time."""
    truth = pictures(assemble(config(tmp_path), tmp_path), INPUTS, [t for t, _ in page.seen])
    assert len(page.seen) >= at_least
    for t, seen in page.seen:
        assert seen == truth[t], t
    return truth


@pytest.mark.parametrize("name", [NAME, "evening.jsonl.gz", "evening.mcap"])
def test_every_frame_of_a_replay_is_what_the_core_says_of_that_time(tmp_path, name):
    async def body(page):
        await page.say(type="play", speed=16)
        await page.until(lambda v: v.clocks and v.clocks[-1]["ended"] and v.t == LAST)

    page = replayed(tmp_path, body, name)
    truth = agree(page, tmp_path, 8)
    assert len(truth[LAST].tracks) >= 5
    assert len({alert for alert, _, _ in page.revisions}) >= 1
    assert [page.hello[word] for word in ("mode", "t0", "site")] == ["replay", FIRST, "paris"]
    assert [page.hello["clock"][word] for word in ("first", "last")] == [FIRST, LAST]
    assert page.clocks[-1] == {"type": "clock", "t": LAST, "speed": 16.0, "playing": False, "ended": True}
    raised = {one["alert"]: one["raised"] for one in page.hello["clock"]["alerts"]}
    assert {alert for alert, _, _ in page.revisions} == raised.keys()
    assert all(FIRST <= at <= LAST for at in raised.values())


def test_a_replay_begins_paused_at_its_first_moment(tmp_path):
    async def body(page):
        await page.until(lambda v: v.frames and v.clocks)

    page = replayed(tmp_path, body)
    assert page.frames[0]["key"]
    assert page.t == FIRST
    assert page.named() == {}
    assert page.clocks == [{"type": "clock", "t": FIRST, "speed": 1.0, "playing": False, "ended": False}]


def test_seeking_anywhere_shows_what_a_straight_play_shows_there(tmp_path):
    moments = np.random.default_rng(5).integers(FIRST, LAST, 12).tolist()

    async def body(page):
        for t in (*moments, LAST, FIRST, FIRST - 1000):
            await page.seek(max(t, FIRST))
        await page.seek(moments[0])
        await page.say(type="play", speed=16)
        await page.until(lambda v: v.clocks[-1]["ended"] and v.t == LAST)

    page = replayed(tmp_path, body)
    agree(page, tmp_path, 16)
    resets = [one["reset"] for one in page.heard if one["type"] == "alerts"]
    assert sum(resets) >= 15
    keys = [frame["t"] for frame in page.frames if frame["key"]]
    assert keys == [FIRST, *moments, LAST, FIRST, FIRST, moments[0]]
    status = [one["status"]["time"] for one in page.heard if one["type"] == "status"]
    assert len(status) >= 12


def test_a_jump_stands_five_seconds_before_the_alert(tmp_path):
    async def body(page):
        await page.say(type="jump", alert="nobody")
        await page.until(lambda v: v.problems)
        one = page.hello["clock"]["alerts"][-1]
        await page.say(type="jump", alert=one["alert"])
        await page.until(lambda v: len([frame for frame in v.frames if frame["key"]]) == 2)
        assert page.t == max(one["raised"] - 5000, FIRST)
        assert one["alert"] not in page.open
        await page.say(type="play", speed=16)
        await page.until(lambda v: one["alert"] in v.open)

    page = replayed(tmp_path, body)
    assert page.problems == ["alert nobody: is not one of this recording"]


def test_a_seek_takes_the_place_of_one_that_is_under_way(tmp_path, monkeypatch):
    begun, go_on = threading.Event(), threading.Event()
    seek = Playback.seek

    def slow(self, time):
        if time == (FIRST + 5000) * MS:
            begun.set()
            go_on.wait(20.0)
        seek(self, time)

    monkeypatch.setattr(Playback, "seek", slow)

    async def body(page):
        await page.say(type="seek", time=FIRST + 5000)
        await asyncio.to_thread(begun.wait, 20.0)
        await page.say(type="seek", time=FIRST + 9000)
        await page.say(type="ping", id=1)
        await page.until(lambda v: any(one["type"] == "pong" for one in v.heard))  # heard, though the core is at work
        go_on.set()
        await page.until(lambda v: v.t == FIRST + 9000)

    page = replayed(tmp_path, body)
    assert [frame["t"] for frame in page.frames] == [FIRST, FIRST + 9000]
    agree(page, tmp_path, 2)


def test_a_pause_stands_still_and_a_seek_while_it_plays_plays_on(tmp_path):
    async def body(page):
        await page.say(type="play", speed=2)
        await page.until(lambda v: v.t > FIRST)
        await page.say(type="pause")
        await page.until(lambda v: not v.clocks[-1]["playing"] and v.t == v.clocks[-1]["t"] > FIRST)
        stands = page.t
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await page.until(lambda v: v.t != stands)
        await page.say(type="play", speed=4)
        await page.until(lambda v: v.clocks[-1]["playing"])
        await page.seek(FIRST + 6000)
        await page.until(lambda v: v.t > FIRST + 6000)

    page = replayed(tmp_path, body)
    assert page.clocks[-1]["speed"] == 4.0
    agree(page, tmp_path, 4)


def test_a_page_that_draws_nothing_is_sent_two_frames_and_then_the_present(tmp_path):
    async def body(page):
        page.drawing = False
        await page.say(type="play", speed=16)
        await page.until(lambda v: v.clocks and v.clocks[-1]["ended"])
        await page.say(type="ping", id=1)
        await page.until(lambda v: any(one["type"] == "pong" for one in v.heard))
        assert len(page.frames) == 2
        await page.say(type="ack", seq=2)
        await page.until(lambda v: len(v.frames) == 3)
        assert page.t == LAST

    agree(replayed(tmp_path, body), tmp_path, 3)


def test_a_page_that_reads_nothing_delays_neither_the_live_picture_nor_another_replay(tmp_path):
    async def body():
        query = f"?recording={NAME}"
        async with (
            operating(tmp_path) as stage,
            stage.stream(query=query, close_timeout=0.1) as stalled,
            stage.stream(query=query) as other,
        ):
            asleep, page = await Watcher(stalled).begin(), await Watcher(other).begin()
            stalled.transport.pause_reading()
            await asleep.say(type="play", speed=16)
            await page.say(type="play", speed=16)
            await page.until(lambda v: v.clocks and v.clocks[-1]["ended"] and v.t == LAST)
            assert len(asleep.frames) == 0
            return page

    write(tmp_path)
    agree(run(body()), tmp_path, 8)


@pytest.mark.parametrize(
    "nonsense", ['{"type": "play"}', '{"type": "play", "speed": 0.5}', '{"type": "play", "speed": 17}', '{"type": "seek", "time": -1}', '{"type": "seek", "time": "now"}', '{"type": "jump"}', '{"type": "fly"}'],
)  # fmt: skip
def test_what_is_not_understood_is_said_and_changes_nothing(tmp_path, nonsense):
    async def body(page):
        await page.until(lambda v: v.clocks)
        await page.socket.send(nonsense)
        await page.say(type="ping", id=1)
        await page.until(lambda v: any(one["type"] == "pong" for one in v.heard))

    page = replayed(tmp_path, body)
    assert len(page.problems) == 1
    assert len(page.frames) == len(page.clocks) == 1


def test_who_may_not_see_pilots_and_friends_sees_neither_in_a_replay(tmp_path):
    """A token of the scope replay has no pilot and no friendly: it is told fewer tracks or the same, never more."""

    async def body():
        async with operating(tmp_path) as stage, stage.client("administrator") as boss:
            made = await boss.post("/api/v1/tokens", json={"name": "wall", "scopes": ["read", "replay"]})
            async with stage.client() as client:
                await client.post("/api/v1/session/token", json={"token": made.json()["token"]})
                cookie = client.cookies["vigie_session"]
            async with stage.stream(cookie=cookie, query=f"?recording={NAME}") as socket:
                page = await Watcher(socket).begin()
                await page.seek(FIRST + 9000)
                return page

    write(tmp_path)
    page = run(body())
    assert "pilot" not in page.hello["session"]["permissions"]
    assert page.named()
    assert not any(info.get("pilot") for info in page.info.values())


def refusal(stage, query, role):
    async def asked():
        with pytest.raises(websockets.InvalidStatus) as refused:
            async with stage.stream(role, query=query):
                pass
        return refused.value.response.status_code

    return asked()


FORGED = ("none.jsonl", "../evening.jsonl", "..%2fevening.jsonl", "%2e%2e/site.toml", "evening.jsonl%00", "", ".", "..", "evening.jsonl.index", "sub/evening.jsonl", "link.jsonl", "secret.txt", "/etc/passwd", "%ff%fe", "a" * 4000)  # fmt: skip


def test_names_that_are_not_in_the_directory_are_refused(tmp_path):
    async def body():
        async with operating(tmp_path) as stage, stage.client("operator") as client:
            streams = {name: await refusal(stage, f"?recording={name}", "operator") for name in FORGED}
            span = "from=2026-07-26T00:00:00Z&to=2026-07-27T00:00:00Z"
            clips = {name: (await client.get(f"/api/v1/recordings/{name}/clip?{span}")).status_code for name in FORGED}
            listed = [one["name"] for one in (await client.get("/api/v1/recordings")).json()["items"]]
            return streams, clips, listed

    path = write(tmp_path)
    (tmp_path / NAME).write_bytes(path.read_bytes())  # beside the directory, not in it
    (path.parent / "link.jsonl").symlink_to(tmp_path / NAME)
    (path.parent / "secret.txt").write_text("secret")
    (path.parent / "sub").mkdir()
    (path.parent / "sub" / NAME).write_bytes(path.read_bytes())
    streams, clips, listed = run(body())
    assert set(streams.values()) == {404}
    assert set(clips.values()) == {404}
    assert listed == [NAME]


@pytest.mark.parametrize(("role", "status"), [("viewer", 403), (None, 401)])
def test_a_replay_opens_to_those_alone_who_may(tmp_path, role, status):
    async def body():
        async with operating(tmp_path) as stage:
            if role is None:
                with pytest.raises(websockets.InvalidStatus) as refused:
                    async with stage.stream(cookie="forged", query=f"?recording={NAME}"):
                        pass
                return refused.value.response.status_code
            return await refusal(stage, f"?recording={NAME}", role)

    write(tmp_path)
    assert run(body()) == status


def test_a_parameter_that_is_given_twice_is_refused(tmp_path):
    async def body():
        async with operating(tmp_path) as stage:
            return await refusal(stage, f"?recording={NAME}&recording={NAME}", "operator")

    write(tmp_path)
    assert run(body()) == 400


def test_too_many_replays_at_once_are_refused_until_one_closes(tmp_path, monkeypatch):
    monkeypatch.setattr("fusion.console.desk.REPLAYS", 1)

    async def body():
        query = f"?recording={NAME}"
        async with operating(tmp_path) as stage:
            async with stage.stream(query=query) as socket:
                await Watcher(socket).begin()
                status = await refusal(stage, query, "operator")
            while True:
                with contextlib.suppress(websockets.InvalidStatus):
                    async with stage.stream(query=query) as socket:
                        page = await Watcher(socket).begin()
                        await page.until(lambda v: v.frames)
                        return status

    write(tmp_path)
    assert run(body()) == 503


@pytest.mark.parametrize("content", [b"", b"nonsense\n", b'{"tick": "2026-07-26T17:30:00Z"}\nnonsense\n'])
def test_a_recording_that_cannot_be_read_is_said_without_where_it_lies(tmp_path, content):
    async def body():
        async with operating(tmp_path) as stage, stage.stream(query="?recording=broken.jsonl") as socket:
            told = [await socket.recv()]
            with pytest.raises(websockets.ConnectionClosed):
                await socket.recv()
            return told, socket.close_code

    (tmp_path / "recordings").mkdir()
    (tmp_path / "recordings" / "broken.jsonl").write_bytes(content)
    told, code = run(body())
    assert len(told) == 1
    assert '"problem"' in told[0]
    assert "broken.jsonl" in told[0]
    assert str(tmp_path) not in told[0]
    assert code == 1011


def test_an_index_is_made_once_and_given_up_when_the_console_stops(tmp_path, monkeypatch):
    made = []
    make = Playback.make_index
    monkeypatch.setattr(Playback, "make_index", lambda self, *args: made.append(1) or make(self, *args))

    async def body():
        query = f"?recording={NAME}"
        async with operating(tmp_path) as stage, stage.stream(query=query) as one, stage.stream(query=query) as other:
            pages = [await Watcher(one).begin(), await Watcher(other).begin()]
            for page in pages:
                await page.until(lambda v: v.frames)
        recording_index.path_of(path).unlink()
        async with operating(tmp_path) as stage:
            stage.console.stopping.set()
            async with stage.stream(query=query) as socket:
                with contextlib.suppress(websockets.ConnectionClosed):
                    while True:
                        await socket.recv()
                return len(made), socket.close_code

    path = write(tmp_path)
    assert run(body()) == (2, 1012)
    assert not recording_index.path_of(path).exists()


def test_the_recording_is_as_long_as_it_says():
    assert LAST - FIRST > 13_000
    assert len(INPUTS) > 100
