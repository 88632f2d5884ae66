"""Tasks done in several processes come back in their order; the bar is for a person at a terminal who waits."""

import math

from simulators import jobs


def test_what_comes_back_is_in_the_order_of_the_tasks_whatever_the_number_of_processes():
    tasks = list(range(5))
    one, two = (list(jobs.each(math.factorial, tasks, processes)) for processes in (1, 2))
    assert one == two == [1, 1, 2, 6, 24]


def test_nothing_to_do_is_done_at_once():
    assert list(jobs.each(math.factorial, [], 1)) == []
    assert jobs.watched("nothing", math.factorial, [], 3) == []


def test_a_bar_shows_nothing_before_patience_is_over(monkeypatch):
    seconds = [0.0]
    bar = jobs.bar()
    monkeypatch.setattr(bar, "get_time", lambda: seconds[0])
    bar.add_task("two scenarios", total=2)
    assert list(bar.get_renderables()) == []
    seconds[0] = jobs.PATIENCE
    assert len(list(bar.get_renderables())) == 1


def test_a_file_is_shown_no_bar(capsys):
    assert jobs.watched("three", math.factorial, [1, 2, 3], 1) == [1, 2, 6]
    assert capsys.readouterr() == ("", "")


def test_what_passes_moves_the_bar_to_where_it_is(monkeypatch):
    bar = jobs.bar()
    monkeypatch.setattr(jobs, "bar", lambda: bar)
    seen = [bar.tasks[0].completed for one in jobs.passing("a stream", range(1001), float, 1000.0) if one % jobs.EVERY == 0]
    assert seen == [0.0, 200.0, 400.0, 600.0, 800.0, 1000.0]
