"""A friend from the ground up: claimed, then corroborated, and a stranger from the metre on where its volume ends."""

from __future__ import annotations

import msgspec
import pytest
from pyproj import Geod

from fusion import recording
from fusion.assembly import assemble
from fusion.config_file import load
from fusion.messages import AlertMessage, TracksMessage
from simulators.publish import messages
from tests.e2e.stage import write, zone

pytestmark = pytest.mark.slow

FRIEND = """\
[[permit]]
serial = "1588EPN26PP75000017"
friendly = true
issued_by = "the test"

[[permit.volumes]]
volume.outline_circle = { center = { lat = 48.8550, lng = 2.2860 }, radius = { value = 150, units = "M" } }
volume.altitude_lower = { value = 90, reference = "W84", units = "M" }
volume.altitude_upper = { value = 300, reference = "W84", units = "M" }
"""


def test_a_friend_is_friendly_as_long_as_its_published_place_is_in_its_volume_and_raises_an_alert_when_it_leaves(tmp_path):
    """Its route goes 330 m to the south at 8 m/s; distances are judged by GeographicLib, from what is published."""
    stage = write(tmp_path, seconds=40.0)
    (tmp_path / "register.toml").write_text(FRIEND)
    city = {"type": "FeatureCollection", "features": [msgspec.json.decode(zone("CITY", radius=5000.0))]}
    (tmp_path / "zones.json").write_bytes(msgspec.json.encode(city))
    core, geod = assemble(load(tmp_path / "site.toml", {}), tmp_path), Geod(ellps="WGS84")
    told, alerts = [], []
    for item in recording.with_ticks(messages(stage)):
        for output in core.feed(item):
            match output:
                case TracksMessage(tracks=tracks):
                    told += [track for track in tracks if track.identity and track.identity.serial and track.position]
                case AlertMessage(alert=alert):
                    alerts.append(alert)
    assert len(told) > 100
    for track in told:
        _, _, away = geod.inv(2.2860, 48.8550, track.position.longitude_deg, track.position.latitude_deg)
        if abs(away - 150.0) > 0.5:
            assert track.verdict == ("friendly" if away < 150.0 else "unauthorised"), (away, track.reasons)
    changes = [
        now
        for before, now in zip([None, *told], told, strict=False)
        if before is None or (before.verdict, before.identity.strength) != (now.verdict, now.identity.strength)
    ]
    assert [(track.verdict, track.identity.strength) for track in changes] == [
        ("friendly", "claimed"),
        ("friendly", "corroborated"),
        ("unauthorised", "corroborated"),
    ]
    assert "no sensor has confirmed that claim" in changes[0].reasons
    assert "outside of where its permit lets it fly" in changes[2].reasons[0]
    own = [alert for alert in alerts if alert.track == told[0].track]
    assert own
    assert min(alert.raised for alert in own) >= changes[2].time
