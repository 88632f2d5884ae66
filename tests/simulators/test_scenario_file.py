"""What a scenario may say, and how a mistake in it is explained."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from fusion.errors import ConfigError
from simulators.scenario_file import find, library, load
from tests.simulators.scenes import DRONE, HEAD, RADAR, SITE


def explained(tmp_path: Path, scenario: str, sensors: str = RADAR) -> str:
    """Read a wrong scenario and give the explanation, without the directory."""
    (tmp_path / "site.toml").write_text(SITE + sensors, encoding="utf-8")
    (tmp_path / "scenario.toml").write_text(scenario, encoding="utf-8")
    with pytest.raises(ConfigError) as error:
        load(tmp_path / "scenario.toml")
    return str(error.value).replace(f"{tmp_path}/", "")


PLAIN = HEAD + "duration_s = 60\n" + DRONE


MISTAKES = [
    (PLAIN.replace("speed_mps", "sped_mps"), "line 8: actor[0].sped_mps: is not a key of this table; did you mean 'speed_mps'?"),
    (PLAIN.replace('"multirotor"', '"kite"'), "line 7: actor[0].kind: 'kite' is refused"),
    (PLAIN.replace('"multirotor"', '"balloon"'), "line 9: actor[0].route: a balloon goes where the wind does; expected the one"),
    (PLAIN.replace("multirotor", "airliner"), "line 8: actor[0].speed_mps: an airliner flies at 69 m/s at least"),
    (
        PLAIN.replace("speed_mps = 10", 'take_off_s = 9\nnotes = [{ at_s = 8, text = "payload released" }]'),
        "line 9: actor[0].notes[0].at_s: 8 s is before take_off_s, 9 s",
    ),
    (PLAIN + "[wind]\nspeed_mps = 5\n", "line 14: wind.from_deg: is missing; expected number from 0 to 360"),
    (PLAIN.replace("48.8682,", "98.8682,"), "line 12: actor[0].route[2].latitude_deg: 98.8682 is refused"),
    (
        PLAIN.replace(", height_agl_m = 120", ""),
        "line 12: actor[0].route[2]: needs height_agl_m or altitude_amsl_m, and not both",
    ),
    (PLAIN.replace("duration_s = 60", "duration_s = 0"), "line 4: duration_s: 0 is refused"),
    (PLAIN.replace("Z\n", "\n", 1), "line 3: start: "),
    (PLAIN.replace('site = "site.toml"\n', ""), "scenario.toml: site: is missing; expected text"),
    (PLAIN.replace("speed_mps = 10", "speed_mps = 30"), "line 8: actor[0].speed_mps: a multirotor goes at 21 m/s at most"),
    (PLAIN.replace("speed_mps = 10", 'broadcasts = ["adsb"]'), "line 8: actor[0].broadcasts: needs an identity to broadcast"),
    (PLAIN + DRONE, "line 15: actor[1].id: 'drone' names actor[0] already; ids are unique"),
    (PLAIN + '[[sensor]]\nid = "sonar"\n', "line 15: sensor[0].id: 'sonar' is no sensor of site.toml (radar)"),
    (PLAIN + '[[sensor]]\nid = "radar"\noutages = [[5, 4]]\n', "line 16: sensor[0].outages: [5, 4] is empty"),
    (PLAIN + '[[expect]]\nactor = "x"\nflagged = true\n', "line 15: expect[0].actor: 'x' is no actor of this scenario (drone)"),
    (
        PLAIN.replace("multirotor", "airliner").replace("80 }", "80, hover_s = 3 }", 1),
        "route[0].hover_s: an airliner cannot hover",
    ),
    (PLAIN.replace("multirotor", "airliner").replace("2.2845", "2.3045"), "route[1]: an airliner cannot climb on the spot"),
    (PLAIN.replace("site.toml", "sight.toml"), "line 2: site: there is no file 'sight.toml'"),
]


@pytest.mark.parametrize(("wrong", "explanation"), MISTAKES)
def test_a_mistake_is_explained_by_its_key_and_line(tmp_path, wrong, explanation):
    assert explanation in explained(tmp_path, wrong)


def test_several_mistakes_are_told_at_once(tmp_path):
    wrong = PLAIN.replace("duration_s = 60", "duration_s = -1").replace('"multirotor"', '"kite"').replace("48.8682,", "98.8682,")
    assert [line.split(":")[0] for line in explained(tmp_path, wrong).splitlines()] == [
        f"scenario.toml, line {line}" for line in (4, 7, 12)
    ]


def test_a_sensor_that_cannot_be_simulated_is_named(tmp_path):
    assert "sensor 'radar' is of kind 'sonar'; simulated are" in explained(
        tmp_path, PLAIN, RADAR.replace('kind = "radar"', 'kind = "sonar"')
    )
    assert "sensor 'radar' needs accuracy.range_m to err by" in explained(tmp_path, PLAIN, RADAR.replace("range_m = 5.0, ", ""))


def test_a_scenario_can_begin_at_another_time(staged):
    stage = staged(RADAR, DRONE)
    now = datetime(2026, 11, 23, 12, 0, 0, 123_456, tzinfo=timezone(timedelta(hours=1)))
    assert stage.starting(now).scenario.start == datetime(2026, 11, 23, 11, 0, 0, 123_000, tzinfo=UTC)
    assert stage.seeded(9).scenario.seed == 9


@pytest.mark.parametrize("name", library())
def test_every_scenario_of_the_library_is_read_by_its_name(name):
    stage = load(find(name))
    assert stage.scenario.name == name
    assert stage.scenario.description


def test_a_name_that_is_no_scenario_is_refused_with_those_that_are():
    with pytest.raises(ConfigError, match=r"neither a file nor a scenario of the library .*eiffel_tower"):
        find("eifel_tower")
