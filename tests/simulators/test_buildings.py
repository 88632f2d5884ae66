"""A building hides what is behind it, and nothing else; judged by shapely and by walking along the line of sight."""

import numpy as np
import shapely

from simulators.buildings import Prism, hidden
from simulators.sensing import detections, view
from simulators.targets import targets
from tests.simulators.scenes import DRONE, RADAR

COURT = np.array(
    [[20.0, -30.0], [90.0, -30.0], [90.0, 40.0], [70.0, 40.0], [70.0, -10.0], [40.0, -10.0], [40.0, 40.0], [20.0, 40.0]]
)
"""A court that is open to the north: no convex outline."""


def walked(prism: Prism, point: np.ndarray) -> tuple[bool, float]:
    """Cut the line of sight with the footprint by shapely; tell whether it is below the top there, and by how much."""
    line = shapely.LineString([(0.0, 0.0), tuple(point[:2])])
    over = line.intersection(shapely.Polygon(prism.footprint))
    if over.is_empty:
        return False, np.inf
    heights = np.linalg.norm(shapely.get_coordinates(over), axis=1) / np.linalg.norm(point[:2]) * point[2]
    return bool(heights.min() < prism.top), abs(heights.min() - prism.top)


def test_a_line_of_sight_is_blocked_where_shapely_says_it_is():
    random = np.random.default_rng(3)
    for top, shift in ((25.0, (0.0, 0.0)), (-8.0, (0.0, 0.0)), (10.0, (-30.0, 0.0)), (-4.0, (-30.0, 0.0))):
        prism = Prism(COURT + shift, top)
        points = random.uniform([-150.0, -150.0, -40.0], [150.0, 150.0, 80.0], (1500, 3))
        found = hidden((prism,), points)
        judged = [walked(prism, point) for point in points]
        clear = np.array([margin > 1e-6 for _, margin in judged])
        assert clear.sum() > 1490
        assert found[clear].tolist() == [blocked for (blocked, _), sure in zip(judged, clear, strict=True) if sure]
        indoors = shift[0] < 0.0 < top  # a sensor inside the house sees nothing
        assert found.all() if indoors else 50 < found.sum() < 1450


def test_nothing_is_detected_behind_a_house_and_all_else_as_before(staged):
    house = "[[building]]\nfootprint_deg = [[48.8500, 2.2930], [48.8500, 2.2960], [48.8503, 2.2960], [48.8503, 2.2930]]\nheight_m = 120\n"
    stage, plain = staged(RADAR, DRONE, duration=300.0, behaviour=house), staged(RADAR, DRONE, duration=300.0)
    free = view(plain, plain.site.sensor[0], targets(plain))
    shut = view(stage, stage.site.sensor[0], targets(stage))
    before, after = detections(free), detections(shut)
    before, after = before.time[before.source == 0], after.time[after.source == 0]
    assert 20 < len(after) < len(before) - 20
    gone = np.setdiff1d(before, after)
    east = free.place.enu(free.targets[0].trajectory.position(gone))
    assert set(after) <= set(before)
    aside = np.degrees(np.arctan2(east[:, 0], east[:, 1]))
    assert aside.min() > -29.0
    assert aside.max() < 29.0
