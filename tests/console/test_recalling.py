"""Which recordings there are, and parts of them as files that `vigie replay` plays."""

import gzip
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from fusion import recording, recording_index
from fusion.assembly import assemble
from fusion.console.recordings import Recordings
from fusion.messages import RawMessage, Tick, utc
from fusion.playback import when
from tests.console.recorded import INPUTS, Watcher, write
from tests.console.stage import config, operating, run
from tests.properties.streams import TREE

FIRST, LAST = utc(when(INPUTS[0])), utc(when(INPUTS[-1]))


def at(seconds):
    return (FIRST + timedelta(seconds=seconds)).isoformat()


def get(tmp_path, path, role="operator", **query):
    async def body():
        async with operating(tmp_path) as stage, stage.client(role) as client:
            answer = await client.get(f"/api/v1/{path}", params=query)
            log = await client.get("/api/v1/access", params={"what": "clip"})
            return answer, log

    return run(body())


def clip(tmp_path, begin, end, role="operator", name="evening.jsonl"):
    return get(tmp_path, f"recordings/{name}/clip", role, **{"from": begin, "to": end})


def test_without_a_directory_there_are_no_recordings(tmp_path):
    assert get(tmp_path, "recordings")[0].json() == {"items": []}


def test_recordings_are_told_with_their_size_and_once_indexed_with_their_span_and_alerts(tmp_path):
    async def body():
        async with operating(tmp_path) as stage, stage.client("operator") as client:
            before = (await client.get("/api/v1/recordings")).json()["items"]
            async with stage.stream() as other:
                live = await Watcher(other).begin()
                await live.until(lambda v: v.frames)
                async with stage.stream(query="?recording=evening.jsonl") as socket:
                    page = await Watcher(socket).begin()
                await live.until(lambda v: {"type": "changed", "what": "recordings"} in v.heard)
            after = (await client.get("/api/v1/recordings")).json()["items"]
            path.write_bytes(path.read_bytes() + recording.line_of(Tick(time=when(INPUTS[-1]) + 1)))
            return page, before, after, (await client.get("/api/v1/recordings")).json()["items"]

    path, other = write(tmp_path), write(tmp_path, "morning.mcap")
    (tmp_path / "recordings" / "notes.txt").write_text("none")
    (tmp_path / "recordings" / ".hidden.jsonl").write_text("")
    page, before, after, changed = run(body())
    assert [one["name"] for one in before] == ["evening.jsonl", "morning.mcap"]
    assert [one["size"] for one in before] == [sum(len(recording.line_of(item)) for item in INPUTS), other.stat().st_size]
    assert [(one["indexed"], one["first"], one["alerts"]) for one in before] == [(False, None, [])] * 2
    told = after[0]
    assert told["indexed"]
    assert [datetime.fromisoformat(told[name]) for name in ("first", "last")] == [FIRST, LAST]
    assert [one["alert"] for one in told["alerts"]] == [one["alert"] for one in page.hello["clock"]["alerts"]]
    raised = [datetime.fromisoformat(one["raised"]) for one in told["alerts"]]
    assert [int(one.timestamp() * 1000) for one in raised] == [one["raised"] for one in page.hello["clock"]["alerts"]]
    assert not after[1]["indexed"]
    assert not changed[0]["indexed"]  # what was added is not in the index


def test_a_clip_is_the_recording_of_that_time_byte_for_byte(tmp_path):
    path = write(tmp_path)
    answer, _ = clip(tmp_path, at(4), at(8))
    assert answer.status_code == 200
    assert answer.headers["content-disposition"] == f'attachment; filename="evening-{FIRST + timedelta(seconds=4):%H%M%S}-{FIRST + timedelta(seconds=8):%H%M%S}.jsonl.gz"'  # fmt: skip
    begin, end = when(INPUTS[0]) + 4 * 10**9, when(INPUTS[0]) + 8 * 10**9
    zone, *rest = gzip.decompress(answer.content).splitlines(keepends=True)
    assert rest == [recording.line_of(item) for item in recording.read(path) if begin <= when(item) < end]
    assert recording.input_of(zone) == msgspec.structs.replace(INPUTS[0], received=begin)  # as a broker would give it then
    assert clip(tmp_path, at(4), at(8))[0].content == answer.content


def test_a_clip_has_the_newest_of_what_was_retained_and_nothing_that_was_withdrawn(tmp_path):
    def said(topic, payload, at):
        return RawMessage(topic=TREE.path(**topic), payload=payload, received=at)

    plan, moving = {"name": "zone_plan"}, {"name": "zone_window", "zone": "A"}
    start = when(INPUTS[0])
    inputs = [
        said(plan, b'{"plan": "A"}', start), said(moving, b"[]", start + 1), said(plan, b'{"plan": "B"}', start + 2),
        said(moving, b"", start + 3), Tick(time=start + 10**9), Tick(time=start + 2 * 10**9),
    ]  # fmt: skip
    write(tmp_path, inputs=inputs)
    answer, _ = clip(tmp_path, at(1), at(9))
    found = [recording.input_of(line) for line in gzip.decompress(answer.content).splitlines()]
    assert found == [said(plan, b'{"plan": "B"}', start + 10**9), *inputs[4:]]


def test_what_was_taken_stands_in_the_access_log(tmp_path):
    write(tmp_path)
    answer, log = clip(tmp_path, at(4), at(8), "supervisor")
    assert answer.status_code == 200
    assert [(one["who"], one["subject"]) for one in log.json()["items"]] == [("a.supervisor", "evening.jsonl")]


def test_a_clip_holds_everything_and_so_wants_the_right_to_see_everything(tmp_path):
    async def body():
        async with operating(tmp_path) as stage, stage.client("administrator") as boss:
            made = await boss.post("/api/v1/tokens", json={"name": "cutter", "scopes": ["read", "export", "pilot"]})
            async with stage.client(token=made.json()["token"]) as client:
                return await client.get("/api/v1/recordings/evening.jsonl/clip", params={"from": at(1), "to": at(2)})

    write(tmp_path)
    refused = run(body())
    assert refused.status_code == 403
    assert "friendly" in refused.json()["detail"]


@pytest.mark.parametrize(
    ("begin", "end", "field"), [(8, 4, "$.to"), (4, 4, "$.to"), (100, 200, "$.from"), (-20, -10, "$.from")]
)  # fmt: skip
def test_a_clip_of_nothing_is_refused_by_field(tmp_path, begin, end, field):
    write(tmp_path)
    answer, _ = clip(tmp_path, at(begin), at(end))
    assert answer.status_code == 422
    assert [one["field"] for one in answer.json()["errors"]] == [field]


def test_a_clip_of_what_cannot_be_read_is_refused_without_where_it_lies(tmp_path):
    write(tmp_path).write_bytes(b"nonsense\n")
    answer, _ = clip(tmp_path, at(0), at(1))
    assert answer.status_code == 409
    assert answer.json()["detail"].startswith("evening.jsonl, line 1")


def test_an_index_of_another_site_is_none(tmp_path):
    path, settings = write(tmp_path), config(tmp_path)
    known = Recordings(settings, tmp_path, path.parent)
    known.playback(known.find(path.name), bool)
    assert known.summary(known.find(path.name)) is not None
    (tmp_path / "register.toml").write_text("")
    assert known.summary(known.find(path.name)) is None


def test_an_index_that_cannot_be_written_is_kept_for_the_one_who_asked(tmp_path):
    path, settings = write(tmp_path), config(tmp_path)
    recording_index.path_of(path).mkdir()  # in its place
    known = Recordings(settings, tmp_path, path.parent)
    playback = known.playback(known.find(path.name), bool).playback
    playback.seek(when(INPUTS[-1]))
    alone = assemble(settings, tmp_path)
    for item in INPUTS[:-1]:
        alone.feed(item)
    assert playback.pipeline.snapshot() == alone.snapshot()


def test_the_description_has_both_routes(tmp_path):
    paths = get(tmp_path, "openapi.json")[0].json()["paths"]
    listed, cut = paths["/api/v1/recordings"]["get"], paths["/api/v1/recordings/{name}/clip"]["get"]
    assert listed["responses"]["200"]["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/RecordingsTold"}
    assert {(one["name"], one["in"], one["required"]) for one in cut["parameters"]} == {
        ("name", "path", True), ("from", "query", True), ("to", "query", True),
    }  # fmt: skip
    assert {"403", "404", "409", "422"} <= cut["responses"].keys()


def test_the_times_are_as_the_wire_has_them():
    assert FIRST.tzinfo is UTC
