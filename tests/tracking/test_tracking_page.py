"""docs/tracking.md gives the tracker's figures as the code has them."""

import re
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import chi2

from fusion.tracking import (
    bearing_store,
    bearings,
    claims,
    classification,
    clutter,
    ghosts,
    hearing,
    hyperbolas,
    initiation,
    kinematics,
    multilateration,
    partitions,
    promotion,
    reading,
    sensors,
    store,
    timeline,
    tracker,
    undetected,
)
from fusion.tracking.kernels import updating
from fusion.tracking.models import GENERATOR, INITIAL, MODES

PAGE = (Path(__file__).parents[2] / "docs" / "tracking.md").read_text(encoding="utf-8").replace("−", "-")


def row(start: str) -> str:
    """The one line that begins so."""
    (line,) = (line for line in PAGE.splitlines() if line.startswith(start))
    return line


def numbers(text: str) -> list[float]:
    return [float(number) for number in re.findall(r"(?<![\w.])-?\d+(?:\.\d+)?", text)]


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.name)
def test_every_mode_stands_in_the_table(mode):
    _, _, tau, q, speeds, _, _ = row(f"| {mode.name} ").split("|")
    assert [float(tau.strip().removesuffix(" s").replace("∞", "inf"))] == [mode.tau]
    assert numbers(q) == [mode.q_horizontal, mode.q_vertical]
    assert numbers(speeds) == [mode.speed_sigma, mode.climb_sigma]


def test_the_markov_chain_is_the_page_s():
    written = re.search(r"G = \[(\[.*?\])\]\n", PAGE)[1]
    np.testing.assert_array_equal(np.reshape(numbers(written), GENERATOR.shape), GENERATOR)
    assert numbers(re.search(r"μ = \((.*?)\)", PAGE)[1]) == list(INITIAL)
    stays = re.search(r"how long a mode lasts: (.*?)\. ", PAGE)[1]
    assert numbers(stays) == list(np.round(-1.0 / np.diag(GENERATOR)))


def test_gates_are_the_quantiles_that_the_page_says():
    written = numbers(re.search(r"`store\.GATES`: (.*?) for n", PAGE)[1])
    assert written == list(store.GATES[1:])
    np.testing.assert_allclose(written, chi2.ppf(0.9995, range(1, 7)), atol=0.05)


@pytest.mark.parametrize(
    ("start", "values"),
    [
        ("| confirmed (and shown)", [tracker.CONFIRM]),
        ("| a confirmed track ends", [tracker.DELETE]),
        ("| a tentative one ends", [tracker.WORTH]),
        ("| called coasting", [tracker.COASTING]),
    ],
)
def test_thresholds_stand_in_the_table(start, values):
    assert numbers(row(start).split("|")[2])[: len(values)] == values


def test_other_figures_are_those_of_the_code():
    said = [
        f"exp(-Δt / {tracker.SURVIVAL:g} s)",
        f"{tracker.HEIGHT[0]:g} ± {tracker.HEIGHT[1]:g} m above the ground",
        f"{undetected.AT_START:g} at the start",
        f"s = {undetected.SURPRISE} (`SURPRISE`",
        f"{undetected.IGNORANCE} before the first look",
        f"log-uniform on {undetected.MANY[0]:g} … {undetected.MANY[1]:g}",
        f"in {clutter.SECTORS} × {clutter.RINGS} cells",
        f"s = 1/{clutter.SECTORS * clutter.RINGS}:",
        f"exp(-t / {clutter.MEMORY:g} s) (`MEMORY`), the rate of a cell",
        f"k = {clutter.STRENGTH:g} (`STRENGTH`)",
        f"(k + λ s T), {clutter.LEAST:g})",
        f"range rate over {sensors.SPEEDS:g} m/s",
        f"{sensors.LOW_SKY:g} m of height",
        f"{reading.REPORTED_SPEED_SIGMA:g} m/s each axis",
        f"{classification.TEMPER} (`TEMPER`)",
        f"{classification.FLOOR} (`FLOOR`)",
        f"{kinematics.LEG:g} s apart or more (`LEG`)",
        f"longer than {kinematics.LONGEST:g} s (`LONGEST`)",
        f"{kinematics.MEMORY:g} s (`MEMORY`)",
        f"{kinematics.CORRELATION:g} s (`CORRELATION`)",
        f"{kinematics.SUREST:g} (`SUREST`)",
        f"silence - agreements ≥ {claims.ABSENT:g} (`ABSENT`)",
        f"in the last {claims.DOUBT:g} s (`DOUBT`)",
        f"agreements ≥ {claims.ENOUGH:g} (`ENOUGH`)",
        f"no older than {claims.FRESH:g} s (`FRESH`)",
        f"{claims.SWERVE:g} m/s² · age²/2",
        f"{claims.WALK:g} m/s · age",
        f"at most once in {claims.SPACING:g} s (`SPACING`), up to {claims.MOST:g} (`MOST`)",
        f"exp(-t / {claims.AGREEMENT_MEMORY:g} s)",
        f"-{claims.SILENCE:g} · min(period, 1 s)",
        f"pD_miss ≥ {claims.GOOD:g} (`GOOD`)",
        f"more than {claims.LOW:g} m above the ground (`LOW`",
        f"takes {claims.PRESENCE:g} off (`PRESENCE`)",
        f"{claims.SIGMAS:g} sigmas (`SIGMAS`) and {claims.DRONE_SPEED:g} m/s · (Δt + {claims.CLOCKS:g} s)",
        f"{claims.AIRCRAFT_SPEED:g} m/s with an icao24",
        f"{claims.TURNABOUT:g} m/s · (Δt + {claims.CLOCKS:g} s) (`TURNABOUT`)",
        f"keeps for {initiation.MEMORY:g} s (`MEMORY`)",
        f"d² ≤ {initiation.CONSISTENT:g} (`CONSISTENT`)",
        f"at most {initiation.MOST_SPREAD:g} m (`MOST_SPREAD`)",
        f"({initiation.WALK:g} m/s · gap / r)",
        f"keeps for {hyperbolas.MEMORY:g} s (`MEMORY`) each difference",
        f"from the {multilateration.STARTS} best points (`STARTS`) of a grid of {multilateration.GRID[0]} × {multilateration.GRID[0]}",
        f"no place has d² ≤ {multilateration.CONSISTENT:g} (`CONSISTENT`) so, σ_U = {multilateration.HIGH:g} m (`HIGH`)",
        f"less than {multilateration.AMBIGUOUS:g} worse (`AMBIGUOUS`)",
        f"larger horizontal sigma is above {multilateration.MOST_SPREAD:g} m",
        f"ω = {multilateration.WALK:g} m/s · gap",
        f"{classification.SELDOM:g} (`SELDOM`)",
        "one a second (`APART`), are worth three",
        f"at least {timeline.MARK_EVERY / 1e9:g} s",
        f"keeps K = {bearing_store.K} filters",
        f"from {bearing_store.CLOSEST:g} m (`CLOSEST`)",
        f"0 ± ({bearings.SPEED[0]:g}, {bearings.SPEED[1]:g}) m/s / r_k (`SPEED`)",
        f'{sensors.FOLDS} for `kind = "rf"`',
        f"φ > {bearings.OFTEN} (`OFTEN`)",
        f"weigh {bearings.OTHER_EMITTER} (`OTHER_EMITTER`)",
        f"r ≥ {bearings.CONFIRM} and {bearings.LOOKS} looks agreed (`LOOKS`)",
        f"{bearings.PATIENCE:g} looks' time (`PATIENCE`)",
        f"{bearings.OWNED} more looks (`OWNED`) whose bearing may be a shown track's (p ≥ {bearings.SHARED}, `SHARED`)",
        f"each {hearing.ASK / 1e9:g} s (`ASK`)",
        f"(`HISTORY`: {bearing_store.HISTORY}, {bearing_store.SPACING} s apart or more)",
        f"± {ghosts.TALL:g} m (`TALL`)",
        f"q = {ghosts.MANOEUVRE:g} m²/s³ (`MANOEUVRE`)",
        f"Gauss–Newton ({ghosts.STEPS} steps)",
        f"λ = {ghosts.TARGETS} targets (`TARGETS`)",
        f"{ghosts.HEARD} (`HEARD`)",
        f"{ghosts.OTHERWISE} (`OTHERWISE`)",
        f"at most {partitions.CROWD} tracks in a cluster (`CROWD`)",
        f"f > {ghosts.FOLDED}) is a group",
        f"P(T) ≥ {ghosts.SURE} (`SURE`)",
        f"{ghosts.ESTABLISHED:g} looks' time old (`ESTABLISHED`",
        f"no better than {hearing.LOST:g} m (`LOST`)",
        f"{promotion.PLACES} places (`PLACES`)",
    ]
    assert [text for text in said if text not in " ".join(PAGE.split())] == []
    assert (updating.NEGLIGIBLE, tracker.PRUNE) == (1e-4, 1e-5)
    assert (tracker.HEIGHT[1], 1.0) == (multilateration.USUAL, classification.APART)
    prior = numbers(re.search(r"manned, other; prior (.*?)\. The", PAGE)[1])
    np.testing.assert_allclose(np.exp(classification.PRIOR), prior)
