"""docs/scoring.md says what the code does: its figures are the code's."""

from pathlib import Path

import pytest

from simulators.scoring import batch, bound, ed87e, errors, ospa2, residuals, scene
from simulators.scoring.judgement import Asked

PAGE = " ".join((Path(__file__).parents[3] / "docs" / "scoring.md").read_text(encoding="utf-8").split())


@pytest.mark.parametrize(
    "said",
    [
        f"at most {scene.AGE:g} s old",
        f"(`--c`, {Asked().c:g} m)",
        f"(`--step`, {Asked().step:g} s)",
        f"the *tracks* of the last {ospa2.WINDOW_S:g} s",
        f"at most {residuals.FRESH:g} s earlier",
        f"inside the {100 * residuals.GATE:g} % gate and that of the next target larger by {residuals.MARGIN:g}",
        f"where the target moves at {errors.MOVING:g} m/s or more",
        f"at least {bound.LEAST[0]:g} m²/s³, vertical {bound.LEAST[2]:g}",
        f"{ed87e.POSITION_M:g} m at 95 %",
        f"{ed87e.VELOCITY_MPS:g} m/s at 90 %",
        f"{ed87e.COURSE_DEG:g}° at 90 %",
        f"≥ {ed87e.REPORTED:g}",
        f"gap over {ed87e.GAP_S:g} s | ≤ 1e-6",
        f"blocks of {batch.BLOCK_S:g} s, {batch.RESAMPLES:,} resamples",
    ],
)
def test_the_page_says_the_codes_figures(said):
    assert said in PAGE


def test_a_miss_costs_what_the_page_says():
    assert "One miss at c = 50 m costs 35 m" in PAGE
    assert round((50.0**2 / 2) ** 0.5) == 35
