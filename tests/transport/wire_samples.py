"""One of each record that leaves, for tests to publish."""

from __future__ import annotations

from datetime import UTC, datetime

from fusion.messages import (
    Alert,
    AlertMessage,
    PictureMessage,
    Rejected,
    SensorHealth,
    StatusMessage,
    Track,
    TrackMessage,
    TracksMessage,
    WirePosition,
    ZonePlace,
    ZoneState,
    ZoneStateMessage,
)

NOON = datetime(2026, 7, 26, 12, 0, 0, 250_000, tzinfo=UTC)


def track(name: str = "01K1J3ZK6Q8WZ2C5R0V9M4T7XB", **changes) -> Track:
    position = WirePosition(
        latitude_deg=48.8583, longitude_deg=2.2944, altitude_hae_m=165.0, altitude_amsl_m=120.4, height_agl_m=87.0
    )
    given = {"track": name, "site": "paris", "time": NOON, "status": "confirmed", "existence": 0.998, "position": position}
    return Track(**given | {"born": NOON, "updated": NOON} | changes)


def alert(name: str = "01K1J400000000000000000000", revision: int = 1, **changes) -> Alert:
    given = {
        "alert": name,
        "site": "paris",
        "track": track().track,
        "zone": "LF-P23",
        "rule": "intrusion",
        "severity": "critical",
    }
    return Alert(**given | {"state": "raised", "revision": revision, "raised": NOON, "updated": NOON} | changes)


def alert_message(
    name: str = "01K1J400000000000000000000", revision: int = 1, *, archived: bool = False, **changes
) -> AlertMessage:
    return AlertMessage(alert=alert(name, revision, **changes), cause=1, archived=archived)


def health(**changes) -> SensorHealth:
    counts = dict.fromkeys(("scans", "detections", "rejected", "duplicates", "gaps", "late"), 0)
    return SensorHealth(state="online", **counts, age_s=None, latency_s=0.02, rate_hz=None, **changes)


def status() -> StatusMessage:
    return StatusMessage(
        site="paris", time=NOON, tracks={"confirmed": 1}, alerts=0, sensors={"radar-1": health()}, counters={"received": 3}
    )


def zone_state() -> ZoneState:
    place = ZonePlace(latitude_deg=48.86, longitude_deg=2.31)
    outline = {"type": "Point", "coordinates": [2.31, 48.86]}
    return ZoneState(
        zone="FLO-1", site="paris", time=NOON, state="following", anchor="topic", position=place, grown_m=0.0, geometry=outline
    )


OUTPUTS = {
    "tracks": TracksMessage(tracks=(track("A"), track("B"))),
    "picture": PictureMessage(site="paris", time=NOON, tracks=(track("A"),)),
    "track": TrackMessage(track="A", state=track("A")),
    "alert": alert_message("E", track_state=track("A"), reasons=("inside LF-P23",)),
    "zone_state": ZoneStateMessage(zone="FLO-1", state=zone_state()),
    "rejected": Rejected(topic="vigie/v1/paris/sensor/x/scan", reason="not JSON", time=NOON, first_bytes="ff00"),
    "status": status(),
}
