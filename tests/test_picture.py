"""Figures on the wire: rounded as Python would write them, and no further."""

import msgspec
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fusion.config import Publish
from fusion.messages import SECOND, BearingTrack, TrackMessage, TracksMessage
from fusion.picture import WireTracks, _six_figures
from fusion.publishing import Publisher
from tests.zones.zone_scenes import FRAME, NOW, table


@given(st.lists(st.floats(-1e15, 1e15, allow_subnormal=False), min_size=9, max_size=9))
def test_covariances_are_rounded_to_six_figures_as_python_writes_them(figures):
    matrix = np.array(figures).reshape(1, 3, 3)
    matrix = (matrix + matrix.transpose(0, 2, 1)) / 2.0
    matrix[np.abs(matrix) < 1e-15] = 0.0
    rounded = _six_figures(matrix)
    expected = np.array([float(f"{value:.6g}") for value in matrix.ravel()]).reshape(1, 3, 3)
    halves = np.isclose(rounded, expected, rtol=1.1e-5, atol=0.0)  # a tie may be rounded either way
    assert halves.all()
    assert all(
        len(repr(value).replace("-", "").replace(".", "").split("e")[0].strip("0")) <= 6 for value in rounded.ravel().tolist()
    )


def heard(**fields):
    whole = {"track": "B1", "status": "confirmed", "existence": 0.98765, "sensor": "rf-1", "azimuth": 6.28318, "elevation": None}
    whole |= {
        "sigma_azimuth": 0.1,
        "identity": None,
        "classes": (0.7, 0.0, 0.3, 0.0, 0.0),
        "born": NOW,
        "updated": NOW,
        "received": NOW,
    }
    return BearingTrack(**whole | fields)


def test_a_bearing_is_told_in_place_of_a_position():
    told = WireTracks(msgspec.structs.replace(table(), bearings=(heard(),)), FRAME, "paris", {})["B1"]
    assert (told.position, told.velocity, told.covariance) == (None, None, None)
    assert msgspec.to_builtins(told.bearing) == {"sensor": "rf-1", "azimuth_deg": 0.0, "sigma_deg": 5.73}
    assert (told.class_, told.classes, told.existence) == ("multirotor", {"multirotor": 0.7, "bird": 0.3}, 0.9877)


def test_a_bearing_s_topic_goes_on_with_its_place_and_is_emptied_at_its_end():
    publisher, empty = Publisher(Publish(), FRAME, "paris"), table()
    stages = [
        msgspec.structs.replace(empty, bearings=(heard(),)),
        table({"place": (0, 0, 60), "track": "B1"}),
        empty,
    ]
    said = []
    for second, stage in enumerate(stages):
        outputs = publisher.publish(stage, {}, NOW + 2 * second * SECOND)
        said += [(one.track, one.state and one.state.bearing is not None) for one in outputs if isinstance(one, TrackMessage)]
        changed = [one for one in outputs if isinstance(one, TracksMessage)]
        assert [track.status for one in changed for track in one.tracks] == [["confirmed"], ["confirmed"], ["deleted"]][second]
    assert said == [("B1", True), ("B1", False), ("B1", None)]
