"""Work on many independent tasks, in several processes if wanted, with a bar on a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import TypeVar

from rich.console import Console, RenderableType
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

PATIENCE = 2.0
"""s: what is done sooner shows no bar."""

EVERY = 200
"""Things that pass between two looks at how far it is."""

Task = TypeVar("Task")
Result = TypeVar("Result")


class _Bar(Progress):
    """A bar that nobody sees before it is needed."""

    def get_renderables(self) -> Iterable[RenderableType]:
        if all((task.elapsed or 0.0) >= PATIENCE for task in self.tasks):
            yield from super().get_renderables()


def bar() -> Progress:
    """Make a progress bar that shows on a terminal only, once PATIENCE is over, and is gone when all is done."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    return _Bar(*columns, console=console, transient=True, disable=not console.is_terminal)


def each(do: Callable[[Task], Result], tasks: Sequence[Task], jobs: int) -> Iterator[Result]:
    """Do every task and give what comes of it, in the order of the tasks; `jobs` processes at once, which begin afresh."""
    if jobs == 1 or len(tasks) < 2:
        yield from map(do, tasks)
        return
    with ProcessPoolExecutor(min(jobs, len(tasks)), mp_context=get_context("spawn")) as pool:
        yield from pool.map(do, tasks)


def watched(what: str, do: Callable[[Task], Result], tasks: Sequence[Task], jobs: int) -> list[Result]:
    """Do every task under a bar."""
    done = []
    with bar() as progress:
        task = progress.add_task(what, total=len(tasks))
        for result in each(do, tasks, jobs):
            done.append(result)
            progress.advance(task)
    return done


def passing(what: str, stream: Iterable[Task], far: Callable[[Task], float], total: float) -> Iterator[Task]:
    """Give what a stream gives, under a bar that is at `far` of it, of a `total`."""
    with bar() as progress:
        task = progress.add_task(what, total=total)
        for count, one in enumerate(stream):
            if count % EVERY == 0:
                progress.update(task, completed=far(one))
            yield one
