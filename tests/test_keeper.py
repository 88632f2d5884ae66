"""The state directory: a restart finds the core as it was, whatever moment the process died at."""

import pytest

from fusion.keeper import KEPT, TRIES, Attempts, Keeper
from fusion.messages import SECOND, Tick
from fusion.payload import payload
from fusion.recording import line_of
from tests.test_pipeline import feed, inputs, pipeline
from tests.zones.zone_scenes import circle

ZONE = circle("HERE", 3000.0, upper=500.0)
INPUTS = inputs()


def live(directory, items, save_every=40):
    """Run a core as the service does: write down, feed, save now and then; never say goodbye."""
    core, keeper = pipeline(ZONE), Keeper(directory)
    keeper.restore(core)
    keeper.save(core.snapshot())
    for count, item in enumerate(items, 1):
        keeper.append(item)
        core.feed(item)
        if count % save_every == 0:
            keeper.save(core.snapshot())
    keeper.close()  # only lets go of the file: every line is with the system already
    return core


def restarted(directory):
    core = pipeline(ZONE)
    outputs, troubles = Keeper(directory).restore(core)
    return core, outputs, troubles


@pytest.mark.parametrize("died_after", [0, 1, 39, 40, 41, 100])
def test_a_restart_is_where_the_last_run_ended(tmp_path, died_after):
    before = live(tmp_path, INPUTS[:died_after])
    core, _, troubles = restarted(tmp_path)
    assert troubles == []
    assert core.snapshot() == before.snapshot()


def test_what_was_said_since_the_snapshot_is_said_again(tmp_path):
    live(tmp_path, INPUTS[:100], save_every=60)
    core = pipeline(ZONE)
    feed(core, INPUTS[:60])
    again = [payload(output) for _, outputs in restarted(tmp_path)[1] for output in outputs]
    assert again == [payload(output) for output in feed(core, INPUTS[60:100])]
    assert again


def test_an_input_that_was_cut_short_was_never_fed(tmp_path):
    live(tmp_path, INPUTS[:50])
    (tail,) = tmp_path.glob("inputs-2.jsonl")
    tail.write_bytes(tail.read_bytes()[:-3])
    core, _, troubles = restarted(tmp_path)
    assert troubles == []
    fresh = pipeline(ZONE)
    feed(fresh, INPUTS[:49])
    assert core.snapshot() == fresh.snapshot()


def test_a_damaged_snapshot_falls_back_to_the_one_before_and_says_so(tmp_path):
    before = live(tmp_path, INPUTS[:100])
    newest = max(tmp_path.glob("snapshot-*"), key=lambda path: int(path.name.split("-")[1]))
    newest.write_bytes(newest.read_bytes()[:-1])
    core, _, troubles = restarted(tmp_path)
    assert core.snapshot() == before.snapshot()
    assert len(troubles) == 1
    assert newest.name in troubles[0]
    assert "damaged" in troubles[0]


def test_a_line_in_the_middle_that_is_none_is_named_and_what_came_before_it_kept(tmp_path):
    live(tmp_path, INPUTS[:20])
    tail = tmp_path / "inputs-1.jsonl"
    lines = tail.read_bytes().splitlines(keepends=True)
    tail.write_bytes(b"".join([*lines[:10], b"rubbish\n", *lines[10:]]))
    core, _, troubles = restarted(tmp_path)
    assert "line 11" in troubles[0]
    fresh = pipeline(ZONE)
    feed(fresh, INPUTS[:10])
    assert core.snapshot() == fresh.snapshot()


def test_only_the_last_generations_stay(tmp_path):
    live(tmp_path, INPUTS[:130], save_every=10)
    assert len(list(tmp_path.glob("snapshot-*"))) == KEPT
    assert len(list(tmp_path.glob("inputs-*"))) <= KEPT


def test_a_half_written_snapshot_does_not_count(tmp_path):
    before = live(tmp_path, INPUTS[:30])
    (tmp_path / "snapshot-9.new").write_bytes(b"half")
    assert restarted(tmp_path)[0].snapshot() == before.snapshot()


def test_an_empty_directory_is_a_first_start(tmp_path):
    core, outputs, troubles = restarted(tmp_path / "new")
    assert (outputs, troubles) == ([], [])
    assert core.snapshot() == pipeline(ZONE).snapshot()


def test_inputs_are_with_the_system_before_they_are_fed(tmp_path):
    keeper = Keeper(tmp_path)
    tick = Tick(time=SECOND)
    keeper.append(tick)
    assert (tmp_path / "inputs-0.jsonl").read_bytes() == line_of(tick)
    keeper.close()


class Failing:
    """A core with a mistake in it: one input ends it."""

    def __init__(self, bad):
        self.core, self.bad = pipeline(ZONE), bad

    def restore(self, snapshot):
        self.core.restore(snapshot)

    def feed(self, item):
        if item == self.bad:
            raise ZeroDivisionError
        return self.core.feed(item)


def test_an_input_on_which_the_core_fails_does_not_keep_it_down_for_ever(tmp_path):
    live(tmp_path, INPUTS[:30])
    for _ in range(TRIES):
        with pytest.raises(ZeroDivisionError):
            Keeper(tmp_path).restore(Failing(INPUTS[20]))
    again = Failing(INPUTS[20])
    fed, troubles = Keeper(tmp_path).restore(again)
    assert [item for item, _ in fed] == [*INPUTS[:20], *INPUTS[21:30]]
    assert "line 21: left out" in troubles[0]
    fresh = pipeline(ZONE)
    feed(fresh, [*INPUTS[:20], *INPUTS[21:30]])
    assert again.core.snapshot() == fresh.snapshot()


def test_a_restart_that_is_killed_tries_again(tmp_path):
    live(tmp_path, INPUTS[:30])
    with Attempts(tmp_path / "resuming") as attempts:
        attempts.begin(1, 21)
        (tmp_path / "copy").write_bytes((tmp_path / "resuming").read_bytes())
    (tmp_path / "copy").rename(tmp_path / "resuming")
    core, _, troubles = restarted(tmp_path)
    assert troubles == []
    fresh = pipeline(ZONE)
    feed(fresh, INPUTS[:30])
    assert core.snapshot() == fresh.snapshot()
