"""`vigie scenario check` and `list`: a scenario flown, run through the core and judged by its own expectations."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from fusion.assembly import assemble
from fusion.messages import Alert, AlertMessage
from fusion.replay import fed
from simulators import scenario_file
from simulators.jobs import watched
from simulators.outcomes import Outcome, judge, raised
from simulators.publish import messages
from simulators.scenario_file import Stage
from simulators.targets import targets

WIDTH = 130
"""Columns of a table that goes into a file."""


class Task(NamedTuple):
    """One flight that is asked for."""

    path: Path
    ahead: int = 0  # of the scenario's own seed
    broken: bool = False


class Trial(NamedTuple):
    """One seed of a scenario, judged."""

    seed: int
    outcomes: list[Outcome]

    @property
    def failed(self) -> int:
        """How many expectations were not met."""
        return sum(not outcome.met for outcome in self.outcomes)


def trial(stage: Stage) -> Trial:
    """Fly a scenario, run what its sensors say through the core, and judge its alerts."""
    flown = targets(stage)
    core = assemble(stage.site, stage.site_path.parent)
    told: list[Alert] = []
    for _, outputs in fed(messages(stage, flown), core):
        told += [one.alert for one in outputs if isinstance(one, AlertMessage) and not one.archived]
    return Trial(stage.scenario.seed, judge(stage, raised(told, stage, flown)))


def attempt(task: Task) -> Trial:
    """Read a scenario and try it."""
    stage = scenario_file.load(task.path)
    stage = stage.broken() if task.broken else stage
    return trial(stage.seeded(stage.scenario.seed + task.ahead))


def check(name: str, *, seeds: int, broken: bool, jobs: int = 1) -> int:
    """Judge a scenario with its own seed and the next ones; print what was met, and give 1 where anything was not."""
    path = scenario_file.find(name)
    stage = scenario_file.load(path)
    how = stage.broken().scenario.broken if broken else None
    trials = watched(f"{name}, {seeds} seeds", attempt, [Task(path, ahead, broken) for ahead in range(seeds)], jobs)
    title = f"{stage.scenario.name}, broken: {how.why}" if how else name
    table = Table("seed", "expected", "what came of it", "", title=title)
    for one in trials:
        for outcome in one.outcomes:
            table.add_row(str(one.seed), outcome.what, outcome.reason, "pass" if outcome.met else "FAIL")
    _print(table)
    failed = sum(one.failed for one in trials)
    print(f"{stage.scenario.name}: {failed} of {sum(len(one.outcomes) for one in trials)} expectations failed")
    return 1 if failed else 0


def check_all(*, seeds: int, jobs: int = 1) -> int:
    """Judge the whole library, and give 1 where an expectation fails or a broken variant, with its own seed, does not."""
    paths = [scenario_file.find(name) for name in scenario_file.library()]
    tasks = [Task(path, ahead) for path in paths for ahead in range(seeds)] + [Task(path, broken=True) for path in paths]
    tasks.sort(key=lambda task: task.path)
    trials = watched(f"{len(paths)} scenarios", attempt, tasks, jobs)
    table = Table("scenario", "seed", "expectations failed", "", title=f"{len(paths)} scenarios, as they are and broken")
    wrong = 0
    for task, one in zip(tasks, trials, strict=True):
        right = bool(one.failed) is task.broken
        wrong += not right
        failed = "; ".join(f"{outcome.what}: {outcome.reason}" for outcome in one.outcomes if not outcome.met)
        name = f"{task.path.stem}, broken" if task.broken else task.path.stem
        table.add_row(name, str(one.seed), f"{one.failed} of {len(one.outcomes)}. {failed}", "pass" if right else "FAIL")
    _print(table)
    print(f"{wrong} of {len(tasks)} trials did not come out as they should")
    return 1 if wrong else 0


def names() -> int:
    """Print the scenarios of the library."""
    table = Table("scenario", "s", "actors", "sensors", "expectations", "broken", "what")
    for name in scenario_file.library():
        stage = scenario_file.load(scenario_file.find(name))
        told = stage.scenario
        actors = sum(one.count for one in told.actor) + sum(one.count for one in told.traffic)
        figures = (f"{told.duration_s:g}", str(actors), str(len(stage.site.sensor)), str(len(told.expect)))
        table.add_row(name, *figures, "yes" if told.broken else "no", told.description)
    _print(table)
    return 0


def _print(table: Table) -> None:
    console = Console()
    (console if console.is_terminal else Console(width=WIDTH)).print(table)
