"""`vigie scenario check` and `list`: a scenario flown, run through the core and judged by its own expectations."""

from __future__ import annotations

from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from fusion.assembly import assemble
from fusion.messages import Alert, AlertMessage
from fusion.replay import fed
from simulators import scenario_file
from simulators.outcomes import Outcome, judge, raised
from simulators.publish import messages
from simulators.scenario_file import Stage
from simulators.targets import targets

WIDTH = 130
"""Columns of a table that goes into a file."""


class Trial(NamedTuple):
    """One seed of a scenario, judged."""

    seed: int
    outcomes: list[Outcome]


def trial(stage: Stage) -> Trial:
    """Fly a scenario, run what its sensors say through the core, and judge its alerts."""
    flown = targets(stage)
    core = assemble(stage.site, stage.site_path.parent)
    told: list[Alert] = []
    for _, outputs in fed(messages(stage, flown), core):
        told += [one.alert for one in outputs if isinstance(one, AlertMessage) and not one.archived]
    return Trial(stage.scenario.seed, judge(stage, raised(told, stage, flown)))


def check(name: str, *, seeds: int, broken: bool) -> int:
    """Judge a scenario with its own seed and the next ones; print what was met, and give 1 where anything was not."""
    stage = scenario_file.load(scenario_file.find(name))
    first = stage.scenario.seed
    stage = stage.broken() if broken else stage
    trials = [trial(stage.seeded(seed)) for seed in range(first, first + seeds)]
    title = f"{stage.scenario.name}, broken: {stage.scenario.broken.why}" if broken and stage.scenario.broken else name
    table = Table("seed", "expected", "what came of it", "", title=title)
    for one in trials:
        for outcome in one.outcomes:
            table.add_row(str(one.seed), outcome.what, outcome.reason, "pass" if outcome.met else "FAIL")
    console = Console()
    (console if console.is_terminal else Console(width=WIDTH)).print(table)
    failed = sum(not outcome.met for one in trials for outcome in one.outcomes)
    print(f"{stage.scenario.name}: {failed} of {sum(len(one.outcomes) for one in trials)} expectations failed")
    return 1 if failed else 0


def names() -> int:
    """Print the scenarios of the library."""
    table = Table("scenario", "s", "actors", "sensors", "expectations", "broken", "what")
    for name in scenario_file.library():
        stage = scenario_file.load(scenario_file.find(name))
        told = stage.scenario
        actors = sum(one.count for one in told.actor) + sum(one.count for one in told.traffic)
        figures = (f"{told.duration_s:g}", str(actors), str(len(stage.site.sensor)), str(len(told.expect)))
        table.add_row(name, *figures, "yes" if told.broken else "no", told.description)
    console = Console()
    (console if console.is_terminal else Console(width=WIDTH)).print(table)
    return 0
