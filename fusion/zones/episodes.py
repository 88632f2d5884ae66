"""What alerts remember: each condition from the first sign to the end, and whom a person has called hostile."""

from __future__ import annotations

import msgspec

from fusion.messages import Alert, Record
from fusion.zones.findings import Finding
from fusion.zones.life import STEPS
from fusion.zones.rate import Rate

Key = tuple[str, str, str, str]


class Episode(Record, kw_only=True):
    """One track in one zone, from the first sign on."""

    track: str
    zone: str
    kind: str
    sensor: str = ""
    since: int | None = None  # ns, its condition has held without a break since then
    kept: int  # ns, when its condition was last not over
    reached: int  # ns, when its alert's rule, or a graver one, was last met
    alert: Alert | None = None  # as last published; none while it is too young
    muted: bool = False  # its alert was rejected: no other is raised while it lasts
    asked: int = 0  # ns, when its alert began to ask for a person

    @property
    def key(self) -> Key:
        """What tells it from the others; that of a swarm goes before those of its members."""
        return ("" if self.kind == "swarm" else self.kind, self.track, self.zone, self.sensor)


class Declared(Record):
    """A person's word that tracks are hostile."""

    who: str
    why: str
    time: int  # ns


class AlertsState(Record, kw_only=True):
    """All that the alerts remember: a value for the snapshot."""

    episodes: tuple[Episode, ...] = ()
    closed: tuple[Alert, ...] = ()
    looked: int = 0  # ns, when the findings were last looked at
    rate: Rate = Rate()
    hostile: dict[str, Declared] = msgspec.field(default_factory=dict)  # by track


def begun_by(finding: Finding, time: int) -> Episode:
    """Give the episode that a finding belongs to, as it would begin."""
    kind = STEPS[finding.rule].episode
    return Episode(track=finding.track, zone=finding.zone, kind=kind, sensor=finding.sensor, kept=time, reached=time)
