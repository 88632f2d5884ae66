"""A scenario is an acceptance test: it passes as it is, and fails when it is broken on purpose."""

import json
import tomllib
from datetime import datetime
from pathlib import Path

import jsonschema
import pytest

from fusion.__main__ import main
from fusion.errors import ConfigError
from simulators import scenario_file
from simulators.check import check, check_all, names, trial
from simulators.scenario_file import LIBRARY, find, library, load
from simulators.scenario_page import scenario_page, scenario_schema
from tests.simulators.scenes import DRONE, RADAR

SITE = RADAR + '[zones]\nfiles = ["zones_eiffel_tower.json"]\n'
EXPECT = '[[expect]]\nactor = "drone"\nflagged = true\nrule = "intrusion"\nzone = "TE-RING"\nby_s = 15\n'
BROKEN = '[broken]\nwhy = "nobody looks"\n'


@pytest.fixture
def scenario(staged, tmp_path):
    (tmp_path / "zones_eiffel_tower.json").write_bytes((LIBRARY / "zones_eiffel_tower.json").read_bytes())
    return lambda more: staged(SITE, DRONE, duration=16.0, behaviour=EXPECT + more)


@pytest.mark.parametrize("how", ['off = ["radar"]', "zones = false"])
def test_it_passes_as_it_is_and_fails_when_broken(scenario, tmp_path, capsys, how):
    scenario(BROKEN + how)
    file = str(tmp_path / "scenario.toml")
    assert check(file, seeds=1, broken=False) == 0
    assert "0 of 1 expectations failed" in capsys.readouterr().out
    assert check(file, seeds=1, broken=True) == 1
    printed = capsys.readouterr().out
    assert "nobody looks" in printed
    assert "never flagged" in printed


def test_every_seed_is_judged(scenario, tmp_path, capsys):
    scenario("")
    assert check(str(tmp_path / "scenario.toml"), seeds=2, broken=False) == 0
    assert "0 of 2 expectations failed" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("more", "wrong", "told"),
    [(BROKEN + "zones = false", 0, "broken"), ("not_before_s = 14\n" + BROKEN + "zones = false", 1, "flagged by intrusion")],
)
def test_of_a_library_each_must_pass_as_it_is_and_fail_when_broken(scenario, tmp_path, capsys, monkeypatch, more, wrong, told):
    scenario(more)
    (tmp_path / "scenario.toml").rename(tmp_path / "one.toml")
    (tmp_path / "site.toml").rename(tmp_path / "one_site.toml")
    (tmp_path / "one.toml").write_text((tmp_path / "one.toml").read_text().replace("site.toml", "one_site.toml"))
    monkeypatch.setattr(scenario_file, "LIBRARY", tmp_path)
    assert check_all(seeds=1) == wrong
    printed = capsys.readouterr().out
    assert f"{wrong} of 2 trials did not come out as they should" in printed
    assert told in printed


def test_all_of_the_library_broken_is_no_question(capsys):
    assert main(["scenario", "check", "--all", "--broken"]) == 2
    assert "--all judges the broken variants too" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["scenario", "check"])


def test_without_its_register_a_site_knows_nobody(scenario):
    stage = scenario(BROKEN + "register = false").broken()
    assert stage.site.zones.register is None
    assert stage.site.zones.files == ("zones_eiffel_tower.json",)


def test_a_flag_too_soon_is_none_in_time(scenario):
    stage = scenario("not_before_s = 14\n")
    assert [one.met for one in trial(stage).outcomes] == [False]


def test_a_scenario_that_tells_no_broken_variant_has_none(scenario):
    with pytest.raises(ConfigError, match=r"no \[broken\] table"):
        scenario("").broken()


@pytest.mark.parametrize(
    ("wrong", "explanation"),
    [
        (BROKEN, "breaks nothing"),
        (BROKEN + 'off = ["sonar"]', "'sonar' is no sensor of site.toml"),
        ("not_before_s = 20", "20 s is after by_s, 15 s"),
    ],
)
def test_what_breaks_nothing_or_contradicts_itself_is_refused(scenario, wrong, explanation):
    with pytest.raises(ConfigError, match=explanation):
        scenario(wrong)


def test_the_library_is_listed(capsys):
    assert names() == 0
    assert "eiffel_tower" in capsys.readouterr().out


def test_the_schema_is_fresh_fits_every_scenario_of_the_library_and_refuses_a_wrong_key():
    page = Path(__file__).parents[2] / "docs" / "schema" / "scenario.json"
    assert page.read_bytes() == scenario_schema() + b"\n"
    judge = jsonschema.Draft202012Validator(json.loads(scenario_schema()))
    for name in library():
        told = tomllib.loads(find(name).read_text(encoding="utf-8"))
        plain = json.loads(json.dumps(told, default=datetime.isoformat))
        judge.validate(plain)
        assert not judge.is_valid(plain | {"duration": 3})
        assert not judge.is_valid(plain | {"wind": {"speed_mps": 3}})


def test_the_page_of_keys_is_fresh():
    """`make docs` writes it."""
    page = Path(__file__).parents[2] / "docs" / "scenarios.md"
    assert page.read_text(encoding="utf-8") == scenario_page()


def test_the_page_s_example_is_a_scenario(tmp_path):
    text = scenario_page().split("```toml\n")[1].split("```")[0]
    (tmp_path / "eiffel_tower_site.toml").write_bytes((LIBRARY / "eiffel_tower_site.toml").read_bytes())
    (tmp_path / "intruder.toml").write_text(text, encoding="utf-8")
    assert load(tmp_path / "intruder.toml").broken().site.zones.files == ()
