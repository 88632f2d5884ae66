"""The library: every scenario is an acceptance test that passes as it is and fails when it is broken; CWA 18150 is covered."""

from pathlib import Path
from typing import get_args

import pytest

from fusion.assembly import read_register, read_zones
from simulators.check import Task, attempt, check_all
from simulators.library_page import library_page
from simulators.scenario import Situation
from simulators.scenario_file import find, library, load

LONG = {"dense_sky", "eiffel_tower", "outdoor_concert"}
"""What takes half a minute and more of a core; the others take some seconds."""

SHORT = [name for name in library() if name not in LONG]
OTHER_SEEDS = 3


@pytest.fixture(scope="module", params=library())
def stage(request):
    return load(find(request.param))


def test_there_are_twelve_scenarios_at_least():
    assert len(library()) >= 12


def test_every_situation_of_the_agreement_is_covered():
    told = [situation for name in library() for situation in load(find(name)).scenario.situations]
    assert set(told) == set(get_args(Situation))
    assert len(get_args(Situation)) == 10


def test_each_tells_what_must_come_of_it_and_how_it_is_broken(stage):
    told = stage.scenario
    assert told.expect
    assert any(one.flagged for one in told.expect)
    assert told.broken
    assert told.broken.why
    assert all(one.by_s is None or one.by_s <= told.duration_s for one in told.expect)


def test_each_expects_zones_that_its_site_has(stage):
    zones = {zone.identifier for zone in read_zones(stage.site.zones.files, stage.site_path.parent)}
    assert zones
    assert {one.zone for one in stage.scenario.expect if one.zone} <= zones
    permits = read_register(stage.site.zones.register, stage.site_path.parent).permits
    assert {zone for permit in permits for zone in permit.zones or ()} <= zones


def test_each_is_where_it_says_and_its_sensors_near(stage):
    site, fixed = stage.site.site, [sensor for sensor in stage.site.sensor if sensor.platform is None]
    assert len({(sensor.latitude_deg, sensor.longitude_deg, sensor.altitude_hae_m) for sensor in fixed}) == len(fixed)
    for sensor in fixed:
        assert abs(sensor.latitude_deg - site.latitude_deg) < 0.06
        assert abs(sensor.longitude_deg - site.longitude_deg) < 0.09
        assert sensor.altitude_hae_m > site.ground_amsl_m + site.geoid_undulation_m


def test_who_is_never_to_be_flagged_anywhere_is_authorised(stage):
    actors = {actor.id: actor for actor in stage.scenario.actor}
    for one in stage.scenario.expect:
        if not one.flagged and one.zone is None:
            assert actors[one.actor].authorised, one.actor


def test_the_page_of_the_library_is_fresh():
    """`make docs` writes it."""
    page = Path(__file__).parents[2] / "docs" / "library.md"
    assert page.read_text(encoding="utf-8") == library_page()


@pytest.mark.slow
@pytest.mark.parametrize("name", SHORT)
def test_a_short_one_passes_as_it_is_and_fails_when_broken(name):
    assert [(one.what, one.reason) for one in attempt(Task(find(name))).outcomes if not one.met] == []
    assert attempt(Task(find(name), broken=True)).failed


@pytest.mark.deep
@pytest.mark.parametrize("name", library())
def test_each_passes_with_other_seeds(name):
    for ahead in range(OTHER_SEEDS):
        trial = attempt(Task(find(name), ahead))
        assert [(trial.seed, one.what, one.reason) for one in trial.outcomes if not one.met] == []


@pytest.mark.deep
def test_the_whole_library_passes_and_fails_when_broken(capsys):
    assert check_all(seeds=1, jobs=2) == 0, capsys.readouterr().out
