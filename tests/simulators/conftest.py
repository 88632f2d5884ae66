"""Scenarios in a few lines: the texts stand in scenes.py."""

from pathlib import Path

import pytest

from simulators.scenario_file import Stage, load
from tests.simulators.scenes import HEAD, SITE


@pytest.fixture
def staged(tmp_path: Path):
    """Give a function that writes a site and a scenario from their texts and reads them."""

    def write(sensors: str, actors: str, *, duration: float = 60.0, seed: int = 1, behaviour: str = "") -> Stage:
        (tmp_path / "site.toml").write_text(SITE + sensors, encoding="utf-8")
        scenario = f"{HEAD}duration_s = {duration}\nseed = {seed}\n{actors}\n{behaviour}\n"
        (tmp_path / "scenario.toml").write_text(scenario, encoding="utf-8")
        return load(tmp_path / "scenario.toml")

    return write
