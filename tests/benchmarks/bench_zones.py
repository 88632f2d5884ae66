"""How long the zones take: `vigie bench zones`. One line a scene, the best of fifteen rounds.

Times are what the thread has had of its core, so that whoever else is at work on the machine counts less.

A tick is a fifth of a second of a picture that goes on: what rules remember is brought up to date in one of five. Beside it
stands what Shapely takes to say of the same points which zones they are in, and of nothing else.
"""

import sys
import time
import timeit

import numpy as np
import shapely

from fusion.config_rules import Rules
from fusion.messages import SECOND, Identity
from fusion.zones.findings import Circumstances
from fusion.zones.permits import Register
from fusion.zones.rules import assess, survey
from fusion.zones.watch import Watch
from fusion.zones.zones import ZoneSet
from tests.zones.zone_scenes import FRAME, NOW, circle, polygon, star, table

GROWTH = [(2_000, 250, 10_000.0), (2_000, 1_000, 20_000.0), (2_000, 4_000, 40_000.0)]
"""As many tracks over ±10 km among ever more zones, as close to one another: what is near stays the same, what there is does not."""

SCENES = [
    (20, 3, 3_000.0),
    (100, 10, 5_000.0),
    (2_000, 10, 20_000.0),
    (2_000, 100, 20_000.0),
    (2_000, 1_000, 20_000.0),
    (2_000, 1_000, 60_000.0),
]

TICKS = 5  # a second


def zones(rng, count, span):
    """Give circles and polygons of 4 to 40 corners in turn, 50 m to 800 m large, from the ground to 150 m."""
    for k in range(count):
        east, north, radius = *rng.uniform(-span, span, 2), float(rng.uniform(50, 800))
        if k % 2:
            yield circle(f"Z{k}", radius, east, north)
        else:
            yield polygon(f"Z{k}", (star(rng, int(rng.integers(4, 40)), radius) + np.array([east, north])).tolist())


def tracks(rng, count, span):
    """Give tracks at 10 m/s, known to 5 m and 1 m/s; one in ten has a name."""
    return [
        {
            "track": f"T{k:05}",
            "place": (*rng.uniform(-span, span, 2), rng.uniform(20, 200)),
            "velocity": rng.normal(0, [8, 8, 1]),
            "identity": Identity(serial=f"S{k}") if rng.random() < 0.1 else None,
        }
        for k in range(count)
    ]


def best(task):
    """Give the shortest of fifteen runs, in ms of the core's time."""
    return 1e3 * min(timeit.repeat(task, number=1, repeat=15, timer=time.thread_time))


def measure(count, zone_count, span, tracks_span=None):
    """Write one scene's figures; tracks are over ±`tracks_span`, where that is not the zones' own."""
    rng = np.random.default_rng(0)
    published = list(zones(rng, zone_count, span))
    placed, picture = ZoneSet.of(published, FRAME), table(*tracks(rng, count, tracks_span or span))
    world = (picture, placed, Register(), NOW, Rules())
    near, findings = survey(*world), assess(*world).findings
    points = picture.state[:, :2]
    outlines = shapely.STRtree([outline(zone) for zone in placed.near])
    dots = shapely.points(points)

    def containment():
        asked, which = placed.index.meeting(points, points)
        return placed.prisms.distance(points[asked], which)

    def second():
        watch = Watch()
        for tick in range(TICKS):
            watch = assess(
                picture, placed, Register(), NOW + SECOND + tick * SECOND // TICKS, Rules(), Circumstances(watch)
            ).watch

    tick, judge = best(second) / TICKS, best(lambda: outlines.query(dots, predicate="within"))
    sys.stdout.write(
        f"{count:5} tracks, {zone_count:4} zones in ±{span / 1000:.0f} km: {len(near.row):5} near pairs, {len(findings):4} findings; "
        f"a tick {tick:5.1f} ms ({tick / judge:4.1f} × Shapely's who is inside); who is inside {best(containment):5.2f} ms, "
        f"laying zones {best(lambda: ZoneSet.of(published, FRAME)):4.0f} ms\n"
    )


def outline(zone):
    """Give a zone's outline as Shapely has it."""
    circle = zone.prisms.circle[0]
    if not np.isnan(circle[2]):
        return shapely.Point(circle[:2]).buffer(circle[2])
    return shapely.Polygon(zone.prisms.edges[:, :2])


if __name__ == "__main__":
    for scene in SCENES:
        measure(*scene)
    print("As many tracks in ±10 km, zones as close to one another:")
    for scene in GROWTH:
        measure(*scene, tracks_span=GROWTH[0][2])
