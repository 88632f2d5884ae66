"""Every kind of actor in the scenario's wind."""

import numpy as np
import pytest

from fusion.messages import CLASSES
from simulators.targets import chart, targets
from tests.simulators.scenes import RADAR

WIND = "[wind]\nspeed_mps = 9\nfrom_deg = 270\n"
KINDS = {
    "multirotor": 12,
    "fpv": 20,
    "helicopter": 30,
    "fixed_wing": 20,
    "airliner": 90,
    "bird_flock": 12,
    "boat": 5,
    "vehicle": 14,
}


def actor(kind, speed, more=""):
    places = [(48.8582, 2.2845), (48.8582, 2.3045), (48.8682, 2.3045)]
    route = ", ".join(f"{{ latitude_deg = {lat}, longitude_deg = {lon}, height_agl_m = 80 }}" for lat, lon in places)
    return f'[[actor]]\nid = "it"\nkind = "{kind}"\nspeed_mps = {speed}\ncount = 2\nroute = [{route}]\n{more}\n'


def enu(stage):
    """Give where each target is (k, n, 3) over the site's middle, once a second."""
    middle = chart(stage.site.site).middle
    return np.stack([middle.enu(target.trajectory.position(np.arange(0.0, 60.0))) for target in targets(stage)])


@pytest.mark.parametrize(("kind", "speed"), KINDS.items())
def test_in_wind_a_seed_gives_the_same_flight_and_another_seed_another(staged, kind, speed):
    def samples(seed):
        return [target.trajectory.samples.tobytes() for target in targets(staged(RADAR, actor(kind, speed) + WIND, seed=seed))]

    assert samples(3) == samples(3)
    if kind not in {"boat", "vehicle"}:
        assert samples(3)[0] != samples(4)[0]
    assert len({target.class_index for target in targets(staged(RADAR, actor(kind, speed)))} & set(range(len(CLASSES)))) == 1


@pytest.mark.parametrize(("kind", "speed"), [("boat", 5), ("vehicle", 14)])
def test_what_stands_on_something_feels_no_wind(staged, kind, speed):
    assert enu(staged(RADAR, actor(kind, speed) + WIND)) == pytest.approx(enu(staged(RADAR, actor(kind, speed))), abs=1e-9)


@pytest.mark.parametrize(("kind", "speed"), [("multirotor", 12), ("fixed_wing", 20)])
def test_it_keeps_near_its_route_in_wind(staged, kind, speed):
    path = enu(staged(RADAR, actor(kind, speed) + WIND))[0]
    eastward = path[(path[:, 0] > -600) & (path[:, 0] < 600)]
    assert len(eastward) > 20
    assert np.abs(eastward[:, 1]).max() < 15.0
    assert np.abs(eastward[:, 2] - 80.0).max() < 8.0


def test_a_flock_is_faster_over_the_ground_with_the_wind_than_in_still_air(staged):
    still, windy = (np.diff(enu(staged(RADAR, actor("bird_flock", 12) + more))[0], axis=0) for more in ("", WIND))
    assert windy[5:30, 0].mean() > still[5:30, 0].mean() + 4.0


def test_a_balloon_in_a_scenario_goes_where_the_wind_does(staged):
    balloon = '[[actor]]\nid = "it"\nkind = "balloon"\nroute = [{ latitude_deg = 48.8582, longitude_deg = 2.2945, height_agl_m = 0, hover_s = 5 }]\n'
    (path,) = enu(staged(RADAR, balloon + WIND))
    assert np.abs(path[:6]).max() < 1e-6
    assert path[-1, 2] == pytest.approx(5.0 * 54.0, abs=30.0)
    assert path[-1, 0] > 9.0 * 50.0  # the wind is 9 m/s at 10 m, and more above
    assert abs(path[-1, 1]) < 150.0


def test_traffic_flies_in_the_wind_too(staged):
    traffic = '[[traffic]]\nid = "t"\ncount = 5\nradius_m = 2000\n'
    still, windy = (targets(staged(RADAR, traffic + more)) for more in ("", WIND))
    assert len(still) == len(windy) == 5
    assert all(
        np.abs(a.trajectory.position(30.0) - b.trajectory.position(30.0)).max() > 0.01 for a, b in zip(still, windy, strict=True)
    )
