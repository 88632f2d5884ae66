"""A scenario at the console, against a core of its own, the truth on file, and what `vigie score` says of the same run."""

from __future__ import annotations

import json
import math

import msgspec
import numpy as np
import pytest

from fusion.assembly import assemble
from fusion.recording import read, with_ticks
from fusion.replay import fed, write_down
from fusion.warming import warm_up
from simulators import scenario_file
from simulators.case import write_case
from simulators.earth import ecef_from_wgs84
from simulators.rehearsal import Flight, Library
from simulators.scoring import gospa
from simulators.scoring.pairing import pairs_of
from simulators.scoring.reading import load_tracks, load_truths, origin
from simulators.scoring.scene import Scene
from simulators.scoring.score import switches
from tests.console.recorded import Watcher, pictures
from tests.console.stage import operating, run
from tests.console.test_playing import refusal

SECONDS = 60.0


def stage_of(name="crossing", seed=None):
    """Give a scenario's first minute: its drones meet in it."""
    stage = scenario_file.load(scenario_file.find(name))
    stage = stage if seed is None else stage.seeded(seed)
    return stage._replace(scenario=msgspec.structs.replace(stage.scenario, duration_s=SECONDS))


class Short(Library):
    """The library, of each scenario only the beginning."""

    def rehearse(self, name, seed):
        return Flight(stage_of(name, seed))


@pytest.fixture(scope="module", autouse=True)
def _compiled():
    """Compile what a core needs before any deadline runs."""
    warm_up()


@pytest.fixture(scope="module")
def flown(tmp_path_factory):
    """Let a page watch a scenario from its beginning to its end."""

    async def body():
        async with operating(base, test_range=Short) as stage, stage.stream("supervisor", query="?scenario=crossing") as socket:
            page = await Watcher(socket).begin()
            await page.say(type="seek", time=page.hello["clock"]["first"])
            await page.say(type="play", speed=16)
            await page.until(lambda v: v.clocks and v.clocks[-1]["ended"] and v.t == v.hello["clock"]["last"])
            return page

    base = tmp_path_factory.mktemp("flown")
    return run(body())


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    """Write the same scenario as a case, and replay it."""
    directory = tmp_path_factory.mktemp("case")
    written = write_case(stage_of(), directory)
    site = stage_of().site
    write_down(fed(read(directory / "recording.jsonl.gz"), assemble(site, directory)), directory / "out")
    assert written.seconds == SECONDS
    return directory


def test_every_frame_is_what_the_core_says_of_that_time(flown, case):
    inputs = with_ticks(read(case / "recording.jsonl.gz"))
    truth = pictures(assemble(stage_of().site, case), inputs, [t for t, _ in flown.seen])
    for t, seen in flown.seen:
        assert seen == truth[t], t
    assert len(flown.seen) > 20
    assert max(len(seen.tracks) for _, seen in flown.seen) >= 4
    assert [flown.hello[word] for word in ("mode", "site", "sensors")] == ["scenario", "crossing", ["radar-1"]]


def test_a_scenario_cannot_seek(flown):
    assert flown.problems == ["a scenario cannot seek"]
    assert sum(frame["key"] for frame in flown.frames) == 1


def test_the_score_is_that_of_vigie_score_at_the_same_second(flown, case):
    here = origin(stage_of().site.site)
    scene = Scene.of(load_tracks(case / "out" / "tracks.jsonl", here), load_truths(case / "truth.csv", here))
    pairs = pairs_of(scene)
    distances = gospa.over_time(pairs, scene.c).distance()
    scores = [one for one in flown.heard if one["type"] == "score"]
    assert len(scores) >= 10
    for one in scores:
        (step,) = np.flatnonzero(np.abs(scene.time * 1000 - one["t"]) < 1.0).tolist()
        upto = pairs.step <= step
        so_far = pairs._replace(step=pairs.step[upto], truth=pairs.truth[upto], track=pairs.track[upto])
        assert one["figures"] == {
            "gospa_m": pytest.approx(distances[step], abs=0.02),  # truths on file are rounded, and straight between rows
            "missed": pairs.missed[step],
            "false": pairs.false[step],
            "identity_switches": switches(so_far),
        }, one["t"]
    assert scores[0]["figures"]["missed"] == 4  # nobody is tracked at first
    assert scores[-1]["figures"]["missed"] < 4


def test_the_truth_is_that_on_file(flown, case):
    lines = (case / "truth.csv").read_text().splitlines()
    rows = [line.split(",") for line in lines[1:]]
    truths = [one for one in flown.heard if one["type"] == "truth"]
    assert len(truths) > 20
    on_file = {}
    for row in rows:
        on_file.setdefault(row[1], []).append([float(value) for value in row[:1] + row[2:5]])
    for one in truths[:: len(truths) // 20]:
        for name, latitude, longitude, height, kind in one["up"]:
            table = np.array(on_file[name])
            expected = [np.interp(one["t"] / 1000, table[:, 0], table[:, column]) for column in (1, 2, 3)]
            places = [
                (math.radians(a), math.radians(b), c) for a, b, c in (expected, (latitude / 1e7, longitude / 1e7, height / 10))
            ]
            assert np.linalg.norm(ecef_from_wgs84(*places[0]) - ecef_from_wgs84(*places[1])) < 0.15
            assert kind == "multirotor"
    assert {row[0] for one in truths for row in one["up"]} == on_file.keys()


def test_the_same_seed_flies_the_same_and_another_does_not():
    def said(seed, steps):
        flight = Flight(stage_of(seed=seed))
        times = [flight.first + round(step * 1e9) for step in np.linspace(0.0, 20.0, steps)]
        found = [flight.advance(time) for time in times]
        return msgspec.json.encode([output for outputs, _ in found for output in outputs]), found[-1][1]["truth"]

    once = said(3, 7)
    assert once == said(3, 61)  # at any speed
    assert once != said(4, 7)


def test_the_scenarios_are_those_of_the_library(tmp_path):
    async def body():
        async with operating(tmp_path, test_range=Library) as stage, stage.client("supervisor") as client:
            described = (await client.get("/api/v1/openapi.json")).json()["paths"]
            return (await client.get("/api/v1/scenarios")).json()["items"], described

    items, described = run(body())
    assert [one["name"] for one in items] == scenario_file.library()
    crossing = next(one for one in items if one["name"] == "crossing")
    told = scenario_file.load(scenario_file.find("crossing")).scenario
    assert crossing == {"name": "crossing", "title": told.description, "duration_s": 120.0, "site": "crossing"}
    assert "/api/v1/scenarios" in described


NONE = ("nothing", "", "../crossing", "crossing.toml", str(scenario_file.LIBRARY / "crossing.toml"), "%00", "crossing_site")


def test_who_may_not_and_what_there_is_not_is_refused(tmp_path):
    async def body():
        async with operating(tmp_path, test_range=Short) as stage:
            found = {name: await refusal(stage, f"?scenario={name}", "supervisor") for name in NONE}
            found |= {role: await refusal(stage, "?scenario=crossing", role) for role in ("viewer", "operator")}
            for seed in ("-1", "x", "1.5", "", "9" * 16):
                found[f"seed {seed}"] = await refusal(stage, f"?scenario=crossing&seed={seed}", "supervisor")
            found["both"] = await refusal(stage, "?scenario=crossing&recording=x.jsonl", "supervisor")
            return found

    found = run(body())
    assert {found[name] for name in NONE} == {404}
    assert (found["viewer"], found["operator"], found["both"]) == (403, 403, 400)
    assert {status for name, status in found.items() if name.startswith("seed")} == {422}


def test_without_a_test_range_there_are_no_scenarios(tmp_path):
    async def body():
        async with operating(tmp_path) as stage, stage.client("supervisor") as client:
            return (await client.get("/api/v1/scenarios")).json(), await refusal(stage, "?scenario=crossing", "supervisor")

    assert run(body()) == ({"items": []}, 404)


def test_that_a_scenario_was_flown_stands_in_the_access_log(tmp_path):
    async def body():
        async with operating(tmp_path, test_range=Short) as stage, stage.client("supervisor") as client:
            async with stage.stream("supervisor", query="?scenario=crossing&seed=7") as socket:
                hello = json.loads(await socket.recv())
            return hello, (await client.get("/api/v1/access", params={"what": "scenario"})).json()["items"]

    hello, log = run(body())
    assert hello["clock"]["alerts"] == []
    assert hello["clock"]["last"] - hello["clock"]["first"] == SECONDS * 1000
    assert [(one["who"], one["subject"], one["why"]) for one in log] == [("a.supervisor", "crossing", "7")]
